"""Reads from a trace how long a client waited that came a moment before there was room."""

from __future__ import annotations

from dataclasses import dataclass

from helpers.concepts.backlog.syns import syn_times
from helpers.errors import LabError
from helpers.record.trace import Trace


@dataclass(frozen=True)
class Late:
    """Seconds since the client's first SYN: all its SYNs, of which the last one got in; the
    ``accept`` that made room; and when connect was through."""

    syns: tuple[float, ...]
    accepted: float
    through: float


def late_client(trace: Trace) -> Late:
    """Its facts, from a trace with one client whose connect has returned, and one accept.

    Raises ``LabError`` if there is another number of clients, if one of these calls has not
    returned, or if the first SYN got in.
    """
    connect, accept = (_ended(trace, name) for name in ("connect", "accept"))
    client, *others = syn_times(trace, hanging=False)
    if others:
        raise LabError(f"one client is wanted, and in this trace {1 + len(others)} sent a SYN")
    if len(client.times) < 2:
        raise LabError("the client was not late: its first SYN got in")
    first = next(p.sent for p in trace.packets if p.packet.syn)
    return Late(client.times, (accept - first) / 1e9, (connect - first) / 1e9)


def _ended(trace: Trace, name: str) -> int:
    ends = [call.end for call in trace.calls if call.name == name and call.end]
    if not ends:
        raise LabError(f"in this trace no {name} has returned")
    return ends[0]
