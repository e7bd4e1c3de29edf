"""Keeps one notebook's claims, each with what was seen and the verdict.

A claim enters the ledger only with a condition that the notebook has computed, and only
if it is true: a kernel that behaves otherwise stops the notebook there.
"""

from __future__ import annotations

import textwrap
from dataclasses import dataclass

from helpers.errors import LabError
from helpers.learning.texts import Statement, place, statements


@dataclass(frozen=True, slots=True)
class Entry:
    """One row: a statement's number, what this run showed, and the verdict with its reason."""

    number: str
    seen: str

    @property
    def statement(self) -> Statement:
        """The text, the verdict and the reason."""
        return statements()[self.number]


class Ledger:
    """The claims of one notebook. As the last line of a cell it shows its rows."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []

    def claim(self, number: str, seen: object, condition: object) -> None:
        """Enter claim ``number``, with what was ``seen`` in this run.

        ``condition`` is computed from the run; the verdict rests on it, so it must be true.
        Raises AssertionError if it is false, ``LabError`` for an unknown number, or for a claim
        that is already entered.
        """
        known = statements()
        if number not in known:
            raise LabError(f"there is no claim {number!r}; they are {', '.join(known)}")
        if any(entry.number == number for entry in self.entries):
            raise LabError(f"claim {number} is in the ledger already")
        text = known[number].text
        assert condition, f"claim {number} ({text}): this run showed {seen!r}, and not what it must"
        self.entries.append(Entry(number, seen if isinstance(seen, str) else repr(seen)))

    def __repr__(self) -> str:
        ordered = sorted(self.entries, key=lambda entry: place(entry.number))
        return "\n\n".join(_text(entry) for entry in ordered) or "no claims yet"


def _text(entry: Entry) -> str:
    statement = entry.statement
    wrap = textwrap.TextWrapper(width=88, subsequent_indent="     ")
    first = wrap.fill(f"{entry.number:<4} {statement.text}")
    rest = (f"Seen: {entry.seen}.", f"Verdict: {statement.verdict}. {statement.why}")
    return "\n".join([first, *(wrap.fill("     " + line) for line in rest)])
