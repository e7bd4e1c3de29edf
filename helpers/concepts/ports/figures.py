"""Draws ports: where the kernel found them, and how far a few of them go."""

from __future__ import annotations

from collections.abc import Sequence

from helpers.concepts.ports.ephemeral import RANGES, Exhaustion, Ports
from helpers.figures import looks, marks, telling
from helpers.figures.looks import Axes

_ROWS = (("bind", 1), ("bind", 0), ("connect", 1), ("connect", 0))
_NAMES = {"bind": "bind to port 0", "connect": "connect"}
_HALF = 0.9  # of a call's ports: more than this are one half of the range's, and not chance
_PARITY = ("even", "odd")
_TOP = 65536
# Heights of the four rows; those of one call are near each other.
_HEIGHTS = (0.0, 1.0, 2.4, 3.4)
_LOW, _FOOT = -0.55, 3.95  # the bands' upper and lower edge


def odd_and_even(found: Ports, ax: Axes | None = None, *, title: str = "") -> Axes:
    """Each port as a tick on the line from 0 to 65535: odd and even, for bind and for connect.

    Behind them stand the three ranges of RFC 6335; a bracket shows the host's ephemeral range.
    """
    title = title or _halves(found)
    with looks.picture(ax, 9.3, 3.7, margin=0, title=title, alt=_odd_told(found)) as ax:
        ax.set(xlim=(-16200, _TOP + 6800), ylim=(5.75, -1.75))
        _bands(ax)
        for y, (call, parity) in zip(_HEIGHTS, _ROWS, strict=True):
            mine = _ports(found, call, parity)
            ax.vlines(mine, y - 0.4, y + 0.4, color=looks.DATA, lw=0.6, gid=f"{call}:{parity}")
            marks.text(ax, -900, y, _PARITY[parity], "right", size=looks.SMALL, color=looks.TEXT)
            colour, gid = looks.TEXT if mine else looks.PLAIN, f"count:{call}:{parity}"
            marks.text(
                ax, _TOP + 1000, y, len(mine), "left", bold=bool(mine), color=colour, gid=gid
            )
        for call, y in (("bind", 0.5), ("connect", 2.9)):
            words = _NAMES[call].replace(" ", "\n", 1)
            marks.text(ax, -6200, y, words, "right", bold=True, color=looks.TEXT, linespacing=1.15)
        _bracket(ax, found.low, found.high)
        _limit(ax, found.free)
    return ax


def _ports(found: Ports, call: str, parity: int) -> list[int]:
    chosen = found.bind if call == "bind" else found.connect
    return [port for port in chosen if port % 2 == parity]


def _halves(found: Ports) -> str:
    """What the picture shows, if each call was given its own half of the range."""
    halves = [
        parity for call in ("bind", "connect") for parity in (0, 1)
        if found.share(call, parity) > _HALF
    ]  # fmt: skip
    if len(set(halves)) == 2:
        return f"bind takes {_PARITY[halves[0]]} ports, connect takes {_PARITY[halves[1]]} ones"
    return "Which ports the kernel chose, odd ones and even ones"


def _odd_told(found: Ports) -> str:
    rows = []
    for call in ("bind", "connect"):
        odd, even = (len(_ports(found, call, parity)) for parity in (1, 0))
        rows.append(f"for {_NAMES[call]}, {odd} odd and {even} even ones")
    edge = f"below {found.free} a port needs a privilege" if found.free else "no port is privileged"
    ranges = [f"{name} {low} to {high}" for name, (low, high) in RANGES.items()]
    return (
        f"All ports on a line, a tick for each that the kernel chose: {'; '.join(rows)}. "
        f"This host chooses from {found.low} to {found.high}, and {edge}. The standard's ranges "
        f"stand behind: {telling.listed(ranges)}."
    )


def _bands(ax: Axes) -> None:
    for n, (name, (low, high)) in enumerate(RANGES.items()):
        shade = (looks.FURNITURE, "#F6F7F8", looks.FAINT)[n]
        marks.box(ax, low, _LOW, high - low, _FOOT - _LOW, shade, gid=f"band:{name}")
        at, side = ((low + high) / 2, "center") if n else (-300, "left")
        words = f"{name}\n{low} to {high}"
        marks.text(ax, at, _LOW - 0.12, words, side, va="bottom", size=looks.SMALL,
                   color=looks.PLAIN, linespacing=1.15)  # fmt: skip


