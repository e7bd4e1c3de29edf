"""Draws who holds a connection: a bar for each descriptor, the packets, and both ends' states."""

from __future__ import annotations

from collections.abc import Sequence

from helpers.concepts.close.holders import GONE, Holders, Reading, labels
from helpers.figures import looks, marks
from helpers.figures.looks import Axes

_INCHES_WIDE, _LEFT, _ROW = 1.72, 1.75, 0.46
_ENDS = frozenset({"FIN", "RST"})


def references(of: Holders, ax: Axes | None = None) -> Axes:
    """One column a step: descriptors by process, how many references, what was sent, states.

    A bar is a descriptor, and ends where it was closed; two in one process are two bars. FIN
    and RST stand in the strong colour. In bench mode the line of packets says so.
    """
    found, columns = labels(of.readings), len(of.readings)
    lanes = {label: max(r.held.get(label, 0) for r in of.readings) for label in found}
    rows = sum(lanes.values()) + 4
    wide, high = _LEFT + _INCHES_WIDE * columns + 0.1, _ROW * (rows + 1.6)
    with looks.picture(ax, wide, high, margin=0) as ax:
        ax.set(xlim=(-_LEFT / _INCHES_WIDE, columns + 0.06), ylim=(rows + 0.15, -1.45))
        _heads(ax, of.readings, rows)
        at = _bars(ax, of.readings, lanes)
        _references(ax, of.readings, at)
        _packets(ax, of, at + 1)
        _states(ax, of.host, [r.near for r in of.readings], at + 2)
        _states(ax, of.peer, [r.far for r in of.readings], at + 3)
    return ax


def _heads(ax: Axes, readings: Sequence[Reading], rows: float) -> None:
    for x, reading in enumerate(readings):
        words = reading.step.replace(" in ", "\nin ").replace(" of ", "\nof ")
        colour = looks.STRONG if " = " in words else looks.TEXT
        marks.text(ax, x + 0.5, -0.25, words, va="bottom", linespacing=1.25,
                   color=colour)  # fmt: skip
        ax.plot([x, x], [-0.05, rows], color=looks.FAINT, lw=1, zorder=0)


def _name(ax: Axes, y: float, words: str, colour: str = looks.TEXT) -> None:
    marks.text(ax, -0.08, y + 0.5, words, "right", color=colour)


def _bars(ax: Axes, readings: Sequence[Reading], lanes: dict[str, int]) -> int:
    """A lane for each descriptor; returns the first free row."""
    y = 0
    for label, many in lanes.items():
        _name(ax, y + (many - 1) / 2, label)
        held = [reading.held.get(label, 0) for reading in readings] + [0]
        for n in range(many):
            for x in range(len(readings)):
                if held[x] > n:
                    wide = 1.0 if held[x + 1] > n else 0.94
                    marks.box(ax, x, y + 0.24, wide, 0.52, looks.DATA, gid=f"held:{label}:{x}")
            y += 1
    return y


def _references(ax: Axes, readings: Sequence[Reading], y: int) -> None:
    _name(ax, y, "references", looks.PLAIN)
    for x, reading in enumerate(readings):
        count = reading.references
        colour = looks.TEXT if count else looks.FURNITURE
        marks.text(ax, x + 0.5, y + 0.5, count, size=15, bold=True, color=colour,
                   gid=f"count:{count}")  # fmt: skip


def _packets(ax: Axes, of: Holders, y: int) -> None:
    _name(ax, y, f"{of.host} sent", looks.PLAIN)
    ax.plot([0, len(of.readings)], [y + 0.5] * 2, color=looks.FURNITURE, lw=1.2, zorder=1)
    for x, reading in enumerate(of.readings):
        sent = ("not seen",) if reading.sent is None else reading.sent
        words, strong = ", ".join(dict.fromkeys(sent)), bool(_ENDS & set(sent))
        if words:
            colour = looks.STRONG if strong else looks.PLAIN
            marks.text(ax, x + 0.5, y + 0.5, words, size=looks.LABEL, color=colour, bold=strong,
                       bbox=looks.patch(), gid=f"sent:{words}")  # fmt: skip


def _states(ax: Axes, host: str, states: Sequence[str], y: int) -> None:
    _name(ax, y, f"state, {host}", looks.PLAIN)
    for x, state in enumerate(states):
        if state == GONE:
            continue
        marks.box(ax, x, y + 0.12, 1.0, 0.76, looks.state_colour(state), gid=f"state:{state}")
        if x == 0 or states[x - 1] != state:
            marks.text(ax, x + 0.5, y + 0.5, state, size=looks.SMALL)
