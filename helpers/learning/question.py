"""A question for a reader, and for each of its choices what a run would show.

The choices are shuffled, by the question's own name: the text is the same in every run, and over
the set each letter is right about as often (tests/learning/test_questions.py counts them).
"""

from __future__ import annotations

import errno
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

from helpers.errors import LabError

# With this one each letter of the first three is right in 27 to 30 of 100 questions.
_SEED = 38


class Unseen(Enum):
    """A fact that a run cannot show, such as a packet where there is no wire: what was recorded
    when the set was made answers in its place."""

    RECORDED = "recorded with a wire"

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True, slots=True)
class Choice:
    """What can be said; ``seen``: what a run shows if it is so; ``why``: the belief or the reason.

    ``right`` is what was found when the set was made. A notebook does not use it: it asks the
    kernel. Questions that come again later, without a run, do.
    """

    text: str
    why: str
    seen: str
    right: bool = False


@dataclass(frozen=True, slots=True)
class Question:
    """One question of a room, with its choices in the order in which they are shown.

    ``section`` is the heading of its notebook under which a run answers it. ``given`` is the name
    of what has to be shown with it, a table or a trace, or empty. ``of`` is the question above it,
    if it is one row of ``Rows``; ``alone`` are the words of a row that is asked without the others.
    ``kernel`` says that kernels differ in the answer.
    """

    room: str
    name: str
    ask: str
    choices: tuple[Choice, ...]
    section: str = ""
    given: str = ""
    of: str = ""
    kernel: bool = False
    alone: str = ""

    @property
    def key(self) -> str:
        """Its name in the whole set."""
        return f"{self.room}.{self.name}"

    @property
    def right(self) -> int:
        """The place of the choice that was found right when the set was made."""
        return next(n for n, choice in enumerate(self.choices) if choice.right)

    @property
    def by_itself(self) -> Question:
        """The same question with all that it asks in its own words; it is no row any more."""
        return replace(self, ask=self.alone or f"{self.of} {self.ask}".lstrip(), of="", alone="")

    def place(self, fact: object) -> int | None:
        """The place of the choice that says what was seen; None if none does."""
        if isinstance(fact, Unseen):
            return self.right
        seen = as_seen(fact)
        return next((n for n, choice in enumerate(self.choices) if choice.seen == seen), None)

    def place_of(self, text: str) -> int:
        """The place of a choice by its text. Raises ``LabError`` for one that was not offered."""
        offered = [choice.text for choice in self.choices]
        if text not in offered:
            raise LabError(f"{text!r} is not one of the choices: {', '.join(map(repr, offered))}")
        return offered.index(text)


@dataclass(frozen=True, slots=True)
class Rows:
    """One question that is asked of several things; ``rows[name]`` is that of one of them."""

    ask: str
    questions: tuple[Question, ...]

    def __getitem__(self, name: str) -> Question:
        for question in self.questions:
            if question.name.partition(".")[2] == name:
                return question
        known = ", ".join(question.name.partition(".")[2] for question in self.questions)
        raise LabError(f"there is no row {name!r}; there are {known}")

    def __iter__(self) -> Iterator[Question]:
        return iter(self.questions)


def as_seen(fact: object) -> str:
    """What a run showed, in the words that choices are written in.

    A bool is yes or no, None is nothing, an error is the name of its errno, bytes are as Python
    writes them.
    """
    if isinstance(fact, bool):
        return "yes" if fact else "no"
    if fact is None:
        return "nothing"
    if isinstance(fact, OSError):
        return errno.errorcode.get(fact.errno or 0, type(fact).__name__)
    if isinstance(fact, BaseException):
        return type(fact).__name__
    return repr(fact) if isinstance(fact, bytes) else str(fact)


def letter(place: int) -> str:
    """The letter that stands before a choice."""
    return chr(ord("A") + place)


def question(room: str, name: str, told: Mapping[str, Any]) -> Question | Rows:
    """Make a question from its table in the texts.

    Raises ``LabError`` for one with fewer than two choices, with two alike, or none or two right.
    """
    if "rows" not in told:
        choices = [
            Choice(seen=each.get("seen", each["text"]), **_but_seen(each))
            for each in told["choices"]
        ]
        random.Random(f"{_SEED} {room}.{name}").shuffle(choices)
        section, given = told.get("section", ""), told.get("given", "")
        made = Question(room, name, told["ask"], tuple(choices), section, given)
        return _checked(replace(made, kernel=told.get("kernel", False)))
    return Rows(
        told["ask"],
        tuple(_row(room, name, told, row) for row in told["rows"]),
    )


def _row(room: str, name: str, told: Mapping[str, Any], row: Mapping[str, Any]) -> Question:
    """Its choices stay in their order, which is that of the rows above and below it."""
    choices = tuple(
        Choice(each["text"], row["why"], each["seen"], each["seen"] == row["seen"])
        for each in told["choices"]
    )
    name, section = f"{name}.{row['name']}", row.get("section", "")
    alone = row.get("alone", told.get("alone", "")).format(ask=row["ask"])
    return _checked(Question(room, name, row["ask"], choices, section, of=told["ask"], alone=alone))


def _but_seen(told: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in told.items() if key != "seen"}


def _checked(made: Question) -> Question:
    texts, facts = ([getattr(c, key) for c in made.choices] for key in ("text", "seen"))
    if len(texts) < 2 or len(set(texts)) < len(texts) or len(set(facts)) < len(facts):
        raise LabError(f"{made.key} needs two or more different choices, not {texts!r} ({facts!r})")
    if sum(choice.right for choice in made.choices) != 1:
        raise LabError(f"{made.key} needs one right choice")
    return made
