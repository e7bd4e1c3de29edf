"""Counts what a class has predicted, from the files that ``make lab`` keeps for each student.

    python -m helpers.publish.votes progress.jsonl ...

prints for each prediction how many chose what, first and at last, and draws the same into
``build/votes``, a picture for each. *First* is the choice before the kernel answered; *at last* the
latest one, also if the question was asked again in a later notebook. Nobody's name is read.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from helpers.errors import LabError
from helpers.learning import progress
from helpers.learning.progress import Record
from helpers.learning.question import Question, letter
from helpers.learning.texts import flat, named, rooms
from helpers.publish.sections import NOTEBOOKS
from helpers.publish.votes_picture import draw

ROOT = NOTEBOOKS.parent
BUILD = ROOT / "build" / "votes"


@dataclass(frozen=True)
class Vote:
    """One question; ``first`` and ``last`` have a number for each of its choices, in order.

    ``other`` counts choices that the texts of today do not offer: another version of the set.
    """

    question: Question
    first: tuple[int, ...]
    last: tuple[int, ...]
    other: int = 0


def read(path: Path) -> progress.Records:
    """One student's records. Raises ``LabError`` for a file that is missing, or is another one."""
    if not path.is_file():
        raise LabError(f"{path} is no file; give the progress.jsonl files of students")
    try:
        found = progress.read(path)
    except OSError as error:
        raise LabError(f"{path} cannot be read: {error.strerror or error}") from None
    if not found:
        raise LabError(f"{path} holds no record of a prediction or a check: {_said(path)}")
    return found


def _said(path: Path) -> str:
    with path.open("rb") as file:
        line = file.readline(60).decode("utf-8", "replace").strip()
    return f"it begins with {line!r}" if line else "it is empty"


def count(students: Iterable[Sequence[Record]]) -> list[Vote]:
    """The votes on each prediction that anybody has chosen an answer of, in reading order."""
    students = list(students)
    found = (_vote(question, students) for question in predictions())
    return [vote for vote in found if sum(vote.first) + sum(vote.last) + vote.other]


def predictions() -> list[Question]:
    """All questions that a run answers, rows one by one; the quizzes are not among them."""
    return [
        question
        for room in rooms()
        for question in flat(named(room).values())
        if not question.name.startswith("QUIZ.")
    ]


def _vote(question: Question, students: Sequence[Sequence[Record]]) -> Vote:
    texts = [choice.text for choice in question.choices]
    chosen: dict[str, list[str]] = {"first": [], "last": []}
    for records in students:
        about = [r for r in records if (r["room"], r["name"]) == (question.room, question.name)]
        asked = [record for record in about if record["kind"] != "check"]
        before, _, _ = progress.first_choice([r for r in asked if r["kind"] == "prediction"])
        latest = [record["chose"] for record in asked if record["chose"] is not None]
        chosen["first"] += [before] if before is not None else []
        chosen["last"] += latest[-1:]
    numbers = {when: tuple(map(told.count, texts)) for when, told in chosen.items()}
    other = sum(text not in texts for told in chosen.values() for text in told)
    return Vote(question, numbers["first"], numbers["last"], other)


def table(vote: Vote) -> str:
    """The votes on one question as lines; a star stands before what is right."""
    question = vote.question
    width = max(len(choice.text) for choice in question.choices)
    lines = [f"{rooms()[question.room]}  {question.key}", question.by_itself.ask]
    lines.append(f"      {'':<{width}}  first  at last")
    for place, choice in enumerate(question.choices):
        mark = "*" if choice.right else " "
        numbers = f"{vote.first[place]:>5}  {vote.last[place]:>7}"
        lines.append(f"  {mark} {letter(place)} {choice.text:<{width}}  {numbers}")
    if vote.other:
        lines.append(f"      {vote.other} of another version of the question")
    return "\n".join(lines)


def write(votes: Iterable[Vote], folder: Path) -> Mapping[str, Path]:
    """Draw each into the folder; returns the pictures by the questions' keys."""
    folder.mkdir(parents=True, exist_ok=True)
    made = {}
    for vote in votes:
        question = vote.question
        path = folder / f"{rooms()[question.room]}_{question.name}.png"
        if figure := draw(question, vote.first, vote.last).get_figure(root=True):
            figure.savefig(path)
        made[question.key] = path
    return made


def main(arguments: Sequence[str]) -> int:
    """Print and draw the votes of the files that are named; returns the exit status."""
    if not arguments or arguments[0].startswith("-"):
        print("python -m helpers.publish.votes FILE ...: the progress.jsonl files of students")
        return 2
    try:
        students = [read(Path(name)) for name in arguments]
    except LabError as error:
        print(error)
        return 1
    votes = count(students)
    for vote in votes:
        print(table(vote), end="\n\n")
    made = write(votes, BUILD)
    damaged = sum(records.damaged for records in students)
    print(f"files: {len(students)}; pictures: {len(made)}, in {BUILD.relative_to(ROOT)}")
    if damaged:
        print(f"lines that could not be read, and were left out: {damaged}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
