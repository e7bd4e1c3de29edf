"""Reads what the notebooks say: each room's ``texts.toml``, by the name of the room.

Texts are data: nothing here imports a room, and a translation may stand beside each file. What
every exercise says is in the file beside this one.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from helpers.errors import LabError
from helpers.learning.question import Question, Rows, question

_ROOMS = Path(__file__).parents[1] / "concepts"


@dataclass(frozen=True, slots=True)
class Statement:
    """A claim: what is said, what Linux makes of it (a verdict), and why, in a sentence."""

    text: str
    verdict: str = ""
    why: str = ""


@cache
def rooms() -> dict[str, str]:
    """The rooms that have texts, each with the number of its notebook, in that order."""
    found = {path.parent.name: _read(path.parent.name) for path in _ROOMS.glob("*/texts.toml")}
    for room, told in found.items():
        if "notebook" not in told:
            raise LabError(f"{_ROOMS.name}/{room}/texts.toml does not say which notebook it is of")
    numbers = {room: str(told["notebook"]) for room, told in found.items()}
    return dict(sorted(numbers.items(), key=lambda item: item[1]))


@cache
def named(room: str) -> dict[str, Any]:
    """What a notebook finds in its room by a name in capitals.

    Each prediction (a ``Question`` or ``Rows``); ``RECALL``, the keys of three earlier questions;
    ``QUIZ``, the questions at the end; ``TAKE_AWAY``, the sentences to keep.
    """
    told = _read(room)
    found: dict[str, Any] = {
        n: question(room, n, t) for n, t in told.get("predictions", {}).items()
    }
    quiz = [question(room, f"QUIZ.{n}", each) for n, each in enumerate(told.get("quiz", []), 1)]
    lists = {"RECALL": told.get("recall"), "QUIZ": quiz, "TAKE_AWAY": told.get("take_away")}
    return found | {name: tuple(each) for name, each in lists.items() if each}


def asked(key: str) -> Question:
    """A question by its key, such as ``backlog.THROUGH``. Raises ``LabError`` if there is none."""
    room, _, name = key.partition(".")
    known = (
        [each for each in flat(named(room).values()) if each.name == name]
        if room in rooms()
        else []
    )
    if not known:
        raise LabError(f"there is no question {key!r}; it is a room and a name, as in reuse.HOLDER")
    return known[0]


def flat(found: Iterable[Any]) -> Iterator[Question]:
    """All questions in what ``named`` gives, those in rows and quizzes too."""
    for each in found:
        if isinstance(each, Question):
            yield each
        elif isinstance(each, Rows | tuple):
            yield from (question for question in each if isinstance(question, Question))


class Complaint(str):
    """What was wrong with a function's outcome; ``where`` points to the cause, ``cure`` names it.

    As text it is its first part. What is filled in or added reaches all three.
    """

    where: str
    cure: str

    def __new__(cls, what: str, where: str = "", cure: str = "") -> Complaint:
        """One of three texts; without the last two there are no hints."""
        made = super().__new__(cls, what)
        made.where, made.cure = where, cure
        return made

    @classmethod
    def of(cls, text: str) -> Complaint:
        """The text itself if it is one already; a plain text has neither pointer nor cure."""
        return text if isinstance(text, Complaint) else cls(text)

    def each(self, change: Callable[[str], str]) -> Complaint:
        """A complaint of the three parts, each changed."""
        return Complaint(change(str(self)), change(self.where), change(self.cure))

    def format(self, *args: object, **facts: object) -> Complaint:
        """All three with their braces filled in."""
        return self.each(lambda text: text.format(*args, **facts))

    def __add__(self, more: str) -> Complaint:
        more = Complaint.of(more)
        return Complaint(f"{self}{more}", self.where + more.where, self.cure + more.cure)


class Sayings:
    """The texts of an exercise, each by its key: ``SAY.too_late``. AttributeError for any other.

    ``call`` is the exercise's name in a notebook: ``reuse.RESTARTS``. A table of three texts is a
    ``Complaint``.

    tests/learning/test_texts.py holds the keys in the code against those of the file.
    """

    def __init__(self, room: str, names: Sequence[str], told: Mapping[str, Any]) -> None:
        self._where, self.call = f"{room}: {', '.join(names)}", f"{room}.{names[0]}"
        for key, text in told.items():
            self.__dict__[key] = Complaint(**text) if isinstance(text, dict) else text

    def __getattr__(self, key: str) -> str:
        raise AttributeError(f"{self._where} has no text {key!r}", name=key, obj=self)


def sayings(room: str, *names: str) -> Sayings:
    """The tables ``[exercises.…]`` of a room by their names; of two texts the first one counts."""
    tables = _read(room)["exercises"]
    told = {key: text for name in reversed(names) for key, text in tables[name].items()}
    return Sayings(room, names, told)


def tasks(room: str) -> dict[str, str]:
    """What each exercise of a room asks for, by its name; the reader's function comes first."""
    tables = _read(room).get("exercises", {})
    return {name: str(told["task"]) for name, told in tables.items() if "task" in told}


@cache
def statements() -> dict[str, Statement]:
    """Every claim by its number, the article's first.

    ``1.1`` is the article's, paraphrased; the number before the dot is the notebook that tests it.
    ``F1`` is folklore: what is believed where it was not tried.
    """
    found = [_read(path.parent.name).get("claims", {}) for path in _ROOMS.glob("*/texts.toml")]
    claims = {number: Statement(**told) for each in found for number, told in each.items()}
    return dict(sorted(claims.items(), key=lambda item: place(item[0])))


def place(number: str) -> tuple[bool, float]:
    """Where a claim stands: the article's first, then folklore, each in order."""
    return number.startswith("F"), float(number.removeprefix("F"))


@cache
def _read(room: str) -> dict[str, Any]:
    """All texts of a room; ``learning`` for those beside this file."""
    home = Path(__file__).parent if room == "learning" else _ROOMS / room
    return tomllib.loads((home / "texts.toml").read_text(encoding="utf-8"))
