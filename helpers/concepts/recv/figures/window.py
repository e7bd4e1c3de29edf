"""Draws a receive window that closes: what is unread, and what the reader still has room for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from helpers.errors import LabError
from helpers.figures import looks
from helpers.figures.depths import unread
from helpers.record.snapshot import table
from helpers.record.trace import Change, PacketRecord, Trace

if TYPE_CHECKING:
    from matplotlib.axes import Axes


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
    ax = looks.canvas(ax, 8.4, 3.3)
    with looks.lesson():
        xs = [*range(1, len(readings) + 1), len(readings) + 1]
        held = [r.unread for r in readings]
        free = [r.window for r in readings]
        _line(ax, xs, held, looks.BUFFER, "unread bytes")
        _line(ax, xs, free, looks.STRONG, "window")
        for x, room in enumerate(readings, 1):
            if room.window == 0:
                ax.text(
                    x + 0.5, 250, "0", ha="center", va="bottom", color=looks.STRONG, size=12,
                    weight="bold", gid="closed", path_effects=looks.halo(),
                )  # fmt: skip
        ax.set(xlim=(1, xs[-1]), ylim=(0, max(held + free) * 1.25), ylabel="bytes")
        ax.set_xticks([x + 0.5 for x in xs[:-1]], xs[:-1])
        ax.set_xlabel("acknowledgements of the reader, in order")
        ax.set_position((0.12, 0.16, 0.85, 0.8))
    return ax


def _line(ax: Axes, xs: list[int], ys: list[int], colour: str, name: str) -> None:
    steps = [*ys, ys[-1]]
    ax.step(xs, steps, where="post", color=colour, lw=2.5, gid=name)
    ax.fill_between(xs, steps, step="post", color=colour, alpha=0.12, lw=0)
    peak = max(range(len(ys)), key=lambda n: ys[n])
    right = peak > len(ys) / 2
    ax.text(xs[peak] + (1 if right else 0.05), ys[peak], name, color=colour, size=11, weight="bold",
            va="bottom", ha="right" if right else "left", path_effects=looks.halo(),
            gid=f"name:{name}")  # fmt: skip


def window_table(trace: Trace, host: str = "server") -> str:
    """The text twin of ``window``."""
    rows = [(str(r.got), str(r.unread), str(r.window)) for r in rooms(trace, host)]
    return table([("acknowledged", "unread", "window"), *rows])
