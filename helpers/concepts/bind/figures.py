"""Draws who reaches a listener: grids of places by places, and the addresses of single SYNs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from helpers.concepts.bind.reachability import Door, Envelope
from helpers.concepts.bind.sharing import Neighbours
from helpers.errors import LabError
from helpers.figures import looks

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_YES, _SIGN = "#79C7A6", "#0B5C43"
_GAP = 0.45
_FROM = {"server": "from the server itself", "client": "from another host, over the wire"}


def reach(doors: Sequence[Door], ax: Axes | None = None) -> Axes:
    """One row a bind address, one column a destination, grouped by the host that connects.

    A green cell is a connection that the listener accepted, a grey one was refused.
    """
    if not doors:
        raise LabError("there is nothing to draw: no listener was tried")
    columns = list(doors[0].got)
    at = _columns([host for host, _ in columns])
    ax = looks.canvas(ax, 2.1 + 0.86 * (at[-1] + 1), 1.15 + 0.42 * len(doors))
    with looks.lesson():
        for y, door in enumerate(doors):
            ax.text(-0.12, y, door.bound, ha="right", va="center", size=10.5)
            for x, attempt in zip(at, columns, strict=True):
                _cell(ax, x, y, door.lets_in(*attempt), f"{door.bound}:{':'.join(attempt)}")
        _heads(ax, columns, at)
        _frame(ax, at[-1] + 1, len(doors), "bound to")
    return ax


def neighbours(pairs: Sequence[Neighbours], ax: Axes | None = None) -> Axes:
    """One row for the address that listens already, one column for that of a second listener."""
    if not pairs:
        raise LabError("there is nothing to draw: no pair was tried")
    places = list(dict.fromkeys(p.first for p in pairs))
    ax = looks.canvas(ax, 2.1 + 0.92 * len(places), 1.15 + 0.42 * len(places))
    with looks.lesson():
        for pair in pairs:
            x, y = places.index(pair.second), places.index(pair.first)
            _cell(ax, x, y, pair.side_by_side, f"{pair.first}:{pair.second}")
        for n, place in enumerate(places):
            ax.text(-0.12, n, place, ha="right", va="center", size=10.5)
            ax.text(n + 0.5, -0.72, place, ha="center", size=9.5)
        title = "a second listener, on the same port"
        ax.text(len(places) / 2, -1.3, title, ha="center", size=10, color=looks.PLAIN)
        _frame(ax, len(places), len(places), "listens already")
    return ax


def _columns(hosts: Sequence[str]) -> list[float]:
    """Where each column begins: a gap stands between two hosts."""
    order = list(dict.fromkeys(hosts))
    return [n + _GAP * order.index(host) for n, host in enumerate(hosts)]


def _cell(ax: Axes, x: float, y: int, good: bool, name: str) -> None:
    from matplotlib.patches import Rectangle

    gid = f"cell:{name}:{'yes' if good else 'no'}"
    colour = _YES if good else looks.FAINT
    ax.add_patch(Rectangle((x + 0.03, y - 0.44), 0.94, 0.88, color=colour, lw=0, gid=gid))
    sign, shade, size = ("✓", _SIGN, 13) if good else ("×", looks.PLAIN, 11)
    ax.text(x + 0.5, y, sign, ha="center", va="center", size=size, color=shade)


def _heads(ax: Axes, columns: Sequence[tuple[str, str]], at: Sequence[float]) -> None:
    for x, (_, destination) in zip(at, columns, strict=True):
        ax.text(x + 0.5, -0.72, destination, ha="center", size=9.5)
    for host in dict.fromkeys(h for h, _ in columns):
        xs = [x for x, (h, _) in zip(at, columns, strict=True) if h == host]
        middle = (xs[0] + xs[-1] + 1) / 2
        words = f"{_FROM.get(host, f'from {host}')}, to"
        ax.text(middle, -1.3, words, ha="center", size=10, color=looks.PLAIN)


def _frame(ax: Axes, width: float, rows: int, title: str) -> None:
    ax.text(-0.12, -0.72, title, ha="right", size=10, color=looks.PLAIN)
    ax.set_xlim(-1.75, width + 0.1)
    ax.set_ylim(rows - 0.4, -1.8)
    ax.set_axis_off()
    ax.set_position((0.01, 0.01, 0.98, 0.98))


def envelopes(seen: Sequence[Envelope], ax: Axes | None = None) -> Axes:
    """Each SYN's two addresses as they stood in its header, the listener's, and the answer.

    Where destination and listener agree, both are drawn in the strong colour.
    """
    if not seen:
        raise LabError("there is nothing to draw: no packet was seen")
    ax = looks.canvas(ax, 8.8, 1.0 + 0.5 * len(seen))
    with looks.lesson():
        for y, envelope in enumerate(seen):
            _envelope(ax, y, envelope)
        heads = ("source", "destination", "bound to", "answer")
        for x, words in zip((0.9, 2.9, 5.4, 6.75), heads, strict=True):
            side = "left" if words == "answer" else "center"
            ax.text(x, -0.62, words, ha=side, size=10, color=looks.PLAIN)
        ax.text(1.9, -1.02, "in the SYN's header", ha="center", size=10, color=looks.PLAIN)
        ax.text(5.4, -1.02, "the listener", ha="center", size=10, color=looks.PLAIN)
        ax.set_xlim(-0.1, 8.6)
        ax.set_ylim(len(seen) - 0.45, -1.4)
        ax.set_axis_off()
        ax.set_position((0.01, 0.01, 0.98, 0.98))
    return ax


def _envelope(ax: Axes, y: int, seen: Envelope) -> None:
    same = seen.destination == seen.bound
    _field(ax, 0.0, y, seen.source, False)
    _field(ax, 2.0, y, seen.destination, same)
    _field(ax, 4.5, y, seen.bound, same)
    colour = looks.STRONG if same else looks.PLAIN
    sign = "=" if same else "≠"
    ax.text(4.15, y, sign, ha="center", va="center", size=15, color=colour, gid=f"sign:{y}:{sign}")
    words = f"{seen.answer}: let in" if seen.answer == "SYN+ACK" else f"{seen.answer}: refused"
    ax.text(6.75, y, words, va="center", size=11, color=looks.TEXT, gid=f"answer:{y}:{seen.answer}")


def _field(ax: Axes, x: float, y: int, words: str, strong: bool) -> None:
    from matplotlib.patches import Rectangle

    colour = looks.STRONG if strong else looks.FURNITURE
    box = Rectangle((x, y - 0.34), 1.8, 0.68, fc=looks.PAPER, ec=colour, lw=2 if strong else 1)
    ax.add_patch(box)
    shade = looks.STRONG if strong else looks.TEXT
    ax.text(x + 0.9, y, words, ha="center", va="center", size=11, color=shade)
