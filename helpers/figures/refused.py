"""Says of which packets a trace's counters tell that the host's kernel dropped them on arrival.

Rule of this file: pure, no matplotlib.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from helpers.record.trace import CallRecord, Counter, Event, PacketRecord, Trace

FULL = "accept queue full"
_OVERFLOW, _NO_EMBRYO, _DROP = "ListenOverflows", "TCPReqQFullDrop", "ListenDrops"


def refused(trace: Trace) -> dict[PacketRecord, str]:
    """``dropped: accept queue full`` and its like, by packet; nothing of one that was answered.

    A listener drops a SYN when its queues are full. It ignores an ACK that ends a handshake when
    there is no room for the connection: the embryo stays, and the client believes that it is in.
    """
    found: dict[PacketRecord, str] = {}
    for at, event in enumerate(trace.events):
        record = event.record
        if isinstance(record, PacketRecord) and event.kind == "delivered":
            later = (trace.events[n] for n in range(at + 1, len(trace.events)))
            behind = list(_behind(record.destination, later))
            if not _is_reset(record, behind) and (words := _words(record, behind)):
                found[record] = words
    return found


def _words(packet: PacketRecord, behind: Iterable[Event]) -> str:
    moved = {event.record.name for event in behind if isinstance(event.record, Counter)}
    if packet.packet.kind != "SYN":
        return f"ignored: {FULL}" if _OVERFLOW in moved else ""
    if _OVERFLOW in moved:
        return f"dropped: {FULL}"
    if _NO_EMBRYO in moved:
        return "dropped: SYN queue full"
    return "dropped" if _DROP in moved else ""


def _behind(host: str, later: Iterable[Event]) -> Iterator[Event]:
    """What followed an arrival at this host, until something else came to it."""
    for event in later:
        record = event.record
        arrives = isinstance(record, PacketRecord) and event.kind == "delivered"
        if arrives and isinstance(record, PacketRecord) and record.destination == host:
            return
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
