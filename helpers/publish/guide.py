"""Makes the teacher's guide, and the key to all questions, from what the notebooks say.

    python -m helpers.publish.guide

writes ``notebooks/teaching/guide.md`` and ``answers.md``. What needs judgement is written by hand
in ``guide.toml`` beside them.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from helpers.errors import LabError
from helpers.learning.question import Question, Rows, letter
from helpers.learning.texts import asked, named, tasks
from helpers.publish.sections import TEACHING, Notebook, Section, notebooks

GUIDE, ANSWERS, JUDGED = (TEACHING / name for name in ("guide.md", "answers.md", "guide.toml"))
# What is said by hand of each notebook, and under which heading it stands.
ADVICE = {
    "first": "Show first",
    "ask": "Spend the time on",
    "leave": "If time runs short",
    "ninety": "With ninety minutes",
    "home": "At home",
}
_OPENING, _CLOSING = "Setup", "The ledger"
# From the first minutes to the quiz: what a class of fifty has for the sections and their votes.
_PATH, _FIRST, _LAST = 35, 5, 40
_TITLE = """\
# Teaching with these notebooks

For whoever stands in front of a class. Made by `make guide` from the notebooks, their texts, and
`guide.toml`; what is to change changes there. The right answers alone stand in
[answers.md](answers.md), and those that need no run and no certain kernel, for Moodle, in
[quiz.gift](quiz.gift).
"""
_KEY = """\
# Answers

