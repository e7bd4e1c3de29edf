"""Draws the way through TCP's states that a run took: the diagram grey, the path strong."""

from __future__ import annotations

from collections.abc import Sequence

from helpers.concepts.close.paths import Step, path
from helpers.figures import looks, marks
from helpers.figures.looks import Axes
from helpers.record.trace import Trace

Point = tuple[float, float]
# The lower half of RFC 9293's figure 5: where each state stands, and which may follow which.
PLACES: dict[str, Point] = {
    "ESTAB": (1.0, 0.0),
    "FIN-WAIT-1": (0.0, 1.0),
    "CLOSE-WAIT": (2.0, 1.0),
    "CLOSING": (1.0, 1.75),
    "FIN-WAIT-2": (0.0, 2.5),
    "LAST-ACK": (2.0, 2.5),
    "TIME-WAIT": (0.55, 3.5),
    "CLOSED": (2.0, 3.5),
}
EDGES = (
    ("ESTAB", "FIN-WAIT-1"),
    ("ESTAB", "CLOSE-WAIT"),
    ("FIN-WAIT-1", "FIN-WAIT-2"),
    ("FIN-WAIT-1", "CLOSING"),
    ("FIN-WAIT-2", "TIME-WAIT"),
    ("CLOSING", "TIME-WAIT"),
    ("CLOSE-WAIT", "LAST-ACK"),
    ("LAST-ACK", "CLOSED"),
    ("TIME-WAIT", "CLOSED"),
)
_PITCH = 3.1  # from one host's diagram to the next, in columns
_HALF_WIDE, _HALF_HIGH = 0.54, 0.15  # of a state's box, in inches


def state_path(trace: Trace, ax: Axes | None = None) -> Axes:
    """One diagram for each host of the trace, with the path that its end took.

    Beside each step stands what happened, and after the stroke what was sent. A step that the
    standard does not draw, as after a reset, is a strong arrow with no grey one below.
    """
    hosts = list(trace.hosts)
    with looks.picture(ax, 5.3 * len(hosts), 5.2, margin=0) as ax:
        ax.set(xlim=(-0.62, _PITCH * (len(hosts) - 1) + 2.62), ylim=(3.95, -0.85))
        for n, host in enumerate(hosts):
            _diagram(ax, host, path(trace, host), n * _PITCH)
    return ax


def _diagram(ax: Axes, host: str, steps: Sequence[Step], left: float) -> None:
    walked = {(step.before, step.after) for step in steps}
    visited = {state for pair in walked for state in pair}
    marks.text(ax, left + 1.0, -0.6, host, va="baseline", bold=True, size=looks.TITLE)
    for pair in EDGES:
        if pair not in walked:
            _arrow(ax, pair, left, looks.FURNITURE, 1.2)
    for n, step in enumerate(steps, 1):
        _arrow(ax, (step.before, step.after), left, looks.STRONG, 2.6)
        _label(ax, step, n, left)
    for state, (x, y) in PLACES.items():
        _state(ax, state, left + x, y, state in visited)


def _arrow(ax: Axes, pair: tuple[str, str], left: float, colour: str, wide: float) -> None:
    (x1, y1), (x2, y2) = (PLACES[state] for state in pair)
    across, down = looks.inches(ax)
    dx, dy = abs(x2 - x1) * across, abs(y2 - y1) * down
    long = (dx**2 + dy**2) ** 0.5
    # From the middle of a box to its edge along this line, in points.
    edge = 72 * long * min(_HALF_WIDE / dx if dx else 9.0, _HALF_HIGH / dy if dy else 9.0)
    ax.annotate(
        "", (left + x2, y2), (left + x1, y1), zorder=2 if wide > 2 else 1, gid=f"edge:{pair}",
        arrowprops={"arrowstyle": "-|>", "color": colour, "lw": wide, "shrinkA": edge,
                    "shrinkB": edge + 2, "mutation_scale": 15},
    )  # fmt: skip


def _label(ax: Axes, step: Step, n: int, left: float) -> None:
    (x1, y1), (x2, y2) = PLACES[step.before], PLACES[step.after]
    words = f"{n}  {step.why}" + (f"\n→ {step.sent}" if step.sent else "")
    marks.text(ax, left + (x1 + x2) / 2, (y1 + y2) / 2, words, size=looks.SMALL, color=looks.STRONG,
               bbox=looks.patch(), zorder=5, gid=f"step:{n}")  # fmt: skip


def _state(ax: Axes, state: str, x: float, y: float, visited: bool) -> None:
    box = {
        "boxstyle": "round,pad=0.45",
        "facecolor": looks.state_colour(state) if visited and state != "CLOSED" else looks.PAPER,
        "edgecolor": looks.STRONG if visited else looks.FURNITURE,
        "linewidth": 1.6 if visited else 1.0,
    }
    colour = looks.TEXT if visited else looks.PLAIN
    marks.text(ax, x, y, state, size=looks.SMALL, color=colour, bbox=box, zorder=4, bold=visited,
               gid=f"node:{state}:{visited}")  # fmt: skip
