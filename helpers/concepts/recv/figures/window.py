"""Draws a receive window that closes: what is unread, and what the reader still has room for."""

from __future__ import annotations

from dataclasses import dataclass

from helpers.errors import LabError
from helpers.figures import looks, marks
from helpers.figures.depths import unread
from helpers.figures.looks import Axes
from helpers.record.snapshot import table
from helpers.record.trace import Change, PacketRecord, Trace


@dataclass(frozen=True, slots=True)
class Room:
    """What one acknowledgement said: so much is here (``got``), and ``window`` bytes may follow.

    ``unread`` is what the reader's kernel held at that moment. All in bytes.
    """

    got: int
    unread: int
    window: int


def rooms(trace: Trace, host: str = "server") -> list[Room]:
    """Each acknowledgement of ``host`` that said something new, on the first connection whose SYN
    the trace has.


    The window of a packet is scaled by what both SYNs agreed on: RFC 7323, section 2.
    Raises ``LabError`` if there is no SYN of ``host`` here, or no acknowledgement after it.
    """
    found: list[Room] = []
    held, scale, flow = 0, 0, None
    for event in trace.events:
        record = event.record
        if isinstance(record, Change) and (record.local, record.peer) == flow:
            held = unread(record.after)
        elif isinstance(record, PacketRecord) and event.kind == "sent" and record.origin == host:
            if record.packet.syn and flow is None:
                scale = int(str(record.packet.option("wscale") or 0))
                flow = record.src, record.dst
            elif flow == (record.src, record.dst):
                room = Room(record.ack - 1, held, record.packet.window << scale)
                found += [room] if not found or found[-1] != room else []
    if not found:
        raise LabError(f"there is no SYN of {host} in this trace with acknowledgements after it")
    return found


def window(trace: Trace, ax: Axes | None = None, host: str = "server") -> Axes:
    """Draw both, acknowledgement by acknowledgement, in the order in which they were sent."""
    readings = rooms(trace, host)
    xs = [*range(1, len(readings) + 2)]
    held, free = [r.unread for r in readings], [r.window for r in readings]
    with looks.picture(ax, 8.4, 3.3, within=(0.12, 0.528, 0.97, 0.96)) as ax:
        _line(ax, xs, held, looks.BUFFER, "unread bytes")
        _line(ax, xs, free, looks.STRONG, "window")
        for x, room in enumerate(readings, 1):
            if room.window == 0:
                marks.text(ax, x + 0.5, 250, "0", va="bottom", color=looks.STRONG, size=looks.LABEL,
                           bold=True, halo=looks.HALO, gid="closed")  # fmt: skip
        ax.set(xlim=(1, xs[-1]), ylim=(0, max(held + free) * 1.25), ylabel="bytes")
        ax.set_xticks([x + 0.5 for x in xs[:-1]], xs[:-1])
        ax.set_xlabel("acknowledgements of the reader, in order")
    return ax


def _line(ax: Axes, xs: list[int], ys: list[int], colour: str, name: str) -> None:
    marks.steps(ax, xs, [*ys, ys[-1]], colour, alpha=0.12, gid=name)
    peak = max(range(len(ys)), key=lambda n: ys[n])
    x, side = (xs[peak] + 1.0, "right") if peak > len(ys) / 2 else (xs[peak] + 0.05, "left")
    marks.text(ax, x, ys[peak], name, side, va="bottom", color=colour, size=looks.LABEL, bold=True,
               halo=looks.HALO, gid=f"name:{name}")  # fmt: skip


def window_table(trace: Trace, host: str = "server") -> str:
    """The text twin of ``window``."""
    rows = [(str(r.got), str(r.unread), str(r.window)) for r in rooms(trace, host)]
    return table([("acknowledged", "unread", "window"), *rows])
