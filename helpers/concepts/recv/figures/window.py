"""Draws a receive window that closes: what is unread, and what the reader still has room for."""

from __future__ import annotations

from dataclasses import dataclass

from helpers.errors import LabError
from helpers.figures import looks, marks
from helpers.figures.depths import unread
from helpers.figures.looks import Axes
from helpers.record.snapshot import table
from helpers.record.trace import Change, PacketRecord, Trace

# Inches: the bars with their numbers, what stands left of them, and the words below.
_BARS, _LEFT, _FOOT = 3.6, 1.3, 0.72
_HALF = 0.4  # of a bar, as a part of the room for one
_MANY = 14  # bars that have room for their numbers


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


def window(
    trace: Trace,
    ax: Axes | None = None,
    host: str = "server",
    *,
    title: str = "What is unread takes away from the window",
) -> Axes:
    """One bar an acknowledgement, in the order in which they were sent: what was unread, filled,
    and above it the window, which is the room that was left."""
    readings = rooms(trace, host)
    count, most = len(readings), max(r.unread + r.window for r in readings)
    told = range(count) if count <= _MANY else sorted({0, _first_closed(readings), count - 1})
    within = (_LEFT / looks.WIDE, _FOOT, 1 - 0.15 / looks.WIDE, 1)
    alt = _told(readings, host)
    with looks.picture(ax, looks.WIDE, _BARS + _FOOT, title=title, alt=alt, within=within) as ax:
        ax.set(xlim=(-0.5, count - 0.5), ylim=(0, most * (1 + 0.3 / _BARS) * 1.04))
        for x, room in enumerate(readings):
            _bar(ax, x, room, x in told)
        _name(ax, readings)
        ax.set_xticks(list(told), [str(readings[n].got) for n in told])
        ax.tick_params(axis="x", length=0)
        ax.set_yticks([])
        ax.spines["left"].set_visible(False)
        _who_reads(ax, readings)
    return ax


def _first_closed(readings: list[Room]) -> int:
    return next((n for n, r in enumerate(readings) if not r.window), 0)


def _bar(ax: Axes, x: int, room: Room, told: bool) -> None:
    marks.box(ax, x - _HALF, 0, 2 * _HALF, room.unread, looks.BUFFER, gid=f"unread:{room.unread}")
    marks.box(ax, x - _HALF, room.unread, 2 * _HALF, room.window, looks.PAPER, edge=looks.TEXT,
              lw=1.6, ls=looks.DASHES, gid=f"window:{room.window}")  # fmt: skip
    if told:
        line = 0.04 / looks.inches(ax)[1]
        closed = not room.window
        marks.text(ax, x, room.unread + room.window + line, room.window, va="bottom", bold=closed,
                   size=looks.TITLE if closed else looks.SMALL,
                   gid="closed" if closed else "window")  # fmt: skip
        if room.unread * looks.inches(ax)[1] > 0.25:
            marks.text(ax, x, line, room.unread, va="bottom", size=looks.SMALL, color=looks.PAPER,
                       gid="unread")  # fmt: skip


def _name(ax: Axes, readings: list[Room]) -> None:
    """At the left of the first bar: its two parts, and what the numbers below are."""
    first, beside = readings[0], -0.012
    line = 0.24 / looks.inches(ax)[1]
    low = max(first.unread / 2, line * 0.6)
    high = max(first.unread + first.window / 2, low + line)
    for y, words, colour in ((low, "unread", looks.BUFFER), (high, "window", looks.TEXT)):
        marks.text(ax, beside, y, words, "right", bold=True, color=colour, gid=f"name:{words}",
                   transform=ax.get_yaxis_transform())  # fmt: skip
    ax.annotate("acknowledged", (0, 0), (-7, -5), xycoords="axes fraction", ha="right", va="top",
                textcoords="offset points", size=looks.SMALL, color=looks.PLAIN,
                gid="name:got")  # fmt: skip


def _who_reads(ax: Axes, readings: list[Room]) -> None:
    """Below: up to which bar nobody had read, and from which on the program has."""
    first = next((n for n, r in enumerate(readings) if _taken(r)), len(readings))
    below = ax.get_xaxis_transform()
    high = looks.room(ax)[1]
    for start, end, words in ((0, first, "nobody reads"), (first, len(readings), "recv is called")):
        if start < end:
            ax.plot([start - _HALF, end - 1 + _HALF], [-0.34 / high] * 2, color=looks.PLAIN, lw=1.6,
                    transform=below, clip_on=False, gid=f"phase:{words}")  # fmt: skip
            marks.text(ax, (start + end - 1) / 2, -0.4 / high, words, va="top", transform=below,
                       gid="phase")  # fmt: skip


def _taken(room: Room) -> int:
    """Bytes that recv had returned by then: those that had come, less those that were there."""
    return room.got - room.unread


def _told(readings: list[Room], host: str) -> str:
    first, last = readings[0], readings[-1]
    peak = max(readings, key=lambda r: r.unread)
    closed = sum(not r.window for r in readings)
    return (
        f"{len(readings)} acknowledgements of {host}, a bar each: unread bytes, and above them the "
        f"window. The first has {first.unread} unread and a window of {first.window}; most are "
        f"unread, {peak.unread}, where the window is {peak.window}; the last has {last.unread} "
        f"unread and a window of {last.window}. The window is 0 in {closed} of them."
    )


def window_table(trace: Trace, host: str = "server") -> str:
    """The text twin of ``window``."""
    rows = [(str(r.got), str(r.unread), str(r.window)) for r in rooms(trace, host)]
    return table([("acknowledged", "unread", "window"), *rows])
