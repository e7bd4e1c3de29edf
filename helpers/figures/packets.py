"""Draws the packets of a ladder: arrows, dots for those that wait, crosses for those that died."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from helpers.figures import looks, marks
from helpers.figures.layout import Layout
from helpers.figures.looks import Axes
from helpers.figures.rails import Rails
from helpers.record.trace import PacketRecord, Trace

# A label's middle, and half its width: x, row, x.
Label = tuple[float, float, float]
SIZE = looks.LABEL
_CAPITAL, _LETTER = 0.77 * SIZE / 72, 0.64 * SIZE / 72  # inches, on average, of bold DejaVu Sans
_HEAD = 0.16  # inches of an arrow's point, which a label covers only where it has no other place
EDGE, _STUB = 0.07, 0.45  # inches from a rail; rows
_SHARES = tuple(0.32 + sign * n * 0.055 for n in range(9) for sign in (1, -1))
_ENOUGH = 0.27  # inches from one label's middle to the next one's,
_SECOND = 0.12  # and so much more if it has two lines
_STAGGER = (0.0, -0.33, 0.33, -0.66, 0.66, -1.0, 1.0)  # inches
_CLEAR = 0.13  # from a dot or a cross to what stands beside it
_GONE = ("folded", "cleared")  # what did not arrive, and was no loss


@dataclass(frozen=True, slots=True)
class Line:
    """Where one packet's line begins and ends; ``bottom`` is None while it is on the wire.

    ``wait`` is where it stands, or died, if it did not pass: never on another host's rail.
    ``faces`` are the first rails of its hosts, between which its label stands.
    """

    packet: PacketRecord
    x0: float
    x1: float
    top: float
    bottom: float | None
    wait: float
    faces: tuple[float, float]

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

    @property
    def foot(self) -> float:
        """The lowest height of its line."""
        return self.stop if self.bottom is None else max(self.bottom, self.stop)

    @property
    def legs(self) -> list[tuple[float, float, float, float]]:
        """Its line, piece by piece: with a stay at the dot if it was held."""
        arrives = self.bottom is not None and self.packet.delivered is not None
        if self.passes or self.bottom is None or not arrives:
            return [self.leg]
        go = max(self.stop, self.bottom - _STUB)
        return [
            self.leg,
            (self.wait, self.stop, self.wait, go),
            (self.wait, go, self.x1, self.bottom),
        ]


def lines(trace: Trace, layout: Layout, rails: Rails) -> list[Line]:
    """Where the line of every packet of the trace is, each exactly once."""
    tops: dict[int, float] = {}
    ends: dict[int, float] = {}
    for event, y in zip(trace.events, layout.heights, strict=True):
        if isinstance(event.record, PacketRecord):
            (tops if event.kind == "sent" else ends)[id(event.record)] = y
    found: list[Line] = []
    stays: list[Line] = []
    for record in trace.packets:
        line = _line(record, rails, tops.get(id(record)), ends.get(id(record)), stays)
        stays += [] if line.passes else [line]
        found.append(line)
    return found


def draw(ax: Axes, of: Sequence[Line], taken: Sequence[Label] = ()) -> None:
    """Draw the packets; their labels keep off those in ``taken``."""
    placed = list(taken)
    for line in of:
        _draw(ax, line, placed)


def _line(
    record: PacketRecord,
    rails: Rails,
    top: float | None,
    end: float | None,
    stays: Sequence[Line] = (),
) -> Line:
    """A packet whose sending lies before the trace begins at its upper edge."""
    begin = top if top is not None else (end or 0.0) - 1.1
    start, goal = rails.ends(record, begin, begin if end is None else end)
    faces = rails.facing(record)
    edge = math.copysign(EDGE, faces[1] - faces[0])
    wait = rails.between(*faces)
    line = Line(record, start + edge, goal - edge, begin, end, wait, faces)
    return line if line.passes else _beside(line, stays)


def _beside(line: Line, stays: Sequence[Line]) -> Line:
    """The same line with a place to stand where no other packet stands at that time."""
    wanted = [line.wait + shift * (1 if line.x1 > line.x0 else -1) for shift in _STAGGER]
    meanwhile = [s.wait for s in stays if _lasts(s) > line.top and s.top < _lasts(line)]
    free = (x for x in wanted if all(abs(x - other) > _CLEAR for other in meanwhile))
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
    away = -0.1 if side == "right" else 0.1
    words = f"injected, from\n{line.packet.source}"
    marks.text(ax, line.x0 + away, line.top, words, side, size=looks.SMALL, color=looks.PLAIN,
               halo=looks.HALO, gid="injected", zorder=7)  # fmt: skip


def _arrow(ax: Axes, line: Line, bottom: float) -> None:
    """A straight line if the packet passed; with a stay at the dot if it was held."""
    legs = line.legs
    _path(
        ax, line, [legs[0][0], *(leg[2] for leg in legs)], [legs[0][1], *(leg[3] for leg in legs)]
    )
    if not line.passes:
        _mark(ax, line, "waited")
    _head(ax, line, legs[-1][:2], bottom)


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
            color=_colour(line.packet), shrinkA=0, shrinkB=0, zorder=9,
        )
    )  # fmt: skip


def _label(ax: Axes, line: Line, colour: str, placed: list[Label]) -> None:
    inches = looks.inches(ax)
    words = _words(line, inches)
    x, y, half = _place(line, placed, inches)
    placed.append((x, y, half))
    marks.text(
        ax, x, y, words, size=SIZE, color=colour, bold=colour not in (looks.DATA, looks.PLAIN),
        bbox=looks.patch(), gid=f"label:{line.packet.number}", zorder=8,
    )  # fmt: skip


def _words(line: Line, inches: tuple[float, float]) -> str:
    """The caption, in two lines if what became of the packet has no room in one."""
    words = caption(line.packet)
    room = max(abs(line.leg[2] - _inner(line)[0]), _beyond(line)) - 2 * _CLEAR
    kind, gap, fate = words.partition("  ")
    folds = line.packet.lost is not None and _half(words, inches) * 2 > room
    return f"{kind}\n{fate}" if gap and folds else words


def _half(words: str, inches: tuple[float, float]) -> float:
    lengths = (
        sum(_CAPITAL if c.isupper() or c == "+" else _LETTER for c in line)
        for line in words.split("\n")
    )
    return max(lengths) / 2 / inches[0]


def _inner(line: Line) -> tuple[float, float]:
    """Between which x its label may stand: outside are only other rails of its hosts."""
    x0, _, x1, _ = line.leg
    ahead = 1.0 if line.faces[1] > line.faces[0] else -1.0
    start, end = max(x0 * ahead, line.faces[0] * ahead), min(x1 * ahead, line.faces[1] * ahead)
    return start * ahead, end * ahead


def _beyond(line: Line) -> float:
    """How much room there is behind a packet that stands or died on the wire."""
    return abs(line.faces[1] - line.wait)


def _place(line: Line, placed: list[Label], inches: tuple[float, float]) -> Label:
    """The first place along the line where no other label is: near the sender if possible."""
    words = _words(line, inches)
    half = _half(words, inches)
    x0, y0, x1, y1 = line.leg
    start, end = _inner(line)
    xs = [start + s * (end - start) for s in _SHARES if 0.1 < s < 0.85]
    spots = [(x, y0 + (x - x0) / ((x1 - x0) or 1.0) * (y1 - y0), half) for x in xs]
    clear = 0.0 if line.passes else half + _CLEAR  # the dot or the cross stays to be seen
    inside = [s for s in spots if abs(s[0] - start) > half and abs(end - s[0]) > clear]
    if len(line.legs) > 1:  # the rest of its way, once it has been let go
        (a, b, c, d), face = line.legs[-1], line.faces[1]
        away = [a + s * (c - a) for s in _SHARES]
        beyond = [(x, b + (x - a) / (c - a) * (d - b), half) for x in away]
        beyond = [s for s in beyond if abs(s[0] - a) > half + _CLEAR]
        inside += [s for s in beyond if abs(face - s[0]) > half + _HEAD]
        inside += [s for s in beyond if half < abs(face - s[0]) <= half + _HEAD]
    stays = line.bottom is None or line.packet.lost is not None
    if stays and (not inside or _beyond(line) > 2 * (half + _CLEAR)):
        # It never went there, so it is free.
        inside.append((x1 + math.copysign(half + _CLEAR, x1 - x0), y1, half))
    inside = inside or spots[:1]
    enough = (_ENOUGH + _SECOND * words.count("\n")) / inches[1]
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
    """By what it does: it opens, ends or fails, carries data, or only acknowledges."""
    kind = record.packet.kind
    if kind == "RST" or (record.lost is not None and record.verdict not in _GONE):
        return looks.FAILS
    if kind in ("SYN", "SYN+ACK"):
        return looks.OPENS
    if kind.startswith("ICMP"):  # it says why something did not arrive
        return looks.FAILS
    return {"FIN": looks.ENDS, "ACK": looks.PLAIN}.get(kind, looks.DATA)


def _weight(record: PacketRecord) -> float:
    return 1.2 if record.packet.kind == "ACK" else 2.0
