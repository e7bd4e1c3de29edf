"""Draws the packets of a ladder: arrows, dots for those that wait, crosses for those that died."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from helpers.figures import looks, marks
from helpers.figures.layout import Layout
from helpers.figures.looks import Axes
from helpers.record.trace import PacketRecord, Trace

# A label's middle, and half its width: x, row, x.
Label = tuple[float, float, float]
SIZE = looks.LABEL
_LETTER = 0.62 * SIZE / 72  # inches, on average, of bold DejaVu Sans
_EDGE, _STUB = 0.02, 0.45
_SHARES = tuple(0.32 + sign * n * 0.055 for n in range(9) for sign in (1, -1))
_ENOUGH = 0.27  # inches from one label's middle to the next one's
_STAGGER = (0.0, -0.1, 0.1, -0.2, 0.2, -0.3, 0.3)


@dataclass(frozen=True, slots=True)
class Line:
    """Where one packet's line begins and ends; ``bottom`` is None while it is on the wire.

    ``wait`` is where it stands, or died, if it did not pass: never on another host's rail.
    """

    packet: PacketRecord
    x0: float
    x1: float
    top: float
    bottom: float | None
    wait: float

    @property
    def passes(self) -> bool:
        """Whether it arrived, and without a stay."""
        return self.bottom is not None and not self.packet.waited and self.packet.lost is None

    @property
    def stop(self) -> float:
        """The height at which it stands or died."""
        end = math.inf if self.bottom is None or self.packet.lost is not None else self.bottom
        return min(self.top + _STUB, (self.top + end) / 2)

    @property
    def leg(self) -> tuple[float, float, float, float]:
        """The part that carries the label: all of it, or as far as it went at first."""
        if self.bottom is not None and self.passes:
            return self.x0, self.top, self.x1, self.bottom
        return self.x0, self.top, self.wait, self.stop


def draw_packets(
    ax: Axes, trace: Trace, layout: Layout, rails: dict[str, float], taken: Sequence[Label] = ()
) -> None:
    """Draw every packet of the trace, each exactly once; labels keep off those in ``taken``."""
    tops: dict[int, float] = {}
    ends: dict[int, float] = {}
    for event, y in zip(trace.events, layout.heights, strict=True):
        if isinstance(event.record, PacketRecord):
            (tops if event.kind == "sent" else ends)[id(event.record)] = y
    placed, stays = list(taken), list[Line]()
    for record in trace.packets:
        line = _line(record, rails, tops.get(id(record)), ends.get(id(record)), stays)
        stays += [] if line.passes else [line]
        _draw(ax, line, placed)


def _line(
    record: PacketRecord,
    rails: dict[str, float],
    top: float | None,
    end: float | None,
    stays: Sequence[Line] = (),
) -> Line:
    """A packet whose sending lies before the trace begins at its upper edge."""
    goal = rails.get(record.destination)
    start = rails.get(record.origin)
    if goal is None:
        goal = (start or 0.0) + (1.0 if (start or 0.0) < max(rails.values()) else -1.0)
    if start is None:
        start = goal - 0.5 if goal > 0 else goal + 0.5
    side = 1.0 if goal >= start else -1.0
    begin = top if top is not None else (end or 0.0) - 1.1
    x0, x1 = start + side * _EDGE, goal - side * _EDGE
    line = Line(record, x0, x1, begin, end, _middle(start, goal))
    return line if line.passes else _beside(line, stays)


def _middle(start: float, goal: float) -> float:
    """Half way to the next rail: a dot on somebody else's rail would look like an arrival."""
    side = 1.0 if goal >= start else -1.0
    following = math.floor(start) + 1.0 if side > 0 else math.ceil(start) - 1.0
    near = min(goal, following) if side > 0 else max(goal, following)
    return (start + near) / 2


def _beside(line: Line, stays: Sequence[Line]) -> Line:
    """The same line with a place to stand where no other packet stands at that time."""
    wanted = [line.wait + shift * (1 if line.x1 > line.x0 else -1) for shift in _STAGGER]
    meanwhile = [s.wait for s in stays if _lasts(s) > line.top and s.top < _lasts(line)]
    free = (x for x in wanted if all(abs(x - other) > 0.04 for other in meanwhile))
    return replace(line, wait=next(free, line.wait))


def _lasts(line: Line) -> float:
    gone = line.bottom is None or line.packet.lost is not None
    return line.stop + 0.5 if gone else line.bottom or 0.0


def _draw(ax: Axes, line: Line, placed: list[Label]) -> None:
    colour = _colour(line.packet)
    if line.packet.injected:
        _origin(ax, line, colour)
    if line.bottom is not None and line.packet.delivered is not None:
        _arrow(ax, line, line.bottom)
    else:
        folded = line.packet.verdict == "folded"
        _path(ax, line, [line.x0, line.wait], [line.top, line.stop])
        _mark(ax, line, "held" if line.bottom is None else "folded" if folded else "lost")
    _label(ax, line, colour, placed)


