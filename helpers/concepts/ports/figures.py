"""Draws ports: where the kernel found them, and how far a few of them go."""

from __future__ import annotations

from collections.abc import Sequence

from helpers.concepts.ports.ephemeral import RANGES, Exhaustion, Ports
from helpers.figures import looks, marks
from helpers.figures.looks import Axes

_ROWS = (("bind", 1, "bind, odd"), ("bind", 0, "bind, even"),
         ("connect", 1, "connect, odd"), ("connect", 0, "connect, even"))  # fmt: skip
_TOP = 65536


def odd_and_even(found: Ports, ax: Axes | None = None) -> Axes:
    """Each port as a tick on the line from 0 to 65535: odd and even, for bind and for connect.

    Behind them stand the three ranges of RFC 6335; a bracket shows the host's ephemeral range.
    """
    with looks.picture(ax, 9.6, 3.1) as ax:
        ax.set(xlim=(-10500, _TOP + 5000), ylim=(4.8, -1.35))
        _bands(ax)
        for y, (call, parity, words) in enumerate(_ROWS):
            chosen = found.bind if call == "bind" else found.connect
            mine = [port for port in chosen if port % 2 == parity]
            colour = looks.STRONG if mine else looks.PLAIN
            ax.vlines(mine, y - 0.36, y + 0.36, color=looks.STRONG, lw=0.5, gid=f"{call}:{parity}")
            marks.text(ax, -900, y, words, "right", size=looks.SMALL, color=looks.TEXT)
            marks.text(ax, _TOP + 900, y, len(mine), "left", color=colour)
        _bracket(ax, found.low, found.high)
        _limit(ax, found.free)
    return ax


def _bands(ax: Axes) -> None:
    for n, (name, (low, high)) in enumerate(RANGES.items()):
        shade = (looks.FURNITURE, "#F6F7F8", looks.FAINT)[n]
        marks.box(ax, low, -0.5, high - low, 4.2, shade, gid=f"band:{name}")
        at, side = ((low + high) / 2, "center") if n else (-300, "left")
        words = f"{name}\n{low} to {high}"
        marks.text(ax, at, -0.62, words, side, va="bottom", size=looks.SMALL, color=looks.PLAIN,
                   linespacing=1.1)  # fmt: skip


def _bracket(ax: Axes, low: int, high: int) -> None:
    ax.plot([low, low, high, high], [3.78, 4.02, 4.02, 3.78], color=looks.TEXT, lw=1.2)
    _below(ax, (low + high) / 2, f"this host's ephemeral range, {low} to {high}", "center")


def _limit(ax: Axes, free: int) -> None:
    """Where ports begin that anybody may bind."""
    ax.plot([free, free], [-0.5, 4.02], color=looks.TEXT, lw=1.2, gid=f"limit:{free}")
    _below(ax, free - 300, f"below {free}: a privilege" if free else "no port needs a privilege")


def _below(ax: Axes, x: float, words: str, ha: str = "left") -> None:
    marks.text(ax, x, 4.55, words, ha, va="baseline", size=looks.SMALL, color=looks.TEXT)


def exhaustion(found: Sequence[Exhaustion], ax: Axes | None = None) -> Axes:
    """One panel a way of using ports up: a dot for each socket, stacked on its port.

    The errno under each panel is what the next socket got.
    """
    looks.need(found, "no way was tried")
    every = sorted({port for way in found for port in way.ports})
    height = max(way.ports.count(p) for way in found for p in every)
    space = max(1.6, 0.25 * len(every))
    gap = len(every) + space
    width = max(9.6, 2.4 * len(found))
    size = min(11.0, 0.7 * 72 * width / (len(found) * gap))
    left = -0.5 - space / 2
    with looks.picture(ax, width, 2.1 + 0.34 * height) as ax:
        ax.set(xlim=(left, left + len(found) * gap), ylim=(-2.3, height + 1.3))
        for n, way in enumerate(found):
            _panel(ax, n * gap, way, every, size)
    return ax


def _panel(ax: Axes, x: float, way: Exhaustion, every: Sequence[int], size: float) -> None:
    """``size`` is a dot's, in points. Of many ports only the ends are named."""
    middle = x + (len(every) - 1) / 2
    for n, port in enumerate(every):
        count = way.ports.count(port)
        dots = [k + 0.5 for k in range(count)]
        ax.plot([x + n] * count, dots, "o", ms=size, color=looks.STRONG, gid=f"{way.name}:{port}")
        if len(every) <= 4 or port in (every[0], every[-1]):
            marks.text(ax, x + n, -0.42, port, va="baseline", size=7.5, color=looks.PLAIN)
    ax.plot([x - 0.5, x + len(every) - 0.5], [0, 0], color=looks.FURNITURE, lw=1.5)
    sockets = "socket" if len(way.ports) == 1 else "sockets"
    words = f"{len(way.ports)} {sockets}, then\n{way.error}"
    marks.text(ax, middle, -0.95, words, va="top", size=looks.SMALL, color=looks.TEXT)
    top = max(way.ports.count(p) for p in every) + 0.35
    marks.text(ax, middle, top, way.name.replace(", ", "\n", 1), va="bottom", size=looks.SMALL,
               color=looks.TEXT, linespacing=1.15)  # fmt: skip
