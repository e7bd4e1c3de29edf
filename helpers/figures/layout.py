"""Says where in a ladder everything goes: a height for each event, lanes for connections.

Rule of this file: pure, no matplotlib. Heights grow downward and are in rows; one row
is the height of one label.

In steps, each event that a reader can see has a row, whatever time has passed. In
time, heights are proportional to time, except that idle gaps are shortened; each one
is returned as a ``Gap``, so that the axis can say how long it really was.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

from helpers.trace import (
    QUERIES,
    CallRecord,
    Change,
    Depth,
    Event,
    Note,
    PacketRecord,
    Trace,
)

GAUGES = ("SYN queue", "accept queue", "unread bytes")
_FLIGHT, _STEP, _BESIDE = 1.1, 1.0, 0.7
_IDLE_ROWS, _ROWS_IN_TIME = 2.6, 34.0


@dataclass(frozen=True, slots=True)
class Gap:
    """A shortened idle time: where it is, and how long it was, in seconds."""

    top: float
    bottom: float
    seconds: float


@dataclass(slots=True)
class Span:
    """A state of one connection on one host, from ``top`` to ``bottom``, in its lane."""

    host: str
    state: str
    lane: int
    top: float
    bottom: float | None = None


def spread(heights: list[float], room: float) -> list[float]:
    """Move labels down just as far as they need so that no two are closer than ``room``."""
    placed: list[float] = []
    for height in heights:
        placed.append(max(height, placed[-1] + room) if placed else height)
    return placed


@dataclass(slots=True)
class Layout:
    """Heights by event, and what they add up to."""

    heights: list[float]
    bottom: float
    gaps: list[Gap] = field(default_factory=list)


def visible(event: Event, queries: bool = False) -> bool:
    """Whether an event takes room of its own in a ladder."""
    record = event.record
    if isinstance(record, CallRecord):
        return queries or record.name not in QUERIES
    return isinstance(record, PacketRecord | Note)


def in_steps(trace: Trace, queries: bool = False) -> Layout:
    """A row for each visible event; what is not visible shares the row of its cause."""
    heights: list[float] = []
    at = 0.0
    previous: Event | None = None
    for event in trace.events:
        if visible(event, queries):
            at += _room(event, previous)
            previous = event
        heights.append(at)
    return Layout(heights, at + 1.2)


def _room(event: Event, previous: Event | None) -> float:
    """How far below the previous event this one stands."""
    if previous is None:
        return 0.6
    if event.kind == "end" and previous.record is event.record:
        return 0.0
    if event.kind == "sent":
        return _BESIDE if previous.kind in ("sent", "begin", "delivered", "lost") else _STEP
    if "note" in (event.kind, previous.kind):
        return 1.2
    if event.kind in ("delivered", "lost"):
        return _FLIGHT if previous.kind == "sent" else 0.75
    return _STEP


def in_time(trace: Trace, queries: bool = False) -> Layout:
    """Heights proportional to time; a gap of more than a sixth of the rest is shortened."""
    chosen = [e.t for e in trace.events if visible(e, queries)]
    moments = sorted({t for e, t in ((e, e.t) for e in trace.events) if visible(e, queries)})
    if len(chosen) < 2 or moments[-1] == moments[0]:
        return in_steps(trace, queries)
    steps = [b - a for a, b in pairwise(moments)]
    limit = _idle_limit(steps)
    scale = _ROWS_IN_TIME / sum(min(s, limit) for s in steps)
    return _placed(trace, moments, steps, limit, scale)


def _idle_limit(steps: list[int]) -> float:
    """Gaps longer than this are idle time: four times the longest flight is a good guess, so
    take the largest step that is not more than five times the one below it."""
    ordered = sorted(s for s in steps if s > 0)
    limit = ordered[0]
    for step in ordered[1:]:
        if step > 5 * limit and limit > 1_000_000:
            break
        limit = step
    return float(limit)


def _placed(
    trace: Trace, moments: list[int], steps: list[int], limit: float, scale: float
) -> Layout:
    at, places, gaps = 0.6, {moments[0]: 0.6}, []
    for moment, step in zip(moments[1:], steps, strict=True):
        if step > limit:
            gaps.append(Gap(at, at + _IDLE_ROWS, step / 1e9))
            at += _IDLE_ROWS
        else:
            at += step * scale
        places[moment] = at
    heights: list[float] = []
    for event in trace.events:
        past = [m for m in moments if m <= event.t]
        heights.append(places[past[-1]] if past else 0.6)
    return Layout(heights, at + 1.2, gaps)


def spans(trace: Trace, layout: Layout) -> list[Span]:
    """The states of every connection, each in the first lane that was free when it began."""
    found: list[Span] = []
    current: dict[tuple[str, str, str], Span] = {}
    for event, height in zip(trace.events, layout.heights, strict=True):
        change = event.record
        if not isinstance(change, Change) or not change.moved:
            continue
        key = (change.host, change.local, change.peer)
        if key not in current and change.before is not None and change.before.state != "LISTEN":
            # It was there before this trace begins.
            current[key] = Span(change.host, change.before.state, _free(current, change.host), 0.0)
            found.append(current[key])
        lane = _end_span(current, key, height)
        if change.after is not None and change.state != "LISTEN":
            free = _free(current, change.host) if lane is None else lane
            current[key] = Span(change.host, change.state, free, height)
            found.append(current[key])
    return found


def _free(current: dict[tuple[str, str, str], Span], host: str) -> int:
    taken = {span.lane for span in current.values() if span.host == host}
    return next(n for n in range(len(taken) + 1) if n not in taken)


def _end_span(
    current: dict[tuple[str, str, str], Span], key: tuple[str, str, str], height: float
) -> int | None:
    span = current.pop(key, None)
    if span is None:
        return None
    span.bottom = height
    return span.lane


def depths(trace: Trace, layout: Layout) -> dict[str, list[tuple[float, float]]]:
    """``(height, value)`` by gauge, for those gauges that are ever above zero.

    The gauges are ``SYN queue``, ``accept queue`` and ``unread bytes``, each the sum over all
    sockets of all hosts that listen or receive.
    """
    totals: dict[str, dict[object, float]] = {}
    found: dict[str, list[tuple[float, float]]] = {}
    for event, height in zip(trace.events, layout.heights, strict=True):
        for gauge, key, value in _readings(event):
            totals.setdefault(gauge, {})[key] = value
            points = found.setdefault(gauge, [(0.0, 0.0)])
            total = sum(totals[gauge].values())
            if total != points[-1][1]:
                points.append((height, total))
    return {gauge: found[gauge] for gauge in GAUGES if len(found.get(gauge, ())) > 1}


def _readings(event: Event) -> list[tuple[str, object, float]]:
    record = event.record
    if isinstance(record, Depth):
        key = (record.host, record.local)
        queues = record.queues
        return [("SYN queue", key, queues.syn), ("accept queue", key, queues.accept)]
    if isinstance(record, Change):
        # A FIN adds one to Recv-Q in CLOSE-WAIT; it is not a byte.
        unread = record.after.recv_q if record.after and record.state == "ESTAB" else 0
        return [("unread bytes", (record.host, record.local, record.peer), unread)]
    return []
