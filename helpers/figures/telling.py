"""Tells in sentences what a picture shows, for a reader who cannot see it.

Rule of this file: pure, no matplotlib; the facts are those of the run, without its accidents.
"""

from __future__ import annotations

from collections.abc import Sequence

from helpers.figures.layout import visible
from helpers.figures.packets import caption
from helpers.record.trace import CallRecord, Event, Note, PacketRecord, Trace

# Somebody listens to all of it; the text beside the picture has the rest.
_MOST = 24


def ladder(trace: Trace) -> str:
    """What happened, in order: calls, packets with their ends, what was done to the lab."""
    told = [words for event in trace.events if visible(event) and (words := _words(event))]
    left = len(told) - _MOST
    tail = f" And {left} more." if left > 0 else ""
    return f"A ladder of {listed(trace.hosts)}: {'; '.join(told[:_MOST])}.{tail}"


def listed(words: Sequence[str]) -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    return " and ".join([*filter(None, [", ".join(words[:-1])]), *words[-1:]])


def _words(event: Event) -> str:
    record = event.record
    if isinstance(record, CallRecord):
        return _call(record, event.kind)
    if isinstance(record, PacketRecord):
        return _packet(record, event.kind)
    return record.text if isinstance(record, Note) else ""


def _call(call: CallRecord, kind: str) -> str:
    """One that returned at once is told once; one that waited begins, and returns later."""
    waits = call.end is None or call.name in ("accept", "connect", "recv")
    if kind == "begin":
        return f"{call.host} calls {call.text if waits else call}"
    return f"{call.host}: {call.name}{call.outcome or ' returns'}" if waits else ""


def _packet(packet: PacketRecord, kind: str) -> str:
    way = f"from {packet.origin or packet.source} to {packet.destination}"
    if kind == "sent":
        stays = packet.delivered is None and packet.lost is None
        return f"{caption(packet)} {way}{', held' if stays else ''}"
    return f"{packet.packet.kind} {packet.verdict}" if kind == "lost" else ""
