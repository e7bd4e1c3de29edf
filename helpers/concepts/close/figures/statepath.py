"""Draws the way through TCP's states that a run took: the diagram grey, the path dark.

Units are inches, from the upper left corner.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from helpers.concepts.close.paths import Step, path
from helpers.errors import LabError
from helpers.figures import looks, marks
from helpers.figures.looks import Axes
from helpers.record.trace import Trace

Point = tuple[float, float]
Edge = tuple[str, str]
# The lower half of RFC 9293's figure 5: where each state stands in the diagram of a host.
PLACES: dict[str, Point] = {
    "ESTAB": (2.3, 0.76),
    "FIN-WAIT-1": (0.68, 1.9),
    "CLOSE-WAIT": (4.0, 1.9),
    "CLOSING": (2.3, 2.7),
    "FIN-WAIT-2": (0.68, 3.5),
    "LAST-ACK": (4.0, 3.5),
    "TIME-WAIT": (2.3, 4.65),
    "CLOSED": (4.0, 4.65),
}
# Which may follow which, and where its reason stands: beside the line, on the side that is free.
EDGES: dict[Edge, tuple[float, float, str]] = {
    ("ESTAB", "FIN-WAIT-1"): (1.3, 1.2, "right"),
    ("ESTAB", "CLOSE-WAIT"): (3.32, 1.2, "left"),
    ("FIN-WAIT-1", "FIN-WAIT-2"): (0.84, 3.02, "left"),
    ("FIN-WAIT-1", "CLOSING"): (1.72, 2.2, "left"),
    ("FIN-WAIT-2", "TIME-WAIT"): (1.26, 4.2, "right"),
    ("CLOSING", "TIME-WAIT"): (2.42, 4.02, "left"),
    ("CLOSE-WAIT", "LAST-ACK"): (3.86, 2.5, "right"),
    ("LAST-ACK", "CLOSED"): (3.86, 4.06, "right"),
    ("TIME-WAIT", "CLOSED"): (3.15, 4.3, "center"),
}
_PITCH, _HIGH, _HOST = 4.775, 4.9, 0.24  # from one host's diagram to the next; the height; its name
_HALF_WIDE, _HALF_HIGH, _LINE = 0.58, 0.18, 0.21  # of a state's box; from a reason to what was sent
# Of a step that the standard does not draw: a straight one would run through other states.
_BEND, _DOWN = 0.08, 0.5


def state_path(
    trace: Trace,
    ax: Axes | None = None,
    *,
    title: str = "The way of each end through TCP's states",
) -> Axes:
    """One diagram for each host of the trace, with the path that its end took.

    Beside each step stands what happened, and below it what was sent. A step that the standard
    does not draw, as after a reset, is a bent arrow. Raises ``LabError`` for a path that begins
    before the connection was established: draw a part of the trace.
    """
    paths = {host: path(trace, host) for host in trace.hosts}
    for step in [step for steps in paths.values() for step in steps]:
        if not {step.before, step.after} <= set(PLACES):
            raise LabError(
                f"{step.host} went from {step.before} to {step.after}, and these are the states of "
                f"an end: {', '.join(PLACES)}; draw a later part, state_path(trace.since(mark))"
            )
    wide = _PITCH * (len(paths) - 1) + 4.6
    with looks.picture(ax, wide, _HIGH, margin=0, title=title, alt=_told(paths.values())) as ax:
        ax.set(xlim=(0, wide), ylim=(_HIGH, 0))
        for n, (host, steps) in enumerate(paths.items()):
            _diagram(ax, host, steps, n * _PITCH)
    return ax


def _told(paths: Iterable[Sequence[Step]]) -> str:
    told = []
    for steps in paths:
        sent = [f" and sends {step.sent}" if step.sent else "" for step in steps]
        way = [f"from {s.before} by {s.why}{words}" for s, words in zip(steps, sent, strict=True)]
        told.append(f"The {steps[0].host} goes {', '.join(way)}, to {steps[-1].after}.")
    return " ".join(told)


def _diagram(ax: Axes, host: str, steps: Sequence[Step], left: float) -> None:
    walked = {(step.before, step.after) for step in steps}
    visited = {state for pair in walked for state in pair}
    marks.text(ax, left + 2.3, _HOST, host, bold=True, size=looks.TITLE, color=looks.TEXT)
    for pair in EDGES:
        if pair not in walked:
            _arrow(ax, pair, left, looks.FURNITURE, 1.3)
    for n, step in enumerate(steps, 1):
        _arrow(ax, (step.before, step.after), left, looks.TEXT, 2.8)
        _reason(ax, step, n, left)
    for state, (x, y) in PLACES.items():
        _state(ax, state, left + x, y, state in visited)


def _arrow(ax: Axes, pair: Edge, left: float, colour: str, wide: float) -> None:
    """From the edge of one box to that of the other."""
    (x1, y1), (x2, y2) = (PLACES[state] for state in pair)
    dx, dy = abs(x2 - x1), abs(y2 - y1)
    edge = (
        72
        * float((dx**2 + dy**2) ** 0.5)
        * min(_HALF_WIDE / dx if dx else 9.0, _HALF_HIGH / dy if dy else 9.0)
    )
    bend = 0.0 if pair in EDGES else _bend(pair)
    ax.annotate(
        "", (left + x2, y2), (left + x1, y1), zorder=2 if wide > 2 else 1,
        gid=f"edge:{pair[0]}:{pair[1]}",
        arrowprops={"arrowstyle": "-|>", "color": colour, "lw": wide, "shrinkA": edge,
                    "shrinkB": edge + 1, "mutation_scale": 16,
                    "connectionstyle": f"arc3,rad={bend}"},
    )  # fmt: skip


def _bend(pair: Edge) -> float:
    (x1, _), (x2, _) = (PLACES[state] for state in pair)
    return _DOWN if x1 == x2 else _BEND


def _reason(ax: Axes, step: Step, n: int, left: float) -> None:
    """What happened, numbered in order, and what was sent, in the colour of that."""
    pair = step.before, step.after
    x, y, ha = EDGES.get(pair) or _beside(pair)
    up = _LINE / 2 if step.sent else 0.0
    marks.text(ax, left + x, y - up, f"{n}  {step.why}", ha, color=looks.TEXT, halo=looks.HALO,
               zorder=5, gid=f"step:{n}")  # fmt: skip
    if step.sent:
        ends = (looks.FAILS, "RST"), (looks.ENDS, "FIN")
        shade = next((colour for colour, kind in ends if kind in step.sent), looks.PLAIN)
        marks.text(ax, left + x, y + up, f"→ {step.sent}", ha, color=shade, halo=looks.HALO,
                   bold=shade != looks.PLAIN, zorder=5, gid=f"sent:{n}")  # fmt: skip


def _beside(pair: Edge) -> tuple[float, float, str]:
    """At the middle of a bent arrow, which is half as far aside as the bend says."""
    (x1, y1), (x2, y2) = (PLACES[state] for state in pair)
    aside = _bend(pair) / 2
    x, y = (x1 + x2) / 2 - (y2 - y1) * aside, (y1 + y2) / 2 + (x2 - x1) * aside
    return (x - 0.12, y, "right") if x1 == x2 else (x + 0.12, y, "left")


def _state(ax: Axes, state: str, x: float, y: float, visited: bool) -> None:
    fill = looks.state_colour(state) if visited and state != "CLOSED" else looks.PAPER
    edge, lw = (looks.TEXT, 1.6) if visited else (looks.FURNITURE, 1.0)
    marks.box(
        ax,
        x - _HALF_WIDE,
        y - _HALF_HIGH,
        2 * _HALF_WIDE,
        2 * _HALF_HIGH,
        fill,
        edge=edge,
        lw=lw,
        zorder=3,
        gid=f"box:{state}:{visited}",
    )
    marks.text(ax, x, y, state, size=looks.SMALL, color=looks.TEXT if visited else looks.PLAIN,
               zorder=4, bold=visited, gid=f"node:{state}:{visited}")  # fmt: skip
