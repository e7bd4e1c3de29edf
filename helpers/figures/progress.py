"""Draws where a reader stands: for each notebook a mark for every question and every exercise.

A tick, a cross and an empty box: they differ without colour too. Units are inches, from the upper
left corner.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from helpers.figures import looks
from helpers.figures import marks as drawing

if TYPE_CHECKING:
    from matplotlib.axes import Axes

GOOD, BAD, OPEN = "good", "bad", "open"
# Where marks begin, what stands between two groups, the widest mark with its margin, and a row.
_FIRST, _GAP, _WIDEST, _ROW = 1.72, 0.32, 0.42, 0.42
_HEADING, _TOP, _KEY = 0.22, 0.36, 0.5  # the headings' line, the first row, the key below the last
_LETTER = 0.1  # inches of a heading's letter
_SIGNS = {
    GOOD: ("✓", looks.GOOD, looks.TICK, "right, or solved"),
    BAD: ("✗", looks.BAD, looks.FAILS, "wrong, or tried"),
    OPEN: ("", looks.PAPER, looks.FURNITURE, "open"),
}


@dataclass(frozen=True)
class Marks:
    """One notebook: its title, and for each group its marks in order, each by a name."""

    title: str
    groups: Mapping[str, Mapping[str, str]]


def marks(
    rows: Sequence[Marks],
    ax: Axes | None = None,
    *,
    title: str = "What you believed, what you knew, what you solved",
) -> Axes:
    """One line a notebook, the groups side by side, each under its own heading.

    A mark is GOOD, BAD or OPEN. Raises ``LabError`` without rows.
    """
    looks.need(rows, "no notebook was given")
    lefts, step = _columns(rows)
    wide, high = size(rows)
    with looks.picture(ax, wide, high, margin=0, title=title, alt=told(rows)) as ax:
        ax.set(xlim=(0, wide), ylim=(high, 0))
        for heading, left in lefts.items():
            drawing.head(ax, left + 0.03, _HEADING, heading, "left")
        for n, row in enumerate(rows):
            y = _TOP + n * _ROW
            colour = looks.TEXT if _begun(row) else looks.PLAIN
            drawing.text(ax, 0.08, y + _ROW / 2, row.title, "left", color=colour, gid="title")
            for heading, group in row.groups.items():
                for k, (name, mark) in enumerate(group.items()):
                    _mark(ax, lefts[heading] + k * step, y, step, mark, f"{row.title}:{name}")
        _key(ax, high - _KEY / 2, step)
    return ax


def told(rows: Sequence[Marks]) -> str:
    """The same in a sentence: how many are right in each group of each notebook."""
    lines = []
    for row in rows:
        counts = [f"{heading} {list(group.values()).count(GOOD)} of {len(group)}"
                  for heading, group in row.groups.items()]  # fmt: skip
        lines.append(f"{row.title}: {', '.join(counts) if _begun(row) else 'not begun'}")
    return f"What is right so far: {'; '.join(lines)}."


def size(rows: Sequence[Marks]) -> tuple[float, float]:
    """How wide and how high the picture is, in inches."""
    return looks.WIDE, _TOP + _ROW * len(rows) + _KEY


def _begun(row: Marks) -> bool:
    return any(mark != OPEN for group in row.groups.values() for mark in group.values())


def _columns(rows: Sequence[Marks]) -> tuple[dict[str, float], float]:
    """Where each group begins, and how wide a mark with its margin is."""
    most: dict[str, int] = {}
    for row in rows:
        for heading, group in row.groups.items():
            most[heading] = max(most.get(heading, 0), len(group))
    room = looks.WIDE - _FIRST - _GAP * len(most)
    step = min(_WIDEST, room / max(1, sum(most.values())))
    lefts, left = {}, _FIRST
    for heading, many in most.items():
        lefts[heading] = left
        left += max(many * step, len(heading) * _LETTER) + _GAP
    return lefts, step


def _mark(ax: Axes, x: float, y: float, step: float, mark: str, name: str) -> None:
    sign, fill, edge, _ = _SIGNS[mark]
    box = x + 0.03, y + 0.03, step - 0.06, _ROW - 0.06
    drawing.box(ax, *box, fill, edge=edge, lw=1.2, gid=f"{mark}:{name}")
    if sign:
        drawing.text(ax, x + step / 2, y + _ROW / 2, sign, color=edge, bold=True, gid="sign")


def _key(ax: Axes, y: float, step: float) -> None:
    for n, (mark, (sign, fill, edge, words)) in enumerate(_SIGNS.items()):
        x, gid = _FIRST + 2.1 * n, f"key:{mark}"
        drawing.box(ax, x + 0.03, y - 0.15, step - 0.06, 0.3, fill, edge=edge, lw=1.2, gid=gid)
        drawing.text(ax, x + step / 2, y, sign, size=looks.SMALL, color=edge, bold=True)
        drawing.text(ax, x + step + 0.06, y, words, "left", size=looks.SMALL, color=looks.PLAIN)