def _origin(ax: Axes, line: Line, colour: str) -> None:
    """An injected packet begins on the wire: no host has sent it."""
    ax.plot([line.x0], [line.top], "o", mfc=looks.PAPER, mec=colour, ms=7, zorder=6)
    side = "right" if line.x1 > line.x0 else "left"
    away = -0.03 if side == "right" else 0.03
    words = f"injected, from\n{line.packet.source}"
    marks.text(ax, line.x0 + away, line.top, words, side, size=looks.SMALL, color=looks.PLAIN,
               halo=looks.HALO, gid="injected", zorder=7)  # fmt: skip


def _arrow(ax: Axes, line: Line, bottom: float) -> None:
    """A straight line if the packet passed; with a stay at the dot if it was held."""
    if line.passes:
        _path(ax, line, [line.x0, line.x1], [line.top, bottom])
        _head(ax, line, (line.x0, line.top), bottom)
        return
    go = max(line.stop, bottom - _STUB)
    _path(ax, line, [line.x0, line.wait, line.wait, line.x1], [line.top, line.stop, go, bottom])
    _mark(ax, line, "waited")
    _head(ax, line, (line.wait, go), bottom)


def _path(ax: Axes, line: Line, xs: list[float], ys: list[float]) -> None:
    ax.plot(
        xs, ys, color=_colour(line.packet), lw=_weight(line.packet), zorder=5,
        solid_capstyle="round", gid=f"packet:{line.packet.number}",
    )  # fmt: skip


def _mark(ax: Axes, line: Line, fate: str) -> None:
    """A dot where it stands or stood, hollow for a copy that was folded; a cross for a loss."""
    shape, size, width = ("x", 10, 3) if fate == "lost" else ("o", 7, 1)
    colour = _colour(line.packet)
    ax.plot([line.wait], [line.stop], shape, color=colour, ms=size, mew=width, zorder=7, gid=fate,
            mfc=looks.PAPER if fate == "folded" else colour)  # fmt: skip


def _head(ax: Axes, line: Line, start: tuple[float, float], bottom: float) -> None:
    from matplotlib.patches import FancyArrowPatch

    ax.add_patch(
        FancyArrowPatch(
            start, (line.x1, bottom), arrowstyle="-|>", mutation_scale=17, lw=0,
            color=_colour(line.packet), shrinkA=0, shrinkB=0, zorder=6,
        )
    )  # fmt: skip


def _label(ax: Axes, line: Line, colour: str, placed: list[Label]) -> None:
    x, y, half = _place(line, placed, looks.inches(ax))
    placed.append((x, y, half))
    marks.text(
        ax, x, y, caption(line.packet), size=SIZE, color=colour, bold=colour == looks.STRONG,
        bbox=looks.patch(), gid=f"label:{line.packet.number}", zorder=8,
    )  # fmt: skip


def _place(line: Line, placed: list[Label], inches: tuple[float, float]) -> Label:
    """The first place along the line where no other label is: near the sender if possible."""
    half = _LETTER * len(caption(line.packet)) / 2 / inches[0]
    x0, y0, x1, y1 = line.leg
    spots = [(x0 + s * (x1 - x0), y0 + s * (y1 - y0), half) for s in _SHARES if 0.1 < s < 0.85]
    clear = 0.0 if line.passes else half + 0.035  # the dot or the cross stays to be seen
    inside = [s for s in spots if abs(s[0] - x0) > half and abs(x1 - s[0]) > clear] or spots[:1]
    if line.bottom is None or line.packet.lost is not None:
        beyond = x1 + math.copysign(half + 0.04, x1 - x0)  # it never went there, so it is free
        inside.append((beyond, y1, half))
    enough = _ENOUGH / inches[1]
    free = (s for s in inside if _room(s, placed) >= enough)
    return next(free, None) or max(inside, key=lambda spot: _room(spot, placed))


def _room(spot: Label, placed: list[Label]) -> float:
    """How far a label there would be from the nearest other one, in rows."""
    x, y, half = spot
    return min(
        [abs(y - b) for a, b, other in placed if abs(x - a) < half + other], default=math.inf
    )


def caption(record: PacketRecord) -> str:
    """What stands on the line: the kind first, then the numbers that matter for it."""
    packet = record.packet
    words = packet.kind
    amount = f"{packet.length} byte{'' if packet.length == 1 else 's'}"
    if packet.kind == "data":
        words = f"{amount}  {record.seq}:{record.seq + packet.length}"
    elif packet.kind == "ACK":
        words = f"ACK {record.ack}"
    elif packet.kind in ("SYN", "FIN") and packet.length:
        words = f"{packet.kind}, {amount}"
    if record.again:
        words += " again"
    return words + (f"  {record.verdict}" if record.lost is not None else "")


def _colour(record: PacketRecord) -> str:
    kind = record.packet.kind
    if kind == "ACK":
        return looks.PLAIN
    return looks.DATA if kind == "data" else looks.STRONG


def _weight(record: PacketRecord) -> float:
    return 1.2 if record.packet.kind == "ACK" else 2.0
