"""Reads from a trace how deep queues and receive buffers are, event by event.

Rule of this file: pure, no matplotlib. A depth is what the kernel reported, with one
correction: a FIN that nobody has read yet counts one in Recv-Q (it takes a sequence
number), and it is not a byte that a reader will get.
"""

from __future__ import annotations

import re
from ast import literal_eval

from helpers.figures.beginnings import Key, beginning, key_of
from helpers.figures.layout import Layout
from helpers.record.sockstate import Row
from helpers.record.trace import CallRecord, Change, Depth, Event, PacketRecord, Trace

SYN, ACCEPT, UNREAD = "SYN queue", "accept queue", "unread bytes"
GAUGES = (SYN, ACCEPT, UNREAD)
# What a gauge is: its name, and the host at which it stands.
Gauge = tuple[str, str]
Points = list[tuple[float, float]]
# While the peer may still send, every byte of Recv-Q is data; after its FIN one is the FIN.
_OPEN = ("ESTAB", "FIN-WAIT-1", "FIN-WAIT-2")
_AFTER_FIN = ("CLOSE-WAIT", "LAST-ACK")
_MANY = re.compile(r"(\d+) bytes")


def unread(row: Row | None) -> int:
    """Bytes that ``recv`` could still return; 0 for a listener and for a socket that is gone."""
    if row is None or row.state not in (*_OPEN, *_AFTER_FIN):
        return 0
    return max(0, row.recv_q - (row.state in _AFTER_FIN))


def depths(trace: Trace, layout: Layout) -> dict[Gauge, Points]:
    """``(height, value)`` for each gauge that is ever above zero, listeners' queues first.

    Each is the sum over all sockets of one host. A trace that begins in the middle of a run
    begins with what was there, of the sockets and listeners that take part in it.
    """
    counts = _Counts(trace)
    found: dict[Gauge, Points] = {
        gauge: [(0.0, float(sum(values.values())))] for gauge, values in counts.totals.items()
    }
    for event, height in zip(trace.events, layout.heights, strict=True):
        for gauge in counts.feed(event):
            points = found.setdefault(gauge, [(0.0, 0.0)])
            total = float(sum(counts.totals[gauge].values()))
            if total != points[-1][1]:
                points.append((height, total))
    risen = [gauge for gauge, points in found.items() if any(value for _, value in points)]
    return {gauge: found[gauge] for gauge in sorted(risen, key=lambda g: GAUGES.index(g[0]))}


class _Counts:
    """What waits where, event by event.

    A listener's queues end with it. What a connection has received can still be read after an RST,
    as long as somebody has a descriptor of it, though the kernel lists that socket no more.
    """

    def __init__(self, trace: Trace) -> None:
        self.totals: dict[Gauge, dict[object, float]] = {}
        self._listeners: dict[object, set[int]] = {}
        self._reset: set[Key] = set()
        self._closed: set[int] = set()
        self._left: dict[int, Key] = {}
        start = beginning(trace)
        for (host, local, peer), row in start.rows.items():
            self._set((UNREAD, host), (local, peer), unread(row))
            if row.state == "LISTEN":
                self._listeners.setdefault((host, local), set()).add(row.inode)
        for (host, local), queues in start.queues.items():
            self._set((SYN, host), local, queues.syn)
            self._set((ACCEPT, host), local, queues.accept)

    def feed(self, event: Event) -> list[Gauge]:
        """Take one event into account; returns the gauges that it may have moved."""
        record = event.record
        if isinstance(record, Depth):
            return [
                self._set((SYN, record.host), record.local, record.queues.syn),
                self._set((ACCEPT, record.host), record.local, record.queues.accept),
            ]
        if isinstance(record, Change):
            return self._change(record)
        if isinstance(record, PacketRecord) and event.kind == "delivered" and record.packet.rst:
            self._reset.add((record.destination, record.dst, record.src))
        elif isinstance(record, CallRecord) and event.kind == "end" and not record.error:
            return self._call(record)
        return []

    def _set(self, gauge: Gauge, key: object, value: float) -> Gauge:
        self.totals.setdefault(gauge, {})[key] = value
        return gauge

    def _change(self, change: Change) -> list[Gauge]:
        host, key = change.host, (change.local, change.peer)
        if "LISTEN" in (change.state, change.before.state if change.before else ""):
            return self._listener(change)
        value = unread(change.after)
        if change.after is not None:
            self._reset.discard(key_of(change))
        elif change.before and self._is_read_yet(change, change.before):
            self._left[change.before.inode] = key_of(change)
            value = unread(change.before)
        return [self._set((UNREAD, host), key, value)]

    def _is_read_yet(self, change: Change, before: Row) -> bool:
        """Whether an RST has ended it, and somebody may still read what came before that."""
        return (
            bool(before.inode)
            and before.inode not in self._closed
            and (key_of(change) in self._reset)
        )

    def _listener(self, change: Change) -> list[Gauge]:
        place = change.host, change.local
        there = self._listeners.setdefault(place, set())
        there -= {change.before.inode} if change.before else set()
        there |= {change.after.inode} if change.after else set()
        if there:
            return []
        gauges = [(name, change.host) for name in (SYN, ACCEPT)]
        return [self._set(g, change.local, 0) for g in gauges if g in self.totals]

    def _call(self, call: CallRecord) -> list[Gauge]:
        if call.name == "close":
            self._closed.add(call.inode)
        key = self._left.get(call.inode)
        if key is None:
            return []
        gauge, at = (UNREAD, key[0]), key[1:]
        if call.name == "close":
            return [self._set(gauge, at, 0)]
        if call.name.startswith("recv") and "MSG_PEEK" not in call.text:
            return [self._set(gauge, at, max(0, self.totals[gauge][at] - _taken(call)))]
        return []


def _taken(call: CallRecord) -> int:
    """How many bytes a call has returned; a trace that was kept has it only as text."""
    if call.size is not None:
        return call.size
    if many := _MANY.match(call.result):
        return int(many[1])
    try:
        return len(literal_eval(call.result))
    except (SyntaxError, TypeError, ValueError):
        return 0
