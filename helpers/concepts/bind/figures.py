"""Draws who reaches a listener: grids of places by places, and the addresses of single SYNs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from helpers.concepts.bind.reachability import Door, Envelope
from helpers.concepts.bind.sharing import Neighbours
from helpers.figures import looks, marks
from helpers.figures.looks import Axes

_GAP = 0.45
_HEADS, _LABELS, _EDGE = -1.3, -0.72, -0.12  # where the headings stand, and the names of rows end
_FROM = {"server": "from the server itself", "client": "from another host, over the wire"}


def reach(doors: Sequence[Door], ax: Axes | None = None) -> Axes:
    """One row a bind address, one column a destination, grouped by the host that connects.

    A green cell is a connection that the listener accepted, a grey one was refused.
    """
    looks.need(doors, "no listener was tried")
    columns = list(doors[0].got)
    at = _columns([host for host, _ in columns])
    with _grid(ax, 0.86, [door.bound for door in doors], at[-1] + 1, "bound to") as ax:
        for y, door in enumerate(doors):
            for x, attempt in zip(at, columns, strict=True):
                _cell(ax, x, y, door.lets_in(*attempt), f"{door.bound}:{':'.join(attempt)}")
        _heads(ax, columns, at)
    return ax


def neighbours(pairs: Sequence[Neighbours], ax: Axes | None = None) -> Axes:
    """One row for the address that listens already, one column for that of a second listener."""
    looks.need(pairs, "no pair was tried")
    places = list(dict.fromkeys(p.first for p in pairs))
    with _grid(ax, 0.92, places, len(places), "listens already") as ax:
        for pair in pairs:
            x, y = places.index(pair.second), places.index(pair.first)
            _cell(ax, x, y, pair.side_by_side, f"{pair.first}:{pair.second}")
        for n, place in enumerate(places):
            marks.text(ax, n + 0.5, _LABELS, place, va="baseline", size=looks.SMALL)
        marks.head(ax, len(places) / 2, _HEADS, "a second listener, on the same port")
    return ax


@contextmanager
def _grid(
    ax: Axes | None, inches: float, names: Sequence[str], width: float, title: str
) -> Iterator[Axes]:
    """A picture with a named row for each of ``names``, and columns so many inches wide."""
    with looks.picture(ax, 2.1 + inches * width, 1.15 + 0.42 * len(names)) as ax:
        ax.set(xlim=(-1.75, width + 0.1), ylim=(len(names) - 0.4, -1.8))
        marks.head(ax, _EDGE, _LABELS, title, "right")
        for y, name in enumerate(names):
            marks.text(ax, _EDGE, y, name, "right")
        yield ax


def _columns(hosts: Sequence[str]) -> list[float]:
    """Where each column begins: a gap stands between two hosts."""
    order = list(dict.fromkeys(hosts))
    return [n + _GAP * order.index(host) for n, host in enumerate(hosts)]


def _cell(ax: Axes, x: float, y: int, good: bool, name: str) -> None:
    gid = f"cell:{name}:{'yes' if good else 'no'}"
    marks.box(ax, x + 0.03, y - 0.44, 0.94, 0.88, looks.GOOD if good else looks.FAINT, gid=gid)
    sign, shade, size = ("✓", looks.TICK, 13) if good else ("×", looks.PLAIN, 11)
    marks.text(ax, x + 0.5, y, sign, size=size, color=shade)


def _heads(ax: Axes, columns: Sequence[tuple[str, str]], at: Sequence[float]) -> None:
    for x, (_, destination) in zip(at, columns, strict=True):
        marks.text(ax, x + 0.5, _LABELS, destination, va="baseline", size=looks.SMALL)
    for host in dict.fromkeys(h for h, _ in columns):
        xs = [x for x, (h, _) in zip(at, columns, strict=True) if h == host]
        words = f"{_FROM.get(host, f'from {host}')}, to"
        marks.head(ax, (xs[0] + xs[-1] + 1) / 2, _HEADS, words)


def envelopes(seen: Sequence[Envelope], ax: Axes | None = None) -> Axes:
    """Each SYN's two addresses as they stood in its header, the listener's, and the answer.

    Where destination and listener agree, both are drawn in the strong colour.
    """
    looks.need(seen, "no packet was seen")
    with looks.picture(ax, 8.8, 1.0 + 0.5 * len(seen)) as ax:
        ax.set(xlim=(-0.1, 8.6), ylim=(len(seen) - 0.45, -1.4))
        for y, envelope in enumerate(seen):
            _envelope(ax, y, envelope)
        for x, words in ((0.9, "source"), (2.9, "destination"), (5.4, "bound to")):
            marks.head(ax, x, -0.62, words)
        marks.head(ax, 6.75, -0.62, "answer", "left")
        marks.head(ax, 1.9, -1.02, "in the SYN's header")
        marks.head(ax, 5.4, -1.02, "the listener")
    return ax


def _envelope(ax: Axes, y: int, seen: Envelope) -> None:
    same = seen.destination == seen.bound
    fields = (0.0, seen.source, False), (2.0, seen.destination, same), (4.5, seen.bound, same)
    for x, address, strong in fields:
        edge, lw = (looks.STRONG, 2) if strong else (looks.FURNITURE, 1)
        marks.box(ax, x, y - 0.34, 1.8, 0.68, looks.PAPER, edge=edge, lw=lw)
        shade = looks.STRONG if strong else looks.TEXT
        marks.text(ax, x + 0.9, y, address, size=looks.LABEL, color=shade)
    sign, colour = ("=", looks.STRONG) if same else ("≠", looks.PLAIN)
    marks.text(ax, 4.15, y, sign, size=15, color=colour, gid=f"sign:{y}:{sign}")
    words = f"{seen.answer}: {'let in' if seen.answer == 'SYN+ACK' else 'refused'}"
    gid = f"answer:{y}:{seen.answer}"
    marks.text(ax, 6.75, y, words, "left", size=looks.LABEL, color=looks.TEXT, gid=gid)
