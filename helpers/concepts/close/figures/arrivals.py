"""Draws how much of a reply arrived, for each way to end the connection."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from helpers.concepts.close.endings import EOF, Ending
from helpers.errors import LabError
from helpers.figures import looks

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def arrivals(found: Sequence[Ending], ax: Axes | None = None) -> Axes:
    """A bar for each ending: dark what arrived, hatched in the strong colour what was lost."""
    if not found:
        raise LabError("there is nothing to draw: no ending was played")
    ax = looks.canvas(ax, 10.4, 0.75 + 0.47 * len(found))
    with looks.lesson():
        for y, each in enumerate(found):
            _bar(ax, y, each)
        most = max(e.sent for e in found)
        ax.set(ylim=(len(found) - 0.4, -1.0), xlim=(-0.56 * most, 1.24 * most))
        ax.set_axis_off()
        ax.set_position((0.0, 0.0, 1.0, 1.0))
        head: dict[str, Any] = {"size": 10, "color": looks.PLAIN, "va": "center"}
        ax.text(-0.12 * most, -0.75, "how the server ended", ha="right", **head)
        ax.text(-0.065 * most, -0.75, "unread", ha="center", **head)
        ax.text(0, -0.75, f"the reply, {most:,} bytes", **head)
        ax.text(1.02 * most, -0.75, "then recv", **head)
    return ax


def _bar(ax: Axes, y: int, e: Ending) -> None:
    ax.text(-0.12 * e.sent, y, e.way, ha="right", va="center", size=10.5)
    ax.text(-0.065 * e.sent, y, str(e.unread), ha="center", va="center", size=10.5)
    lost = e.sent - e.received
    if lost:
        ax.barh(y, lost, 0.56, left=e.received, color=looks.PAPER, edgecolor=looks.STRONG,
                hatch="////", lw=1.2, gid=f"lost:{lost}")  # fmt: skip
        words = f"{lost / e.sent:.0%} lost"
        ax.text(e.received + lost / 2, y, words, ha="center", va="center", size=10.5,
                color=looks.STRONG, weight="bold", bbox=looks.patch(), zorder=4)  # fmt: skip
    ax.barh(y, e.received, 0.56, color=looks.DATA, lw=0, gid=f"arrived:{e.received}")
    good = e.end == EOF
    ax.text(1.02 * e.sent, y, e.end, va="center", size=10.5, family="DejaVu Sans Mono",
            color=looks.TEXT if good else looks.STRONG, gid=f"end:{e.end}")  # fmt: skip
