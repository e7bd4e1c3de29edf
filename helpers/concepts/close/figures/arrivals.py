"""Draws how much of a reply arrived, for each way to end the connection."""

from __future__ import annotations

from collections.abc import Sequence

from helpers.concepts.close.endings import EOF, Ending
from helpers.figures import looks, marks
from helpers.figures.looks import Axes

# Where the columns of words stand, in lengths of the reply.
_WAY, _UNREAD, _THEN = -0.12, -0.065, 1.02


def arrivals(found: Sequence[Ending], ax: Axes | None = None) -> Axes:
    """A bar for each ending: dark what arrived, hatched in the strong colour what was lost."""
    looks.need(found, "no ending was played")
    most = max(e.sent for e in found)
    with looks.picture(ax, 10.4, 0.75 + 0.47 * len(found), margin=0) as ax:
        ax.set(ylim=(len(found) - 0.4, -1.0), xlim=(-0.56 * most, 1.24 * most))
        for y, each in enumerate(found):
            _bar(ax, y, each)
        marks.head(ax, _WAY * most, -0.75, "how the server ended", "right", va="center")
        marks.head(ax, _UNREAD * most, -0.75, "unread", va="center")
        marks.head(ax, 0, -0.75, f"the reply, {most:,} bytes", "left", va="center")
        marks.head(ax, _THEN * most, -0.75, "then recv", "left", va="center")
    return ax


def _bar(ax: Axes, y: int, e: Ending) -> None:
    marks.text(ax, _WAY * e.sent, y, e.way, "right")
    marks.text(ax, _UNREAD * e.sent, y, e.unread)
    lost = e.sent - e.received
    if lost:
        ax.barh(y, lost, 0.56, left=e.received, color=looks.PAPER, edgecolor=looks.STRONG,
                hatch="////", lw=1.2, gid=f"lost:{lost}")  # fmt: skip
        marks.text(ax, e.received + lost / 2, y, f"{lost / e.sent:.0%} lost",
                   color=looks.STRONG, bold=True, bbox=looks.patch(), zorder=4)  # fmt: skip
    ax.barh(y, e.received, 0.56, color=looks.DATA, lw=0, gid=f"arrived:{e.received}")
    colour = looks.TEXT if e.end == EOF else looks.STRONG
    marks.text(ax, _THEN * e.sent, y, e.end, "left", family=looks.MONO, color=colour,
               gid=f"end:{e.end}")  # fmt: skip
