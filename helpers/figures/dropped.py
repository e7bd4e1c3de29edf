"""Says of which packets a trace's counters tell that the host's kernel dropped them on arrival.

Rule of this file: pure, no matplotlib.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from helpers.record.trace import CallRecord, Change, Counter, Depth, Event, PacketRecord, Trace

FULL, BEFORE_TCP = "accept queue full", "dropped before TCP"
# What IP counts first, and what it counts if it hands the packet on; routing may forbid that.
RECEIVED, _PASSED_ON = "Ip.InReceives", {"Ip.InDelivers", "Ip.ForwDatagrams"}
_OVERFLOW, _NO_EMBRYO, _DROP = "ListenOverflows", "TCPReqQFullDrop", "ListenDrops"


def dropped(trace: Trace) -> dict[PacketRecord, str]:
    """``dropped: accept queue full`` and its like, by packet; nothing of one that was answered.

    A listener drops a SYN when its queues are full. It ignores an ACK that ends a handshake when
    there is no room for the connection: the embryo stays, and the client believes that it is in.
    What IP takes and does not hand on, as a packet from the wire for 127.0.0.1, no listener sees.
    """
    found: dict[PacketRecord, str] = {}
    for at, event in enumerate(trace.events):
        record = event.record
        if isinstance(record, PacketRecord) and event.kind == "delivered":
            host = _host(trace, at, record)
            behind = list(_behind(host, trace.hosts, _later(trace, at)))
            if not _is_reset(record, behind) and (words := _words(record, behind)):
                found[record] = words
    return found


def _later(trace: Trace, at: int) -> Iterator[Event]:
    return (trace.events[n] for n in range(at + 1, len(trace.events)))


def _host(trace: Trace, at: int, arrived: PacketRecord) -> str:
    """Where it arrived: for an address that is no host's, at whose IP it was counted."""
    if arrived.destination in trace.hosts:
        return arrived.destination
    for record in (event.record for event in _later(trace, at)):
        if not isinstance(record, Counter | Change | Depth):
            break
        if isinstance(record, Counter) and record.name == RECEIVED:
            return record.host
    return ""


def _words(packet: PacketRecord, behind: Iterable[Event]) -> str:
    moved = {event.record.name for event in behind if isinstance(event.record, Counter)}
    if packet.packet.is_tcp and RECEIVED in moved and not moved & _PASSED_ON:
        return BEFORE_TCP
    if packet.packet.kind != "SYN":
        return f"ignored: {FULL}" if _OVERFLOW in moved else ""
    if _OVERFLOW in moved:
        return f"dropped: {FULL}"
    if _NO_EMBRYO in moved:
        return "dropped: SYN queue full"
    return "dropped" if _DROP in moved else ""


def _behind(host: str, hosts: Sequence[str], later: Iterable[Event]) -> Iterator[Event]:
    """What followed an arrival at this host, until something else came to it, or may have."""
    others = [name for name in hosts if name != host]
    for event in later:
        record = event.record
        if isinstance(record, PacketRecord) and event.kind == "delivered":
            if record.destination not in others:
                return
            continue
        if isinstance(record, CallRecord) and record.host == host and event.kind == "begin":
            return
        if not isinstance(record, Counter | PacketRecord) or _is_at(host, record):
            yield event


def _is_at(host: str, record: Counter | PacketRecord) -> bool:
    return (record.host if isinstance(record, Counter) else record.origin) == host


def _is_reset(packet: PacketRecord, behind: Iterable[Event]) -> bool:
    """Whether the host has answered it with an RST."""
    sent = (event.record for event in behind if event.kind == "sent")
    return any(
        isinstance(answer, PacketRecord)
        and answer.packet.rst
        and (answer.src, answer.dst) == (packet.dst, packet.src)
        for answer in sent
    )
