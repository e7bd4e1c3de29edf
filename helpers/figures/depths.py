"""Reads from a trace how deep queues and receive buffers are, event by event.

Rule of this file: pure, no matplotlib. A depth is what the kernel reported, with one
correction: a FIN that nobody has read yet counts one in Recv-Q (it takes a sequence
number), and it is not a byte that a reader will get.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from helpers.figures.layout import Layout
from helpers.record.sockstate import Row
from helpers.record.trace import Change, Depth, Event, Trace

SYN, ACCEPT, UNREAD = "SYN queue", "accept queue", "unread bytes"
GAUGES = (SYN, ACCEPT, UNREAD)
# What a gauge is: its name, and the host at which it stands.
Gauge = tuple[str, str]
Points = list[tuple[float, float]]
# While the peer may still send, every byte of Recv-Q is data; after its FIN one is the FIN.
_OPEN = ("ESTAB", "FIN-WAIT-1", "FIN-WAIT-2")
_AFTER_FIN = ("CLOSE-WAIT", "LAST-ACK")


def unread(row: Row | None) -> int:
    """Bytes that ``recv`` could still return; 0 for a listener and for a socket that is gone."""
    if row is None or row.state not in (*_OPEN, *_AFTER_FIN):
        return 0
    return max(0, row.recv_q - (row.state in _AFTER_FIN))


def depths(trace: Trace, layout: Layout) -> dict[Gauge, Points]:
    """``(height, value)`` for each gauge that is ever above zero, listeners' queues first.

    Each is the sum over all sockets of one host. A trace that begins in the middle of a run
    begins with what its first changes say was there before them; of queues it says nothing.
    """
    totals = _before(trace.events)
    found: dict[Gauge, Points] = {
        gauge: [(0.0, sum(values.values()))] for gauge, values in totals.items()
    }
    for event, height in zip(trace.events, layout.heights, strict=True):
        for gauge, key, value in _readings(event):
            totals.setdefault(gauge, {})[key] = value
            points = found.setdefault(gauge, [(0.0, 0.0)])
            total = float(sum(totals[gauge].values()))
            if total != points[-1][1]:
                points.append((height, total))
    risen = [gauge for gauge, points in found.items() if any(value for _, value in points)]
    return {gauge: found[gauge] for gauge in sorted(risen, key=lambda g: GAUGES.index(g[0]))}


def _before(events: Iterable[Event]) -> dict[Gauge, dict[object, float]]:
    found: dict[Gauge, dict[object, float]] = {}
    for change in (e.record for e in events if isinstance(e.record, Change)):
        values = found.setdefault((UNREAD, change.host), {})
        values.setdefault((change.local, change.peer), unread(change.before))
    return found


def _readings(event: Event) -> Iterator[tuple[Gauge, object, float]]:
    record = event.record
    if isinstance(record, Depth):
        yield (SYN, record.host), record.local, record.queues.syn
        yield (ACCEPT, record.host), record.local, record.queues.accept
    elif isinstance(record, Change):
        yield (UNREAD, record.host), (record.local, record.peer), unread(record.after)
