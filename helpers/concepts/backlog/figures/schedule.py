"""Draws the SYNs of clients that nobody answers, from the first to the moment they give up."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

from helpers.concepts.backlog.syns import Attempts
from helpers.figures import looks, marks, telling
from helpers.figures.looks import Axes

_VAIN = "Nobody answers: when each client sends its SYN again"
_ROW, _LEFT, _RIGHT = 0.78, 1.72, 1.62  # inches: a row's height, and beside the axis


def attempts(found: Sequence[Attempts], ax: Axes | None = None, *, title: str = _VAIN) -> Axes:
    """The SYNs of each client: a dot for each that was sent, and a ring for each to come.

    On the axis of seconds each step is twice as long as the one before, so that waits that
    double are equally far from each other.
    """
    looks.need(found, "no client sent a SYN")
    last = max(each.gives_up or each.times[-1] for each in found)
    ends = any(each.gives_up for each in found)
    right = 1 - (_RIGHT if ends else 0.2) / 9.2
    place = _LEFT / 9.2, 0.62, right, 1.0
    alt, high = _told(found), 0.72 + _ROW * (len(found) + 0.3)
    with looks.picture(ax, 9.2, high, within=place, title=title, alt=alt) as ax:
        ax.set(xlim=(-0.25, _at(last) + 0.2), ylim=(len(found) - 0.45, -0.98 if ends else -0.62))
        for y, each in enumerate(found):
            _row(ax, y, each)
        if ends:
            seen = _at(max(each.times[-1] for each in found))
            marks.head(ax, 0, -0.75, "● seen in this run", "left")
            marks.head(ax, seen + 0.4, -0.75, "○ what follows by the rule", "left")
        marks.rows(ax, "seconds since its first SYN")
        ax.set_yticks([])
        steps = [2**k - 1 for k in range(math.ceil(_at(last)) + 1) if 2**k - 1 <= last + 1]
        ax.set_xticks([_at(t) for t in steps], [str(t) for t in steps], size=looks.SMALL)
    return ax


def _at(seconds: float) -> float:
    """Where a moment stands on the axis: 0, 1, 3, 7 and 15 seconds are equally far apart."""
    return math.log2(seconds + 1)


def _row(ax: Axes, y: int, each: Attempts) -> None:
    measured = [_at(t) for t in each.times]
    rest = [_at(t) for t in each.to_come]
    end = _at(each.gives_up) if each.gives_up else measured[-1] + 0.2
    ax.plot([0, measured[-1]], [y, y], color=looks.OPENING, lw=8, zorder=1, gid="measured")
    ax.plot([measured[-1], end], [y, y], color=looks.OPENING, lw=2.5, ls=looks.DASHES, zorder=1)
    ax.plot(measured, [y] * len(measured), "o", color=looks.OPENS, ms=11, zorder=3,
            gid=f"syns:{each.client}")  # fmt: skip
    ax.plot(rest, [y] * len(rest), "o", mfc=looks.PAPER, mec=looks.OPENS, mew=2, ms=10, zorder=3,
            gid=f"to come:{each.client}")  # fmt: skip
    _names(ax, y, each)
    _gaps(ax, y, [*each.times, *each.to_come, *([each.gives_up] if each.gives_up else [])])
    if each.gives_up:
        ax.plot([end], [y], "x", color=looks.FAILS, ms=11, mew=3, zorder=3, clip_on=False,
                gid=f"gives up:{each.client}")  # fmt: skip
        words = f"  ETIMEDOUT\n  about {each.gives_up} s"
        marks.text(ax, end + 0.1, y, words, "left", color=looks.FAILS, linespacing=1.15)


def _names(ax: Axes, y: int, each: Attempts) -> None:
    x, host = -0.3, each.client.partition(":")[0]
    if each.linear is None:
        marks.text(ax, x, y, host, "right", bold=True, color=looks.TEXT)
        return
    marks.text(ax, x, y - 0.14, host, "right", bold=True, color=looks.TEXT)
    marks.text(ax, x, y + 0.2, f"linear = {each.linear}", "right", size=looks.SMALL,
               color=looks.PLAIN)  # fmt: skip


def _gaps(ax: Axes, y: int, times: Sequence[float]) -> None:
    """How many seconds each wait is, above it."""
    for early, late in pairwise(times):
        gap = round(late - early)
        wide = (_at(late) - _at(early)) * looks.inches(ax)[0]
        words = f"{gap} s" if wide > 0.5 else str(gap)
        marks.text(ax, (_at(early) + _at(late)) / 2, y - 0.2, words, va="bottom", size=looks.SMALL,
                   color=looks.PLAIN, gid=f"gap:{gap}")  # fmt: skip


def _told(found: Sequence[Attempts]) -> str:
    rows = []
    for each in found:
        measured = telling.listed([str(t) for t in each.seconds])
        rest = telling.listed([str(t) for t in each.to_come])
        words = f"{each.client.partition(':')[0]} at {measured}"
        words += f", and by the rule at {rest}" if rest else ""
        rows.append(words + (f", giving up after about {each.gives_up}" if each.gives_up else ""))
    return f"SYNs that nobody answers, in seconds after each client's first: {'; '.join(rows)}."
