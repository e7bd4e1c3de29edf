"""Draws queue depths beside a ladder, as bars that grow with what waits."""

from __future__ import annotations

from helpers.figures import looks, marks
from helpers.figures.depths import ACCEPT, SYN, UNREAD, Gauge, Points
from helpers.figures.looks import Axes

COLOURS = {SYN: looks.SYN_QUEUE, ACCEPT: looks.ACCEPT_QUEUE, UNREAD: looks.BUFFER}
_WIDTH, _BESIDE, _APART = 0.3, 0.03, 0.14  # inches: the longest bar, to its number, to the next
_LETTER = 0.62 * looks.SMALL / 72


def width(gauges: dict[Gauge, Points]) -> float:
    """How many inches the columns take side by side."""
    return sum(_widths(gauges))


def _widths(gauges: dict[Gauge, Points]) -> list[float]:
    """Of each column, with what follows it: its heading or its numbers, whichever is wider."""
    found: list[float] = []
    for (name, host), points in gauges.items():
        heading = max(map(len, [*name.split(), host if _several(gauges) else ""]))
        number = max(len(f"{value:g}") for _, value in points)
        wide = max(heading * _LETTER, _WIDTH + _BESIDE + number * _LETTER)
        found.append(wide + _APART)
    return found


def _several(gauges: dict[Gauge, Points]) -> bool:
    return len({host for _, host in gauges}) > 1


def draw_gauges(ax: Axes, gauges: dict[Gauge, Points], x: float, bottom: float) -> None:
    """One column for each gauge that ever rose above zero, from ``x`` on to the right.

    The host stands in the heading only when more than one host has a gauge.
    """
    inch = 1 / looks.inches(ax)[0]
    left = x
    for ((name, host), points), wide in zip(gauges.items(), _widths(gauges), strict=True):
        words = name.replace(" ", "\n") + (f"\n{host}" if _several(gauges) else "")
        marks.text(ax, left, -0.12, words, "left", va="bottom", size=looks.SMALL, color=looks.TEXT,
                   linespacing=1.1, gid="gauge name")  # fmt: skip
        ax.plot([left, left], [0, bottom - 0.3], color=looks.FURNITURE, lw=1, zorder=1)
        _column(ax, points, (left, inch), bottom - 0.3, COLOURS[name])
        left += wide * inch


def _column(ax: Axes, points: Points, at: tuple[float, float], bottom: float, colour: str) -> None:
    left, inch = at
    most = max(value for _, value in points)
    ends = [height for height, _ in points[1:]] + [bottom]
    below = -1.0
    for (top, value), end in zip(points, ends, strict=True):
        if not value or end <= top:
            continue
        width = _WIDTH * inch * value / most
        marks.box(ax, left, top, width, end - top, colour, zorder=2, gid=f"gauge:{value:g}")
        if top >= below:
            below = top + 0.7
            marks.text(ax, left + width + _BESIDE * inch, top, f"{value:g}", "left", va="top",
                       size=looks.SMALL, color=looks.TEXT, halo=looks.HALO, zorder=6,
                       gid="gauge label")  # fmt: skip
