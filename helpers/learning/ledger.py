"""Keeps one notebook's claims, each with what was seen for it and against it.

Evidence enters the ledger only with a condition that the notebook has computed, and only if it is
true: a kernel that behaves otherwise stops the notebook there. The verdict follows from what was
entered, and must be the one that the list of claims gives with its reason.
"""

from __future__ import annotations

import textwrap
from dataclasses import dataclass

from helpers.errors import LabError
from helpers.learning.texts import Statement, place, statements

IN_PART = "holds in part"


@dataclass(slots=True)
class Entry:
    """One row: a claim's number, and what this run showed for it and against it."""

    number: str
    favour: str = ""
    against: str = ""

    @property
    def statement(self) -> Statement:
        """The text, the verdict that is to be expected, and the reason."""
        return statements()[self.number]

    @property
    def verdict(self) -> str:
        """What follows from the evidence."""
        if self.favour and self.against:
            return IN_PART
        return "holds" if self.favour else "does not hold"

    @property
    def one_side(self) -> bool:
        """Whether the list knows of another side, which has not been entered."""
        return self.statement.verdict == IN_PART and self.verdict != IN_PART


class Ledger:
    """The claims of one notebook. As the last line of a cell it shows its rows."""

    def __init__(self) -> None:
        self.entries: dict[str, Entry] = {}

    def supports(self, number: str, seen: object, condition: object) -> None:
        """What was ``seen`` in this run speaks for claim ``number``, if ``condition`` is true.

        A cell that is run again enters what it has seen last. Raises AssertionError if the
        condition is false, ``LabError`` for an unknown number, or for nothing seen.
        """
        self._entry(number, seen, condition).favour = _shown(seen)

    def refutes(self, number: str, seen: object, condition: object) -> None:
        """The same, against the claim. With both it holds in part."""
        self._entry(number, seen, condition).against = _shown(seen)

    def _entry(self, number: str, seen: object, condition: object) -> Entry:
        known = statements()
        if number not in known:
            raise LabError(f"there is no claim {number!r}; they are {', '.join(known)}")
        text = known[number].text
        assert condition, f"claim {number} ({text}): this run showed {seen!r}, and not what it must"
        if not _shown(seen):
            raise LabError(f"claim {number} needs what was seen, and was given {seen!r}")
        return self.entries.setdefault(number, Entry(number))

    def check(self) -> None:
        """Raise AssertionError where the evidence gives another verdict than the list.

        A claim that holds in part may lack one side: it may stand in a section that was left out.
        """
        for number, entry in self.entries.items():
            want = entry.statement.verdict
            if entry.one_side:
                continue
            told = f"what was entered makes claim {number} one that {entry.verdict!r}, not {want!r}"
            assert entry.verdict == want, told

    def __repr__(self) -> str:
        self.check()
        ordered = sorted(self.entries.values(), key=lambda entry: place(entry.number))
        return "\n\n".join(map(_text, ordered)) or "no claims yet"


def _shown(seen: object) -> str:
    return seen if isinstance(seen, str) else repr(seen)


def _text(entry: Entry) -> str:
    wrap = textwrap.TextWrapper(width=88, subsequent_indent="     ")
    seen = f"Seen: {entry.favour or entry.against}."
    if entry.favour and entry.against:
        seen += f" Against it: {entry.against}."
    first = wrap.fill(f"{entry.number:<4} {entry.statement.text}")
    verdict = f"Verdict: {entry.verdict}. {entry.statement.why}"
    if entry.one_side:
        verdict = f"Verdict so far: {entry.verdict}. A section that was not run shows another side."
    rest = (seen, verdict)
    return "\n".join([first, *(wrap.fill("     " + line) for line in rest)])
