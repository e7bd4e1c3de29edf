"""Draws the time axis of a ladder: ticks in real time, and a mark where idle time is cut short."""

from __future__ import annotations

import math
from collections.abc import Iterable
from itertools import pairwise

from helpers.figures import looks, marks
from helpers.figures.layout import Gap, Layout
from helpers.figures.looks import Axes

_TICK, _LETTER = 0.05, 0.62 * looks.SMALL / 72  # inches
_ROWS_PER_TICK = 3.0


def draw_ruler(ax: Axes, layout: Layout, x: float) -> None:
    """A line at ``x`` with ticks at its left; nothing for a ladder that is drawn in steps."""
    if not layout.clock:
        return
    top, bottom = layout.clock[0][1], layout.clock[-1][1]
    ax.plot([x, x], [top, bottom], color=looks.PLAIN, lw=1, zorder=1, gid="ruler")
    for words, y in _ticks(layout):
        ax.plot([x - _TICK, x], [y, y], color=looks.PLAIN, lw=1, zorder=1)
        marks.text(ax, x - 0.07, y, words, "right", size=looks.SMALL, color=looks.PLAIN, gid="tick")


def width(layout: Layout) -> float:
    """How many inches the axis takes with its numbers; 0 for a ladder that is drawn in steps."""
    longest = max((len(words) for words, _ in _ticks(layout)), default=0)
    return longest * _LETTER + 0.12 if longest else 0.0


def _ticks(layout: Layout) -> list[tuple[str, float]]:
    """What stands at each tick, and where."""
    if not layout.clock:
        return []
    unit, factor = ("s", 1.0) if tick_step(layout) >= 1 else ("ms", 1000.0)
    return [(f"{seconds * factor:g} {unit}", y) for seconds, y in ticks(layout)]


def draw_gaps(ax: Axes, gaps: Iterable[Gap], xs: list[float], middle: float) -> None:
    """A break on the ruler and on every rail, with the real length of what was left out."""
    for gap in gaps:
        y = (gap.top + gap.bottom) / 2
        for x in xs:
            ax.plot([x], [y], marker="$\\approx$", ms=15, color=looks.TEXT, zorder=9, gid="break")
        marks.text(ax, middle, y, f"{length(gap.seconds)} pass", size=looks.SMALL,
                   color=looks.PLAIN, halo=looks.HALO, gid="gap", zorder=8)  # fmt: skip


def length(seconds: float) -> str:
    """``1.0 s`` or ``20 ms``."""
    return f"{seconds:.1f} s" if seconds >= 0.95 else f"{seconds * 1000:.0f} ms"


def tick_step(layout: Layout) -> float:
    """Seconds between ticks: 1, 2 or 5 times a power of ten, about three rows apart."""
    drawn = [
        (b[0] - a[0], b[1] - a[1])
        for a, b in pairwise(layout.clock)
        if not _in_gap(layout, (a[1] + b[1]) / 2)
    ]
    rough = sum(s for s, _ in drawn) / sum(rows for _, rows in drawn) * _ROWS_PER_TICK
    power = 10.0 ** math.floor(math.log10(rough))
    return next(n * power for n in (1, 2, 5, 10) if n * power >= rough)


def ticks(layout: Layout) -> list[tuple[float, float]]:
    """``(seconds, height)`` of each tick; none inside a gap, where heights are not to scale."""
    step, found = tick_step(layout), list[tuple[float, float]]()
    for (t0, y0), (t1, y1) in pairwise(layout.clock):
        if _in_gap(layout, (y0 + y1) / 2):
            continue
        for n in range(math.ceil(t0 / step - 1e-9), math.floor(t1 / step + 1e-9) + 1):
            tick = round(n * step, 9)
            if not found or tick > found[-1][0]:
                found.append((tick, y0 + (tick - t0) / (t1 - t0) * (y1 - y0)))
    return found


def _in_gap(layout: Layout, y: float) -> bool:
    return any(gap.top < y < gap.bottom for gap in layout.gaps)