def _bracket(ax: Axes, low: int, high: int) -> None:
    ys = [_FOOT + 0.1, _FOOT + 0.4, _FOOT + 0.4, _FOOT + 0.1]
    ax.plot([low, low, high, high], ys, color=looks.TEXT, lw=1.6, gid=f"range:{low}:{high}")
    _below(ax, (low + high) / 2, f"this host's ephemeral range\n{low} to {high}", "center")


def _limit(ax: Axes, free: int) -> None:
    """Where ports begin that anybody may bind."""
    ys = [_LOW, _FOOT + 0.4]
    ax.plot([free, free], ys, color=looks.TEXT, lw=1.6, gid=f"limit:{free}")
    words = f"below {free}:\na privilege" if free else "no port needs\na privilege"
    _below(ax, free - 300, words)


def _below(ax: Axes, x: float, words: str, ha: str = "left") -> None:
    marks.text(ax, x, _FOOT + 0.5, words, ha, va="top", size=looks.SMALL, color=looks.TEXT,
               linespacing=1.15)  # fmt: skip


# In inches: the words at the left and at the right, what all columns of ports may take together,
# the least height of a row, and the room for a dot.
_WAY, _THEN, _PORTS, _ROW, _DOT = 2.55, 2.1, 4.3, 0.66, 0.25
_NUMBER = 0.56  # a port's number, at the least size that is read from afar


def exhaustion(found: Sequence[Exhaustion], ax: Axes | None = None, *, title: str = "") -> Axes:
    """A row for each way of using ports up: a dot for each socket, stacked on its port.

    At the right stands the errno that the next socket got. All rows have the same ports. Of so many
    ports that their numbers would collide, only the ends are named.
    """
    looks.need(found, "no way was tried")
    every = sorted({port for way in found for port in way.ports})
    most = max(way.ports.count(port) for way in found for port in every)
    title = title or _claim(most)
    column = min(0.85, _PORTS / len(every))
    dot = min(_DOT, 0.9 * column)
    rows = [max(_ROW, 0.3 + dot * max(way.ports.count(p) for p in every)) for way in found]
    width, high = _WAY + column * len(every) + 0.25 + _THEN, 0.38 + sum(rows)
    with looks.picture(ax, width, high, margin=0, title=title, alt=_exhaustion_told(found)) as ax:
        ax.set(xlim=(-_WAY, width - _WAY), ylim=(high, 0))
        named = every if column >= _NUMBER else [every[0], every[-1]]
        marks.head(ax, -0.3, 0.26, "local port", "right")
        for port in named:
            marks.head(ax, _place(every, port, column), 0.26, port)
        foot = 0.38
        for way, row in zip(found, rows, strict=True):
            foot += row
            _row(ax, foot - 0.14, row, way, every, column, dot)
    return ax


def _claim(most: int) -> str:
    if most > 1:
        return f"A port carries {most} connections if each leads to another server"
    return "Each port is used once, and then none is left"


def _place(every: Sequence[int], port: int, column: float) -> float:
    return (every.index(port) + 0.5) * column


def _row(
    ax: Axes, foot: float, row: float, way: Exhaustion, every: Sequence[int], column: float,
    dot: float,
) -> None:  # fmt: skip
    """Dots stand on the line at ``foot``; the words stand in the middle of the row."""
    for port in every:
        count = way.ports.count(port)
        ys = [foot - (k + 0.62) * dot for k in range(count)]
        xs = [_place(every, port, column)] * count
        ax.plot(xs, ys, "o", ms=0.7 * dot * 72, color=looks.DATA, gid=f"{way.name}:{port}")
    right = column * len(every)
    ax.plot([0, right], [foot, foot], color=looks.FURNITURE, lw=1.5)
    middle = foot - (row - 0.28) / 2
    marks.text(ax, -0.3, middle, way.name.replace(", ", ",\n", 1), "right", color=looks.TEXT,
               linespacing=1.15)  # fmt: skip
    sockets = "socket" if len(way.ports) == 1 else "sockets"
    words = f"{len(way.ports)} {sockets}, then"
    marks.text(ax, right + 0.25, middle - 0.11, words, "left", color=looks.TEXT)
    marks.text(ax, right + 0.25, middle + 0.13, way.error, "left", bold=True, color=looks.FAILS)


def _exhaustion_told(found: Sequence[Exhaustion]) -> str:
    rows = [
        f"{way.name}: {len(way.ports)} on {len(set(way.ports))} ports, then {way.error}"
        for way in found
    ]
    return f"A dot for each socket, stacked on its port, in {len(found)} rows. {'; '.join(rows)}."
