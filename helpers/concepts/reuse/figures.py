"""Draws restarts: the matrix of scenarios by options, and the clock of TIME-WAIT."""

from __future__ import annotations

from collections.abc import Sequence

from helpers.concepts.reuse.restarts import OPTIONS, STARTS, Outcome
from helpers.concepts.reuse.timers import Sample
from helpers.errors import LabError
from helpers.figures import looks, marks
from helpers.figures.looks import Axes

_EDGE, _OLD, _NEW, _LEFT = -0.1, -1.25, -0.72, 4.15  # where names end; headings; the last column


def matrix(outcomes: Sequence[Outcome], ax: Axes | None = None) -> Axes:
    """One row a scenario, one column a pair (old server, new server); a tick where it starts.

    Beside each scenario stands what it left on the server's port.
    """
    looks.need(outcomes, "no scenario was played")
    with looks.picture(ax, 9.4, 1.3 + 0.36 * len(outcomes)) as ax:
        ax.set(xlim=(-2.75, 5.3), ylim=(len(outcomes) - 0.4, -2.1))
        for y, outcome in enumerate(outcomes):
            _row(ax, y, outcome)
        for x, pair in enumerate(OPTIONS):
            for line, on in zip((_OLD, _NEW), pair, strict=True):
                words = "set" if on else "not set"
                marks.text(ax, x + 0.5, line, words, va="baseline", size=looks.SMALL, bold=on)
        marks.head(ax, _EDGE, _OLD, "SO_REUSEADDR on the old server", "right")
        marks.head(ax, _EDGE, _NEW, "on the new server", "right")
        marks.head(ax, _LEFT, _NEW, "left on the port", "left")
    return ax


def _row(ax: Axes, y: int, outcome: Outcome) -> None:
    marks.text(ax, _EDGE, y, outcome.name, "right")
    left = outcome.server_left
    words, colour = ("nothing", looks.PLAIN) if left == "-" else (left, looks.TEXT)
    marks.text(ax, _LEFT, y, words, "left", size=looks.SMALL, color=colour)
    for x, pair in enumerate(OPTIONS):
        starts = outcome.restarts[pair] == STARTS
        gid = f"cell:{outcome.name}:{x}:{outcome.restarts[pair]}"
        fill = looks.GOOD if starts else looks.BAD
        marks.box(ax, x + 0.04, y - 0.44, 0.92, 0.88, fill, gid=gid)
        sign, shade = ("✓", looks.TICK) if starts else ("✗", looks.STRONG)
        marks.text(ax, x + 0.5, y, sign, size=looks.TITLE, color=shade, bold=True)


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
    with looks.picture(ax, 8.6, 3.4, within=(0.09, 0.578, 0.97, 0.95)) as ax:
        ax.plot([0, lasts], [lasts, 0], color=looks.FURNITURE, lw=1.5, zorder=1)
        points = [s.at for s in samples], [s.left for s in samples]
        ax.plot(*points, "o", color=looks.STRONG, ms=5, gid="samples", zorder=3)
        words = f"read from the kernel for {samples[-1].at:.0f} s"
        last = (samples[-1].at, samples[-1].left)
        ax.annotate(
            words, last, (12, 6), textcoords="offset points", color=looks.STRONG, size=looks.SMALL
        )
        _times(ax, {"this kernel": float(round(lasts)), **(marks or {})})
        ax.set(xlabel="seconds since the socket entered the state", ylabel="seconds left")
    return ax


def _times(ax: Axes, named: dict[str, float]) -> None:
    for n, (name, at) in enumerate(named.items()):
        colour = looks.STRONG if n == 0 else looks.PLAIN
        style = looks.DASHES if n else "-"
        ax.axvline(at, color=colour, lw=1.4, ls=style, ymax=0.72, zorder=2)
        marks.text(ax, at, 0.75, f"{name}\n{at:g} s", va="baseline", size=looks.SMALL, color=colour,
                   gid=f"mark:{at:g}", transform=ax.get_xaxis_transform())  # fmt: skip
    ax.set(xlim=(-3, max(named.values()) * 1.06), ylim=(0, None))
