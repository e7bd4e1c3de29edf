"""Keeps a trace as plain JSON values, and makes a trace of them again.

What comes back prints, draws and replays as the original did. Left out is what none of that
shows: most counters that are not notable, and what happened meanwhile.

Rule of this file: pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from helpers.errors import LabError
from helpers.figures.beginnings import beginning
from helpers.figures.dropped import BEFORE_TCP, RECEIVED, dropped
from helpers.record.packet import decode
from helpers.record.sockstate import Row
from helpers.record.trace import (
    CallRecord,
    Change,
    Counter,
    Depth,
    Event,
    Note,
    PacketRecord,
    Queues,
    Record,
    Trace,
)

_FORMAT = 1
_CALL = "host process name text line fd inode result error kernel made".split()
_PACKET = "number origin source destination src dst seq ack verdict waited again".split()
_PACKET += "injected copies probe".split()
_ROW = "family state recv_q send_q local peer inode v6only".split()


def kept(trace: Trace) -> dict[str, Any]:
    """The trace as numbers, texts, lists and dictionaries. Times count from its first event."""
    first = trace.events[0].t if trace.events else 0
    keep = _Keep(first)
    events = [[event.kind, event.t - first, *keep.record(event.record)] for event in _told(trace)]
    before = [keep.record(record) for record in _before(trace)]
    rows = [[list(v) if isinstance(v, tuple) else v for v in row] for row in keep.rows]
    return {
        "format": _FORMAT, "hosts": list(trace.hosts), "wire": trace.wire, "calls": keep.calls,
        "packets": keep.packets, "rows": rows, "events": events, "sockets": keep.sockets(trace),
        **({"before": before} if before else {}),
    }  # fmt: skip


def _told(trace: Trace) -> Iterator[Event]:
    """Without counters that nobody is told of, but with those that tell what was dropped."""
    ends = dropped(trace)
    end = ""
    for event in trace.events:
        record = event.record
        if isinstance(record, PacketRecord) and event.kind == "delivered":
            end = ends.get(record, "")
        if (
            not isinstance(record, Counter)
            or record.notable
            or (end == BEFORE_TCP and record.name == RECEIVED)
        ):
            yield event


def _before(trace: Trace) -> list[Change | Depth]:
    """What was there before a trace that begins in the middle of a run."""
    if not trace.earlier:
        return []
    start = beginning(trace)
    return [
        *(Change(*key, None, row) for key, row in start.rows.items()),
        *(Depth(*place, queues) for place, queues in start.queues.items()),
    ]


class _Keep:
    """Records that stand in several events, and rows that are alike, are kept once."""

    def __init__(self, first: int) -> None:
        self.calls: list[list[Any]] = []
        self.packets: list[list[Any]] = []
        self.rows: dict[tuple[Any, ...], int] = {}
        self._first = first
        self._places: dict[int, int] = {}

    def record(self, record: Record) -> list[Any]:
        """What stands in an event: a letter, and the record or its place."""
        match record:
            case CallRecord():
                return ["c", self._place(record, self.calls, self._call)]
            case PacketRecord():
                return ["p", self._place(record, self.packets, self._packet)]
            case Change():
                rows = [self._row(record.before), self._row(record.after)]
                return ["s", record.host, record.local, record.peer, *rows, int(record.expired)]
            case Depth():
                queues = record.queues
                return ["q", record.host, record.local, queues.syn, queues.accept, queues.limit]
            case Counter():
                return ["n", record.host, record.name, record.by]
            case Note():
                return ["t", record.text]

    @staticmethod
    def sockets(trace: Trace) -> list[list[Any]]:
        """What names a socket, by inode: those that the trace's calls and rows have."""
        inodes = {inode for call in trace.calls for inode in (call.inode, call.made)}
        return [[inode, role] for inode in sorted(inodes) if (role := trace.sockets.role(inode))]

    def _place(self, record: Any, among: list[list[Any]], of: Any) -> int:
        if id(record) not in self._places:
            self._places[id(record)] = len(among)
            among.append(of(record))
        return self._places[id(record)]

    def _call(self, call: CallRecord) -> list[Any]:
        end = None if call.end is None else call.end - self._first
        return [call.begin - self._first, end, *(getattr(call, name) for name in _CALL)]

    def _packet(self, packet: PacketRecord) -> list[Any]:
        times = (packet.sent, packet.delivered, packet.lost)
        told = (getattr(packet, name) for name in _PACKET)
        shifted = (None if t is None else t - self._first for t in times)
        return [*shifted, *told, packet.packet.raw.hex()]

    def _row(self, row: Row | None) -> int:
        if row is None:
            return -1
        return self.rows.setdefault(tuple(getattr(row, name) for name in _ROW), len(self.rows))


def trace_of(data: Mapping[str, Any]) -> Trace:
    """The trace that ``kept`` was given. ``LabError`` if ``data`` did not come from there."""
    if not isinstance(data, Mapping) or data.get("format") != _FORMAT:
        raise LabError(f"this is no trace kept by replay (format {_FORMAT}): {str(data)[:60]}")
    trace = Trace(tuple(data["hosts"]), wire=data["wire"])
    for inode, role in data.get("sockets", ()):
        trace.sockets.give(inode, role)
    rows = [_row_of(values) for values in data["rows"]]
    calls = [_call_of(values) for values in data["calls"]]
    packets = [_packet_of(values) for values in data["packets"]]
    for letter, *rest in data.get("before", ()):
        record = _record_of(letter, rest, rows, calls, packets)
        trace.earlier.append(Event("depth" if letter == "q" else "change", 0, record))
    for kind, t, letter, *rest in data["events"]:
        trace.events.append(Event(kind, t, _record_of(letter, rest, rows, calls, packets)))
    return trace


def _record_of(
    letter: str,
    rest: list[Any],
    rows: list[Row],
    calls: list[CallRecord],
    packets: list[PacketRecord],
) -> Record:
    match letter:
        case "c":
            call: CallRecord = calls[rest[0]]
            return call
        case "p":
            packet: PacketRecord = packets[rest[0]]
            return packet
        case "s":
            host, local, peer, *places, expired = rest
            before, after = (rows[n] if n >= 0 else None for n in places)
            return Change(host, local, peer, before, after, bool(expired))
        case "q":
            host, local, *depths = rest
            return Depth(host, local, Queues(*depths))
        case "n":
            return Counter(*rest)
    return Note(*rest)


def _row_of(values: list[Any]) -> Row:
    named: dict[str, Any] = dict(zip(_ROW, values, strict=True))
    for end in ("local", "peer"):
        named[end] = tuple(named[end])
    return Row(**named)


def _call_of(values: list[Any]) -> CallRecord:
    begin, end, *told = values
    return CallRecord(begin=begin, end=end, **dict(zip(_CALL, told, strict=False)))


def _packet_of(values: list[Any]) -> PacketRecord:
    sent, delivered, lost, *told, raw = values
    named = dict(zip(_PACKET, told, strict=True))
    packet = decode(bytes.fromhex(raw))
    return PacketRecord(packet=packet, sent=sent, delivered=delivered, lost=lost, **named)
