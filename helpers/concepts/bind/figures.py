"""Draws who reaches a listener: grids of places by places, and the addresses of single SYNs.

Units of all pictures are inches, from the upper left corner.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise

from helpers.concepts.bind.reachability import Door, Envelope, is_six
from helpers.concepts.bind.sharing import Neighbours
from helpers.figures import looks, marks
from helpers.figures.looks import Axes
from helpers.figures.telling import listed

# Of the grids: where names of rows end and cells begin, the heading, and the names of columns.
_EDGE, _CELLS, _HEAD, _NAMES, _LINE = 1.66, 1.8, 0.2, 0.5, 0.2
_ROW, _GAP = 0.47, 0.22  # from row to row; what stands between two groups of rows or columns
_WIDEST, _RIGHT = 1.5, 0.05  # a column; the margin
_FROM = {"server": "from the server itself", "client": "from another host"}
# Of the envelopes: the SYN and its fields, the sign, the listener's address, the answer; in y the
# first one, and from one to the next.
_SYN, _SOURCE, _TO, _SIGN, _BOUND, _ANSWER = 0.05, 1.1, 2.15, 4.53, 4.88, 7.05
_FIELD, _HIGH, _FIRST, _NEXT = 1.9, 0.38, 0.66, 0.62


@dataclass(frozen=True)
class _Grid:
    """Where each row and each column begins, and how wide a column is."""

    ax: Axes
    rows: list[float]
    columns: list[float]
    wide: float

    def cell(self, row: int, column: int, good: bool, name: str) -> None:
        x, y = self.columns[column], self.rows[row]
        gid = f"{name}:{'yes' if good else 'no'}"
        fill = looks.GOOD if good else looks.FAINT
        box = x + 0.025, y + 0.025, self.wide - 0.05, _ROW - 0.05
        marks.box(self.ax, *box, fill, gid=f"cell:{gid}")
        sign, shade, size = ("✓", looks.TICK, looks.TITLE) if good else ("✗", looks.PLAIN, 12)
        marks.text(self.ax, x + self.wide / 2, y + _ROW / 2, sign, size=size, color=shade,
                   bold=good, gid=f"sign:{gid}")  # fmt: skip

    def head(self, first: int, last: int, words: str) -> None:
        """Over the columns from the first to the last one, both included."""
        middle = (self.columns[first] + self.columns[last] + self.wide) / 2
        marks.head(self.ax, middle, _HEAD, words)


def reach(
    doors: Sequence[Door],
    ax: Axes | None = None,
    *,
    title: str = "A listener answers for the address that it is bound to",
) -> Axes:
    """One row a bind address, one column a destination, grouped by the host that connects.

    A green cell with a tick is a connection that the listener accepted; a cross was refused.
    """
    looks.need(doors, "no listener was tried")
    rows, columns = [door.bound for door in doors], list(doors[0].got)
    hosts = [host for host, _ in columns]
    places = [place for _, place in columns]
    with _grid(ax, rows, places, hosts, "bound to", title, _told_doors(doors)) as grid:
        for host in dict.fromkeys(hosts):
            found = [n for n, each in enumerate(hosts) if each == host]
            grid.head(found[0], found[-1], f"{_asked(host)} for")
        for y, door in enumerate(doors):
            for x, attempt in enumerate(columns):
                grid.cell(y, x, door.lets_in(*attempt), f"{door.bound}:{':'.join(attempt)}")
    return grid.ax


def _asked(host: str) -> str:
    return f"asked {_FROM.get(host, f'from {host}')}"


def _told_doors(doors: Sequence[Door]) -> str:
    told = []
    for host in dict.fromkeys(host for host, _ in doors[0].got):
        into = [
            f"a listener on {door.bound} answers for "
            + (listed([to for h, to in door.got if h == host and door.lets_in(h, to)]) or "nothing")
            for door in doors
        ]
        told.append(f"When {_asked(host)}, {'; '.join(into)}.")
    return " ".join(told)


def neighbours(
    pairs: Sequence[Neighbours],
    ax: Axes | None = None,
    *,
    title: str = "Two can listen where no packet could belong to both",
) -> Axes:
    """One row for the address that listens already, one column for that of a second listener."""
    looks.need(pairs, "no pair was tried")
    places = list(dict.fromkeys(p.first for p in pairs))
    same = [""] * len(places)
    with _grid(ax, places, places, same, "listens already", title, _told_pairs(pairs)) as grid:
        grid.head(0, len(places) - 1, "a second one on the same port, at")
        for pair in pairs:
            y, x = places.index(pair.first), places.index(pair.second)
            grid.cell(y, x, pair.side_by_side, f"{pair.first}:{pair.second}")
    return grid.ax


def _told_pairs(pairs: Sequence[Neighbours]) -> str:
    told = []
    for first in dict.fromkeys(pair.first for pair in pairs):
        beside = [p.second for p in pairs if p.first == first and p.side_by_side]
        told.append(f"beside {first} can stand {listed(beside) or 'nothing'}")
    return f"On the port of another listener: {'; '.join(told)}."


@contextmanager
def _grid(
    ax: Axes | None, rows: Sequence[str], columns: Sequence[str], hosts: Sequence[str],
    corner: str, title: str, alt: str,
) -> Iterator[_Grid]:  # fmt: skip
    """A picture with a named row and column for each place; IPv4 and IPv6 stand apart, and so do
    the columns of different ``hosts``."""
    words = [name.replace(" IPv6", "\nIPv6") for name in columns]
    more = _LINE * max(name.count("\n") for name in words)
    groups = list(zip(hosts, map(is_six, columns), strict=True))
    gaps = _GAP * sum(one != two for one, two in pairwise(groups))
    wide = min(_WIDEST, (looks.WIDE - _CELLS - _RIGHT - gaps) / len(columns))
    xs = _begin(_CELLS, wide, groups)
    ys = _begin(_NAMES + more + 0.12, _ROW, [is_six(name) for name in rows])
    size = xs[-1] + wide + _RIGHT, ys[-1] + _ROW + _RIGHT
    with looks.picture(ax, *size, margin=0, title=title, alt=alt) as ax:
        ax.set(xlim=(0, size[0]), ylim=(size[1], 0))
        marks.head(ax, _EDGE, _NAMES + more, corner, "right")
        for y, name in zip(ys, rows, strict=True):
            marks.text(ax, _EDGE, y + _ROW / 2, name, "right", color=looks.TEXT, gid="row")
        for x, name in zip(xs, words, strict=True):
            marks.text(ax, x + wide / 2, _NAMES + more, name, va="baseline", color=looks.TEXT,
                       gid="column")  # fmt: skip
        yield _Grid(ax, ys, xs, wide)


def _begin(first: float, step: float, groups: Sequence[object]) -> list[float]:
    """Where each one begins: a gap stands where another group begins."""
    found = [first]
    for one, two in pairwise(groups):
        found.append(found[-1] + step + (_GAP if one != two else 0.0))
    return found


def envelopes(
    seen: Sequence[Envelope],
    ax: Axes | None = None,
    *,
    title: str = "The SYN's destination decides, and its source does not",
) -> Axes:
    """Each SYN's two addresses as they stood in its header, the listener's, and the answer.

    Where destination and listener agree, both are filled.
    """
    looks.need(seen, "no packet was seen")
    high = _FIRST + _NEXT * len(seen)
    told = [f"from {e.source} to {e.destination}, bound to {e.bound}: {e.answer}" for e in seen]
    alt = f"SYNs, the addresses in them, and their answers: {'; '.join(told)}."
    with looks.picture(ax, looks.WIDE, high, margin=0, title=title, alt=alt) as ax:
        ax.set(xlim=(0, looks.WIDE), ylim=(high, 0))
        marks.head(ax, (_SYN + _TO + _FIELD + 0.1) / 2, 0.2, "the SYN")
        marks.head(ax, _BOUND + _FIELD / 2, 0.2, "the listener")
        marks.head(ax, _SOURCE, 0.48, "source")
        marks.head(ax, _TO + _FIELD / 2, 0.48, "destination")
        marks.head(ax, _BOUND + _FIELD / 2, 0.48, "bound to")
        marks.head(ax, _ANSWER, 0.48, "the answer", "left")
        for n, each in enumerate(seen):
            _envelope(ax, n, _FIRST + _NEXT * (n + 0.4), each)
    return ax


def _envelope(ax: Axes, n: int, y: float, seen: Envelope) -> None:
    same, let_in = seen.destination == seen.bound, seen.answer == "SYN+ACK"
    marks.box(ax, _SYN, y - 0.25, _TO + _FIELD + 0.1 - _SYN, 0.5, looks.PAPER,
              edge=looks.FURNITURE, lw=1.2)  # fmt: skip
    marks.text(ax, _SOURCE, y, seen.source, color=looks.PLAIN, gid=f"source:{n}")
    fill, edge = (looks.GOOD, looks.TICK) if same else (looks.PAPER, looks.PLAIN)
    for x, address, name in ((_TO, seen.destination, "destination"), (_BOUND, seen.bound, "bound")):
        at = x, y - _HIGH / 2
        marks.box(ax, *at, _FIELD, _HIGH, fill, edge=edge, lw=1.4, gid=f"box:{name}:{n}")
        marks.text(ax, x + _FIELD / 2, y, address, color=looks.TEXT, bold=same, gid=f"{name}:{n}")
    sign, shade = ("=", looks.TICK) if same else ("≠", looks.PLAIN)
    marks.text(ax, _SIGN, y, sign, size=18, color=shade, bold=same, gid=f"sign:{n}:{sign}")
    mark, words, shade = ("✓", "let in", looks.TICK) if let_in else ("✗", "refused", looks.FAILS)
    marks.text(ax, _ANSWER, y, mark, "left", size=looks.TITLE, color=shade, bold=True)
    marks.text(ax, _ANSWER + 0.28, y, f"{seen.answer}: {words}", "left", color=shade,
               gid=f"answer:{n}:{seen.answer}")  # fmt: skip
