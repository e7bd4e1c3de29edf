"""Draws the packets of a ladder: arrows, dots for those that wait, crosses for those that died."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from helpers.figures import looks
from helpers.figures.layout import Layout
from helpers.trace import PacketRecord, Trace

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# A label's middle, and half its width: x, row, x.
Label = tuple[float, float, float]
_EDGE = 0.02
_SHARES = (0.32, 0.42, 0.52, 0.62, 0.72, 0.24)
_ENOUGH = 0.85


@dataclass(frozen=True, slots=True)
class Line:
    """Where one packet's line begins and ends; ``stop`` is None while it is on the wire."""

    packet: PacketRecord
    x0: float
    x1: float
    top: float
    bottom: float | None


def draw_packets(ax: Axes, trace: Trace, layout: Layout, rails: dict[str, float]) -> None:
    """Draw every packet of the trace, each exactly once."""
    tops: dict[int, float] = {}
    ends: dict[int, float] = {}
    for event, y in zip(trace.events, layout.heights, strict=True):
        if isinstance(event.record, PacketRecord):
            (tops if event.kind == "sent" else ends)[id(event.record)] = y
    placed: list[Label] = []
    for record in trace.packets:
        line = _line(record, rails, tops.get(id(record)), ends.get(id(record)))
        _draw(ax, line, placed)


def _line(
    record: PacketRecord, rails: dict[str, float], top: float | None, end: float | None
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
    return Line(record, start + side * _EDGE, goal - side * _EDGE, begin, end)


def _draw(ax: Axes, line: Line, placed: list[Label]) -> None:
    record, colour = line.packet, _colour(line.packet)
    middle = (line.x0 + line.x1) / 2
    look = {"color": colour, "lw": _weight(record), "zorder": 5, "solid_capstyle": "round"}
    if record.injected:
        ax.plot([line.x0], [line.top], "o", mfc="white", mec=colour, ms=6, zorder=6)
        ax.text(line.x0, line.top - 0.42, record.source, ha="center", size=7.5, color=looks.PLAIN)
    if line.bottom is None:
        _stub(ax, line, middle, "o", look)
    elif record.verdict == "delivered" or record.delivered is not None:
        _arrow(ax, line, middle, look)
    else:
        _stub(ax, line, middle, "x", look)
    _label(ax, line, colour, placed)


def _arrow(ax: Axes, line: Line, middle: float, look: dict[str, object]) -> None:
    """A straight line if the packet passed; with a stay at the dot if it was held."""
    assert line.bottom is not None
    gid = f"packet:{line.packet.number}"
    if not line.packet.waited:
        ax.plot([line.x0, line.x1], [line.top, line.bottom], gid=gid, **look)  # type: ignore[arg-type]
    else:
        stop = line.top + 0.45
        go = max(stop, line.bottom - 0.45)
        xs, ys = [line.x0, middle, middle, line.x1], [line.top, stop, go, line.bottom]
        ax.plot(xs, ys, gid=gid, **look)  # type: ignore[arg-type]
        ax.plot([middle], [stop], "o", color=look["color"], ms=6, zorder=6)
    _head(ax, line, middle, look)


def _head(ax: Axes, line: Line, middle: float, look: dict[str, object]) -> None:
    from matplotlib.patches import FancyArrowPatch

    assert line.bottom is not None
    x = middle if line.packet.waited else line.x0
    y = max(line.top + 0.45, line.bottom - 0.45) if line.packet.waited else line.top
    ax.add_patch(
        FancyArrowPatch(
            (x, y), (line.x1, line.bottom), arrowstyle="-|>", mutation_scale=17, lw=0,
            color=look["color"], shrinkA=0, shrinkB=0, zorder=6,
        )
    )  # fmt: skip


def _stub(ax: Axes, line: Line, middle: float, mark: str, look: dict[str, object]) -> None:
    """A packet that did not arrive: a line as far as the middle, with its mark."""
    stop = line.top + 0.45
    gid = f"packet:{line.packet.number}"
    ax.plot([line.x0, middle], [line.top, stop], gid=gid, **look)  # type: ignore[arg-type]
    size, width = (10, 3) if mark == "x" else (7, 1)
    lost = ax.plot([middle], [stop], mark, color=look["color"], ms=size, mew=width, zorder=7)[0]
    lost.set_gid("lost" if mark == "x" else "held")


def _label(ax: Axes, line: Line, colour: str, placed: list[Label]) -> None:
    x, y, half = _place(line, placed)
    placed.append((x, y, half))
    ax.text(
        x, y, caption(line.packet), ha="center", va="center", size=10, color=colour,
        weight="bold" if colour == looks.STRONG else "normal", path_effects=looks.halo(),
        gid=f"label:{line.packet.number}", zorder=8,
    )  # fmt: skip


def _place(line: Line, placed: list[Label]) -> Label:
    """The first place along the line where no other label is: near the sender if possible."""
    lost = line.bottom is None or line.packet.delivered is None
    half = 0.0085 * len(caption(line.packet))
    if lost or line.packet.waited:
        x = line.x0 + 0.24 * (line.x1 - line.x0)
        return x, line.top + 0.45 * 0.48, half
    assert line.bottom is not None
    spots = [
        (line.x0 + s * (line.x1 - line.x0), line.top + s * (line.bottom - line.top), half)
        for s in _SHARES
    ]
    return max(spots, key=lambda spot: (_room(spot, placed), -abs(spot[0] - spots[0][0])))


def _room(spot: Label, placed: list[Label]) -> float:
    """How far a label there would be from the nearest other one, in rows; enough is enough."""
    x, y, half = spot
    near = [abs(y - b) for a, b, other in placed if abs(x - a) < half + other]
    return min([_ENOUGH, *near])


def caption(record: PacketRecord) -> str:
    """What stands on the line: the kind first, then the numbers that matter for it."""
    packet = record.packet
    words = packet.kind
    if packet.kind == "data":
        words = f"{packet.length} bytes  {record.seq}:{record.seq + packet.length}"
    elif packet.kind == "ACK":
        words = f"ACK {record.ack}"
    elif packet.kind == "FIN" and packet.length:
        words = f"FIN, {packet.length} bytes"
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
