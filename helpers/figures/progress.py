"""Draws where a reader stands: for each notebook a mark for every question and every exercise.

Full marks are dark, what was wrong is crossed, what is open is an outline: they differ without
colour too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from helpers.errors import LabError
from helpers.figures import looks

if TYPE_CHECKING:
    from matplotlib.axes import Axes

GOOD, BAD, OPEN = "good", "bad", "open"
_FIRST, _GAP, _ROW = 4.1, 1.1, 0.34  # where marks begin and between groups, in marks; inches a row

_KEY = "filled: right, or solved     crossed: wrong, or tried     empty: open"


@dataclass(frozen=True)
class Marks:
    """One notebook: its title, and for each group its marks in order, each by a name."""

    title: str
    groups: Mapping[str, Mapping[str, str]]


def marks(rows: Sequence[Marks], ax: Axes | None = None) -> Axes:
    """One line a notebook, the groups side by side, each under its own heading.

    A mark is GOOD, BAD or OPEN. Raises ``LabError`` without rows.
    """
    if not rows:
        raise LabError("there is nothing to draw: no notebook was given")
    lefts, width = _columns(rows)
    ax = looks.canvas(ax, *size(rows))
    with looks.lesson():
        ax.set(xlim=(0, width), ylim=(len(rows) + 0.4, -1.45))
        ax.set_axis_off()
        ax.set_position((0.01, 0.0, 0.98, 1.0))
        for heading, left in lefts.items():
            ax.text(left, -0.95, heading, va="center", size=10, color=looks.PLAIN)
        ax.text(0, len(rows) - 0.05, _KEY, va="center", size=9, color=looks.PLAIN)
        for y, row in enumerate(rows):
            begun = any(m != OPEN for group in row.groups.values() for m in group.values())
            colour = looks.TEXT if begun else looks.PLAIN
            ax.text(0, y, row.title, va="center", size=11, color=colour, gid="title")
            for heading, group in row.groups.items():
                for n, (name, mark) in enumerate(group.items()):
                    _mark(ax, lefts[heading] + n, y, mark, f"{mark}:{row.title}:{name}")
    return ax


def size(rows: Sequence[Marks]) -> tuple[float, float]:
    """How wide and how high the picture is, in inches."""
    return 0.36 * _columns(rows)[1], _ROW * (len(rows) + 1.85)


def _columns(rows: Sequence[Marks]) -> tuple[dict[str, float], float]:
    """Where each group begins, and where the last one ends; one mark is one wide."""
    lefts: dict[str, float] = {}
    left = _FIRST
    for heading in dict.fromkeys(heading for row in rows for heading in row.groups):
        lefts[heading] = left
        most = max(len(row.groups.get(heading, ())) for row in rows)
        left += max(most, len(heading) * 0.24) + _GAP
    return lefts, left


def _mark(ax: Axes, x: float, y: int, mark: str, gid: str) -> None:
    from matplotlib.patches import Rectangle

    edge = {GOOD: looks.ACCEPT_QUEUE, BAD: looks.STRONG, OPEN: looks.FURNITURE}[mark]
    face = edge if mark == GOOD else looks.PAPER
    box = (x + 0.1, y - 0.36), 0.74, 0.72
    ax.add_patch(Rectangle(*box, lw=1.4, facecolor=face, edgecolor=edge, gid=gid))
    if mark == BAD:
        ax.plot(x + 0.47, y, "x", color=looks.STRONG, ms=7, mew=2)
