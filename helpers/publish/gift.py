"""Makes Moodle's question bank: each question that can stand without a run, with its feedback.

    python -m helpers.publish.gift

writes ``notebooks/teaching/quiz.gift``. The format is Moodle's GIFT: ``=`` before the right
choice, ``~`` before a wrong one, ``#`` before the feedback, and a backslash before a sign that is
only text.
"""

from __future__ import annotations

from collections.abc import Iterable

from helpers.learning.question import Question
from helpers.learning.texts import flat, named, rooms
from helpers.publish.sections import TEACHING

BANK = TEACHING / "quiz.gift"
_SIGNS = "~=#{}:"
_HEAD = """\
// The questions of all notebooks, made by "make guide"; what is to change here changes in the
// texts of their rooms. Those that need a table or a trace of a run are not among them, nor those
// that one kernel answers otherwise than another.
"""


def questions() -> list[Question]:
    """All that can stand alone and have one answer, in reading order; a row in its own words."""
    return [
        each.by_itself
        for room in rooms()
        for each in flat(named(room).values())
        if not each.given and not each.kernel
    ]


def bank(asked: Iterable[Question]) -> str:
    """The file's text: a category for each room, a question with its choices as lines."""
    lines = [_HEAD]
    room = ""
    for question in asked:
        if question.room != room:
            room = question.room
            lines += [f"$CATEGORY: tcp-server/{rooms()[room]}-{room}", ""]
        lines += [f"::{question.key}::[plain]{escaped(question.ask)} {{"]
        for place, choice in enumerate(question.choices):
            sign = "=" if place == question.right else "~"
            lines.append(f"    {sign}{escaped(choice.text)}#{escaped(choice.why)}")
        lines += ["}", ""]
    return "\n".join(lines)


def escaped(text: str) -> str:
    r"""A text in which no sign has a meaning: ``b'' = x`` becomes ``b'' \= x``."""
    text = text.replace("\\", "\\\\")
    return "".join(f"\\{sign}" if sign in _SIGNS else sign for sign in text)


def main() -> None:
    """Write the file."""
    BANK.write_text(bank(questions()), encoding="utf-8")


if __name__ == "__main__":
    main()
