"""Draws queue depths beside a ladder, as bars that grow with what waits."""

from __future__ import annotations

from helpers.figures import looks, marks
from helpers.figures.depths import ACCEPT, SYN, UNREAD, Gauge, Points
from helpers.figures.looks import Axes

COLOURS = {SYN: looks.SYN_QUEUE, ACCEPT: looks.ACCEPT_QUEUE, UNREAD: looks.BUFFER}
_WIDTH, GAUGE = 0.3, 0.72  # inches: of the longest bar, and from one column to the next


def draw_gauges(ax: Axes, gauges: dict[Gauge, Points], x: float, bottom: float) -> None:
    """One column for each gauge that ever rose above zero, from ``x`` on to the right.

    The host stands in the heading only when more than one host has a gauge.
    """
    several = len({host for _, host in gauges}) > 1
    inch = 1 / looks.inches(ax)[0]
    for n, ((name, host), points) in enumerate(gauges.items()):
        left = x + n * GAUGE * inch
        words = name.replace(" ", "\n") + (f"\n{host}" if several else "")
        marks.text(ax, left, -0.12, words, "left", va="bottom", size=looks.SMALL, color=looks.TEXT,
                   linespacing=1.1, gid="gauge name")  # fmt: skip
        ax.plot([left, left], [0, bottom - 0.3], color=looks.FURNITURE, lw=1, zorder=1)
        _column(ax, points, (left, inch), bottom - 0.3, COLOURS[name])


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
            marks.text(ax, left + width + 0.03 * inch, top, f"{value:g}", "left", va="top",
                       size=looks.SMALL, color=looks.TEXT, halo=looks.HALO, zorder=6,
                       gid="gauge label")  # fmt: skip