Every question of every notebook, with the letter that is right, as the notebooks show it. Made by
`make guide`. They are what was found when the set was made; in class the kernel decides.
"""

Advice = Mapping[str, Any]


def judged(path: Path = JUDGED) -> dict[str, Any]:
    """What was written by hand: ``head``, ``tail``, and a table for each notebook's number.

    Raises ``LabError`` for a notebook that lacks one of its texts, or has one that nobody reads.
    """
    told = tomllib.loads(path.read_text(encoding="utf-8"))
    for key, advice in told.items():
        if isinstance(advice, dict) and set(advice) != {*ADVICE, "room"}:
            wrong = min(set(advice) ^ {*ADVICE, "room"})
            raise LabError(f"{path.name}, {key}: {wrong!r} is missing or unknown")
    return told


def page(books: Iterable[Notebook], told: Mapping[str, Any]) -> str:
    """The guide. Raises ``LabError`` for a notebook of which nothing was written by hand."""
    books = list(books)
    missing = [book.number for book in books if book.number not in told]
    if missing:
        raise LabError(f"{JUDGED.name} says nothing of notebook {missing[0]}")
    term = ["", *_term(books, told), ""]
    chapters = (chapter(book, told[book.number]) for book in books)
    return "\n".join([_TITLE, told["head"], *term, *chapters, told["tail"].strip(), ""])


def _term(books: Iterable[Notebook], told: Mapping[str, Any]) -> Iterator[str]:
    yield from ("| week | notebook | at home |", "|---|---|---|")
    for week, book in enumerate(books, 1):
        home = told[book.number]["home"]
        yield f"| {week} | [{book.number}](../{book.file}) {book.title} | {home} |"


def chapter(book: Notebook, advice: Advice) -> str:
    """All that a teacher needs for one notebook."""
    lines = [f"## {book.number}: {book.title}", "", f"*{book.question}*", ""]
    lines += [*_advice(book, advice), *_recalled(book)]
    lines += ["### Minutes", "", *_minutes(book), ""]
    lines += ["### What to ask", ""]
    for question in book.asked(on_path=True):
        lines += [*told(question), ""]
    lines += ["### What to leave out", "", *_left(book), ""]
    lines += ["### What goes wrong here", "", *(f"- {each}" for each in advice["room"]), ""]
    return "\n".join(lines)


def _advice(book: Notebook, advice: Advice) -> Iterator[str]:
    for key, heading in ADVICE.items():
        text = advice[key]
        if key == "ask":
            votes = [named(book.room)[name].ask for name in text]
            numbered = [f"{n}. {each}" for n, each in enumerate(votes, 1)]
            text = "\n".join(["these votes:" if votes[1:] else "this vote:", "", *numbered])
        yield f"**{heading}:** {text}"
        yield ""


def _recalled(book: Notebook) -> Iterator[str]:
    """What the notebook asks at its beginning, if nothing is known of the reader."""
    keys = named(book.room).get("RECALL", ())
    if keys:
        yield from ("### The first five minutes", "")
        for n, key in enumerate(keys, 1):
            question = asked(key).by_itself
            yield _right(question, f"{n}. {question.ask} ")
        yield ""


def left_for_votes(book: Notebook) -> int:
    """How many minutes a class of fifty has for votes, beside what its sections take."""
    *sections, _closing = _rows(book)
    return _PATH - sum(section.minutes for row in sections for section in row)


def _minutes(book: Notebook) -> Iterator[str]:
    """The path as a table. What comes before the first act is one row, and so is the end."""
    yield from ("| section | minutes | votes |", "|---|---|---|")
    for sections in _rows(book):
        titles = ", ".join(section.title for section in sections)
        asks = sum(len(section.asks()) for section in sections)
        minutes = sum(section.minutes for section in sections)
        if minutes:
            yield f"| {titles} | {minutes} | {asks or ''} |"
    yield f"| the path | **{book.path_minutes}** | **{len(book.asked(on_path=True))}** |"
    left = left_for_votes(book)
    yield ""
    yield (
        f"From minute {_FIRST} to {_LAST}: {_PATH - left} for the sections without the last row; "
        f"**{left} are left for votes**."
    )
    path = [p for s in book.sections if s.on_path for p in s.parts if p.is_code and not p.hidden]
    free = sum("wire" not in part.cell["metadata"].get("tags", ()) for part in path)
    yield ""
    yield f"Of its {len(path)} cells with code, {free} run where namespaces are forbidden."


def _rows(book: Notebook) -> Iterator[list[Section]]:
    path = [section for section in book.sections if section.on_path]
    titles = [section.title for section in path]
    opening, closing = titles.index(_OPENING) + 1, titles.index(_CLOSING)
    yield path[:opening]
    yield from ([section] for section in path[opening:closing])
    yield path[closing:]


def _left(book: Notebook) -> Iterator[str]:
    yield f"It takes {book.more_minutes} minutes more."
    yield ""
    beside = dict.fromkeys(section.title for section in book.sections if not section.on_path)
    yield from (f"- {title}" for title in beside if title != "Your turn")
    for name, task in tasks(book.room).items():
        yield f"- exercise `{name}`: {task}"
    for question in book.asked(on_path=False):
        yield from ("", *told(question))


def told(question: Question | Rows) -> list[str]:
    """A question for a teacher: what is right and why, and what those believe who say else."""
    if isinstance(question, Rows):
        rows = [f"| `{q.ask}` | {q.choices[q.right].text} | {q.choices[0].why} |" for q in question]
        return [f"**{question.ask}**", "", "| row | answer | why |", "|---|---|---|", *rows]
    right = question.choices[question.right]
    lines = [f"**{question.ask}**", ""]
    lines.append(f"- {letter(question.right)}, **{right.text}**: {right.why}")
    for place, choice in enumerate(question.choices):
        if not choice.right:
            lines.append(f"- {letter(place)}, *{choice.text}*: {choice.why}")
    return lines


def answers(books: Iterable[Notebook]) -> str:
    """The key: of each notebook its predictions, in order, and its quiz."""
    lines = [_KEY]
    for book in books:
        lines += [f"## {book.number}: {book.title}", ""]
        for question in (*book.asked(on_path=True), *book.asked(on_path=False)):
            lines += [*_answer(question), ""]
        lines += ["### What do you know now?", ""]
        for n, question in enumerate(named(book.room)["QUIZ"], 1):
            lines += [_right(question, f"{n}. {question.ask} "), ""]
    return "\n".join(lines)


def _answer(question: Question | Rows) -> Iterator[str]:
    if isinstance(question, Question):
        yield _right(question, f"{question.ask} ")
    else:
        yield f"{question.ask}"
        yield ""
        yield from (_right(row, f"- `{row.ask}`: ") for row in question)


def _right(question: Question, before: str) -> str:
    choice = question.choices[question.right]
    return f"{before}**{letter(question.right)}**, {choice.text.rstrip('.')}. {choice.why}"


def main() -> None:
    """Write both."""
    books = notebooks()
    GUIDE.write_text(page(books, judged()), encoding="utf-8")
    ANSWERS.write_text(answers(books), encoding="utf-8")


if __name__ == "__main__":
    main()
