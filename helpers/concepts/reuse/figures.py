"""Draws restarts: the matrix of scenarios by options, and the clock of TIME-WAIT."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from helpers.concepts.reuse.restarts import OPTIONS, STARTS, Outcome
from helpers.concepts.reuse.timers import Sample
from helpers.errors import LabError
from helpers.figures import looks

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_YES, _NO = "#79C7A6", "#F0B79A"


def matrix(outcomes: Sequence[Outcome], ax: Axes | None = None) -> Axes:
    """One row a scenario, one column a pair (old server, new server); a tick where it starts.

    Beside each scenario stands what it left on the server's port.
    """
    if not outcomes:
        raise LabError("there is nothing to draw: no scenario was played")
    ax = looks.canvas(ax, 9.4, 1.3 + 0.36 * len(outcomes))
    with looks.lesson():
        for y, outcome in enumerate(outcomes):
            _row(ax, y, outcome)
        _heads(ax, len(outcomes))
    return ax


def _row(ax: Axes, y: int, outcome: Outcome) -> None:
    from matplotlib.patches import Rectangle

    ax.text(-0.1, y, outcome.name, ha="right", va="center", size=10.5)
    left = outcome.server_left
    colour = looks.PLAIN if left == "-" else looks.TEXT
    ax.text(4.15, y, "nothing" if left == "-" else left, va="center", size=10, color=colour)
    for x, pair in enumerate(OPTIONS):
        starts = outcome.restarts[pair] == STARTS
        gid = f"cell:{outcome.name}:{x}:{outcome.restarts[pair]}"
        box = (x + 0.04, y - 0.44), 0.92, 0.88
        ax.add_patch(Rectangle(*box, color=_YES if starts else _NO, lw=0, gid=gid))
        sign, shade = ("✓", "#0B5C43") if starts else ("✗", looks.STRONG)
        ax.text(x + 0.5, y, sign, ha="center", va="center", size=14, color=shade, weight="bold")


def _heads(ax: Axes, rows: int) -> None:
    ax.set_xlim(-2.75, 5.3)
    ax.set_ylim(rows - 0.4, -2.1)
    ax.set_axis_off()
    ax.set_position((0.01, 0.01, 0.98, 0.98))
    words = {False: "not set", True: "set"}
    for x, (old, new) in enumerate(OPTIONS):
        ax.text(
            x + 0.5, -1.25, words[old], ha="center", size=10, weight="bold" if old else "normal"
        )
        ax.text(
            x + 0.5, -0.72, words[new], ha="center", size=10, weight="bold" if new else "normal"
        )
    ax.text(-0.1, -1.25, "SO_REUSEADDR on the old server", ha="right", size=10, color=looks.PLAIN)
    ax.text(-0.1, -0.72, "on the new server", ha="right", size=10, color=looks.PLAIN)
    ax.text(4.15, -0.72, "left on the port", size=10, color=looks.PLAIN)


def timer(
    samples: Sequence[Sample], ax: Axes | None = None, *, marks: dict[str, float] | None = None
) -> Axes:
    """Draw what was left on a timer against the time since it began, both in seconds.

    The dots are the samples; the thin line goes on as they did, to where nothing is left.
    ``marks`` are other times that people name, by who names them.
    """
    if len(samples) < 2:
        raise LabError("a timer needs two samples or more to be drawn")
    lasts = samples[0].left + samples[0].at
    ax = looks.canvas(ax, 8.6, 3.4)
    with looks.lesson():
        ax.plot([0, lasts], [lasts, 0], color=looks.FURNITURE, lw=1.5, zorder=1)
        points = [s.at for s in samples], [s.left for s in samples]
        ax.plot(*points, "o", color=looks.STRONG, ms=5, gid="samples", zorder=3)
        words = f"read from the kernel for {samples[-1].at:.0f} s"
        last = (samples[-1].at, samples[-1].left)
        ax.annotate(words, last, (12, 6), textcoords="offset points", color=looks.STRONG, size=10)
        _marks(ax, {"this kernel": float(round(lasts)), **(marks or {})})
        ax.set_xlabel("seconds since the socket entered the state")
        ax.set_ylabel("seconds left")
        ax.figure.subplots_adjust(left=0.09, right=0.97, top=0.95, bottom=0.17)
    return ax


def _marks(ax: Axes, marks: dict[str, float]) -> None:
    for n, (name, at) in enumerate(marks.items()):
        colour = looks.STRONG if n == 0 else looks.PLAIN
        ax.axvline(at, color=colour, lw=1.4, ls="-" if n == 0 else (0, (4, 3)), ymax=0.72, zorder=2)
        ax.text(at, 0.75, f"{name}\n{at:g} s", transform=ax.get_xaxis_transform(), ha="center",
                size=10, color=colour, gid=f"mark:{at:g}")  # fmt: skip
    ax.set_xlim(-3, max(marks.values()) * 1.06)
    ax.set_ylim(0, None)
