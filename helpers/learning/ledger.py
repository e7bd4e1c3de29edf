"""Keeps one notebook's claims, each with what was seen and the verdict.

A claim enters the ledger only with a condition that the notebook has computed, and
only if it is true: a kernel that behaves otherwise stops the notebook there.
"""

from __future__ import annotations

import textwrap
from dataclasses import dataclass

from helpers.errors import LabError
from helpers.learning.claims import STATEMENTS

VERDICTS = ("holds", "holds in part", "does not hold")


@dataclass(frozen=True, slots=True)
class Entry:
    """One row: the claim, the verdict, and what this run showed."""

    number: str
    says: str
    verdict: str
    seen: str


class Ledger:
    """The claims of one notebook. As the last line of a cell it shows its rows."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []

    def claim(self, number: str, verdict: str, condition: object, seen: str) -> None:
        """Enter claim ``number`` with its verdict.

        ``condition`` is computed from the run and must be true; ``seen`` says in a few words
        what the run showed. Raises AssertionError if it is false, ``LabError`` for an unknown
        number or verdict, or for a claim that is already entered.
        """
        if number not in STATEMENTS:
            raise LabError(f"there is no claim {number!r}; they are {', '.join(STATEMENTS)}")
        if verdict not in VERDICTS:
            raise LabError(f"{verdict!r} is no verdict; it must be one of {', '.join(VERDICTS)}")
        if any(entry.number == number for entry in self.entries):
            raise LabError(f"claim {number} is in the ledger already")
        assert condition, f"claim {number} ({STATEMENTS[number]}): this run did not show: {seen}"
        self.entries.append(Entry(number, STATEMENTS[number], verdict, seen))

    def __repr__(self) -> str:
        return "\n\n".join(_text(entry) for entry in self.entries) or "no claims yet"


def _text(entry: Entry) -> str:
    lines = [f"{entry.number}  {entry.says}", f"Here: {entry.seen}.", f"Verdict: {entry.verdict}."]
    wrap = textwrap.TextWrapper(width=88, subsequent_indent="     ")
    first, *rest = lines
    return "\n".join([wrap.fill(first), *(wrap.fill("     " + line) for line in rest)])
