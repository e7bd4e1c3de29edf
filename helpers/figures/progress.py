"""Draws where a reader stands: for each notebook a mark for every question and every exercise.

Full marks are dark, what was wrong is crossed, what is open is an outline: they differ without
colour too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from helpers.figures import looks

if TYPE_CHECKING:
    from matplotlib.axes import Axes

GOOD, BAD, OPEN = "good", "bad", "open"
_GAP, _ROW = 1.1, 0.34  # between groups, in marks; inches a row
_MARK, _LETTER = 0.36, 0.63 * looks.SMALL / 72  # inches

_KEY = "filled: right, or solved   crossed: wrong, or tried   empty: open"


@dataclass(frozen=True)
class Marks:
    """One notebook: its title, and for each group its marks in order, each by a name."""

    title: str
    groups: Mapping[str, Mapping[str, str]]


def marks(rows: Sequence[Marks], ax: Axes | None = None) -> Axes:
    """One line a notebook, the groups side by side, each under its own heading.

    A mark is GOOD, BAD or OPEN. Raises ``LabError`` without rows.
    """
    looks.need(rows, "no notebook was given")
    lefts, width = _columns(rows)
    title = "Where you stand in each notebook"
    with looks.picture(ax, *size(rows), title=title, alt=_alt(rows)) as ax:
        ax.set(xlim=(0, width), ylim=(len(rows) + 0.4, -1.45))
        for heading, left in lefts.items():
            ax.text(left, -0.95, heading, va="center", size=looks.SMALL, color=looks.PLAIN)
        ax.text(0, len(rows) - 0.05, _KEY, va="center", size=looks.SMALL, color=looks.PLAIN)
        for y, row in enumerate(rows):
            begun = any(m != OPEN for group in row.groups.values() for m in group.values())
            colour = looks.TEXT if begun else looks.PLAIN
            ax.text(0, y, row.title, va="center", size=looks.SMALL, color=colour, gid="title")
            for heading, group in row.groups.items():
                for n, (name, mark) in enumerate(group.items()):
                    _mark(ax, lefts[heading] + n, y, mark, f"{mark}:{row.title}:{name}")
    return ax


def _alt(rows: Sequence[Marks]) -> str:
    told: list[str] = []
    for row in rows:
        found = [mark for group in row.groups.values() for mark in group.values()]
        if any(mark != OPEN for mark in found):
            good, bad = found.count(GOOD), found.count(BAD)
            told.append(f"{row.title}: {good} right, {bad} wrong, {found.count(OPEN)} open")
    begun = "; ".join(told) or "none is begun"
    return f"A line of marks for each of {len(rows)} notebooks, filled, crossed or empty. {begun}."


def size(rows: Sequence[Marks]) -> tuple[float, float]:
    """How wide and how high the picture is, in inches."""
    return _MARK * _columns(rows)[1], _ROW * (len(rows) + 1.85)


def _columns(rows: Sequence[Marks]) -> tuple[dict[str, float], float]:
    """Where each group begins, and where the last one ends; one mark is one wide."""
    lefts: dict[str, float] = {}
    left = max(len(row.title) for row in rows) * _LETTER / _MARK + _GAP / 2
    for heading in dict.fromkeys(heading for row in rows for heading in row.groups):
        lefts[heading] = left
        most = max(len(row.groups.get(heading, ())) for row in rows)
        left += max(most, len(heading) * _LETTER / _MARK) + _GAP
    return lefts, max(left, len(_KEY) * _LETTER / _MARK)


def _mark(ax: Axes, x: float, y: int, mark: str, gid: str) -> None:
    from matplotlib.patches import Rectangle

    edge = {GOOD: looks.ACCEPT_QUEUE, BAD: looks.FAILS, OPEN: looks.FURNITURE}[mark]
    face = edge if mark == GOOD else looks.PAPER
    box = (x + 0.1, y - 0.36), 0.74, 0.72
    ax.add_patch(Rectangle(*box, lw=1.4, facecolor=face, edgecolor=edge, gid=gid))
    if mark == BAD:
        ax.plot(x + 0.47, y, "x", color=looks.FAILS, ms=7, mew=2)
