"""Says what was there before a trace that begins in the middle of a run.

A picture of a part shows only what takes part in it: a socket that changes in it, that one of its
calls names, or whose packets are in it; and a listener to which somebody comes.

Rule of this file: pure, no matplotlib.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from helpers.figures.layout import visible
from helpers.record.sockstate import Row
from helpers.record.trace import CallRecord, Change, Depth, Event, PacketRecord, Queues, Trace

# What tells a socket: its host, and its two ends as the trace names them.
Key = tuple[str, str, str]
# What tells a listener's queues.
_Place = tuple[str, str]
# What arrives for an embryo, or for no connection, is its listener's business.
_EMBRYO = "SYN-RECV"


@dataclass(slots=True)
class Beginning:
    """The sockets that take part, in the order in which they came to be, and listeners' queues."""

    rows: dict[Key, Row] = field(default_factory=dict)
    queues: dict[_Place, Queues] = field(default_factory=dict)


def key_of(change: Change) -> Key:
    """What tells this socket from the others of the trace."""
    return change.host, change.local, change.peer


def beginning(trace: Trace) -> Beginning:
    """What was there when ``trace`` began, as far as it takes part in it."""
    found = _settled(trace.earlier)
    firsts: dict[Key, Change] = {}
    for change in trace.changes:
        firsts.setdefault(key_of(change), change)
    for key, change in firsts.items():
        if change.before is None:
            found.rows.pop(key, None)
        else:
            found.rows[key] = change.before
    there = _Part(trace, found)
    rows = {
        key: row
        for key, row in found.rows.items()
        if key[0] in trace.hosts and (key in firsts or there.has(key, row))
    }
    places = {key[:2] for key, row in rows.items() if row.state == "LISTEN"}
    return Beginning(rows, {at: each for at, each in found.queues.items() if at in places})


def _settled(events: Iterable[Event]) -> Beginning:
    """The last word on each socket and on each listener's queues."""
    found = Beginning()
    for record in (event.record for event in events):
        if isinstance(record, Depth):
            found.queues[record.host, record.local] = record.queues
        elif isinstance(record, Change) and record.after is not None:
            found.rows[key_of(record)] = record.after
        elif isinstance(record, Change):
            found.rows.pop(key_of(record), None)
            if record.before is not None and record.before.state == "LISTEN":
                found.queues.pop((record.host, record.local), None)
    return found


class _Part:
    """Who takes part in a trace, by its calls, its packets and its listeners' queues."""

    def __init__(self, trace: Trace, before: Beginning) -> None:
        self._inodes: set[int] = set()
        self._ends: set[Key] = set()
        self._places: set[_Place] = set()
        self._knocks: set[tuple[str, int]] = set()
        for event in trace.events:
            record = event.record
            if isinstance(record, CallRecord) and visible(event):
                self._inodes |= {record.inode, record.made} - {0}
            elif isinstance(record, Depth):
                self._places.add((record.host, record.local))
            elif isinstance(record, PacketRecord):
                self._packet(record, before)

    def _packet(self, record: PacketRecord, before: Beginning) -> None:
        self._ends.add((record.origin, record.src, record.dst))
        goal = record.destination, record.dst, record.src
        self._ends.add(goal)
        row = before.rows.get(goal)
        if record.packet.is_tcp and (row is None or row.state == _EMBRYO):
            self._knocks.add((record.destination, record.packet.dport))

    def has(self, key: Key, row: Row) -> bool:
        """Whether this socket takes part."""
        if row.state == "LISTEN":
            knocked = (key[0], row.local[1]) in self._knocks
            return knocked or key[:2] in self._places or row.inode in self._inodes
        return key in self._ends or row.inode in self._inodes
