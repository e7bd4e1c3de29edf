"""Says where in a ladder everything goes: a height for each event.

Rule of this file: pure, no matplotlib. Heights grow downward and are in rows; one row
is the height of one label.

In steps, each event that a reader can see has a row, whatever time has passed. In
time, heights are proportional to time, except that idle gaps are shortened; each one
is returned as a ``Gap``, so that the axis can say how long it really was.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from itertools import pairwise
from math import inf
from statistics import median

from helpers.figures.dropped import dropped
from helpers.record.trace import (
    QUERIES,
    CallRecord,
    Change,
    Depth,
    Event,
    Note,
    PacketRecord,
    Trace,
)

_FLIGHT, _STEP, _BESIDE = 1.1, 1.0, 0.7
_WORDS = 0.6  # below a packet that arrived and was dropped, which is said there
_IDLE_ROWS, _ROWS_PER_EVENT, _FEWEST_ROWS = 2.6, 0.9, 14.0
_SAID = 0.8  # and so much between words at an event and the idle time behind it


@dataclass(frozen=True, slots=True)
class Gap:
    """A shortened idle time: where it is, and how long it was, in seconds."""

    top: float
    bottom: float
    seconds: float


def spread(heights: list[float], rooms: list[float]) -> list[float]:
    """Move labels down just as far as they need so that each has the ``room`` that it takes."""
    placed: list[float] = []
    free = -inf
    for height, room in zip(heights, rooms, strict=True):
        placed.append(max(height, free))
        free = placed[-1] + room
    return placed


@dataclass(slots=True)
class Layout:
    """Heights by event, and what they add up to.

    ``clock`` pairs seconds since the beginning with heights, for a time axis; empty in steps.
    ``rows`` is what the picture is sized for. It counts events and not time, so that two runs
    of one experiment give pictures of one size, which is what a notebook's text says of them.
    """

    heights: list[float]
    bottom: float
    rows: float
    gaps: list[Gap] = field(default_factory=list)
    clock: list[tuple[float, float]] = field(default_factory=list)


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
    ends = dropped(trace)
    for event in trace.events:
        if visible(event, queries):
            at += _room(event, previous)
            if previous is not None and _is_said(previous, ends):
                at += _WORDS
            previous = event
        heights.append(at)
    bottom = at + 1.2 + (_SAID if previous is not None and _is_said(previous, ends) else 0.0)
    return Layout(heights, bottom, bottom)


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


def moments(trace: Trace) -> list[int]:
    """When each event was at the latest: its time stamp, or its first effect on that host.

    Calls and sent packets carry exact stamps. A delivery, a state and a depth are stamped by
    the lab, a little after the fact; whatever the host did next was later than they were.
    """
    found = [event.t for event in trace.events]
    next_act: dict[str, int] = {}
    for at in range(len(found) - 1, -1, -1):
        event = trace.events[at]
        host, exact = _whose(event)
        if exact:
            next_act[host] = min(event.t, next_act.get(host, event.t))
        else:
            found[at] = max(_earliest(event), min(event.t, next_act.get(host, event.t)))
    return found


def _whose(event: Event) -> tuple[str, bool]:
    """The host at which an event happened, and whether its time stamp is exact."""
    record = event.record
    if isinstance(record, CallRecord):
        return record.host, True
    if isinstance(record, PacketRecord):
        sent = event.kind == "sent"
        return (record.origin if sent else record.destination), sent or event.kind == "lost"
    return (record.host, False) if isinstance(record, Change | Depth) else ("", True)


def _earliest(event: Event) -> int:
    return event.record.sent if isinstance(event.record, PacketRecord) else 0


def in_time(trace: Trace, queries: bool = False) -> Layout:
    """Heights proportional to time; idle time is shortened, and returned as gaps."""
    times = moments(trace)
    seen = {t for e, t in zip(trace.events, times, strict=True) if visible(e, queries)}
    if len(seen) < 2:
        return in_steps(trace, queries)
    marks = sorted(seen)
    steps = [b - a for a, b in pairwise(marks)]
    limit = _idle_limit(trace, times, steps)
    marks = sorted({*marks, *_late_ends(trace, times, marks, limit)})
    steps = [b - a for a, b in pairwise(marks)]
    rows = max(_FEWEST_ROWS, _ROWS_PER_EVENT * sum(visible(e, queries) for e in trace.events))
    scale = rows / sum(s for s in steps if s <= limit)
    said = _said(trace, times)
    layout = _placed(times, marks, steps, limit, scale, set(said))
    layout.rows = rows + _IDLE_ROWS + _SAID * len(said)
    return layout


def _late_ends(trace: Trace, times: list[int], marks: list[int], limit: float) -> list[int]:
    """When sockets ended long after what can be seen before it: a timer of the kernel ran out."""
    ends = [
        t
        for event, t in zip(trace.events, times, strict=True)
        if isinstance(event.record, Change) and event.record.after is None and t > marks[0]
    ]
    return [t for t in ends if t - marks[bisect_right(marks, t) - 1] > limit]


def _said(trace: Trace, times: list[int]) -> list[int]:
    """When packets arrived of which words beside them say that they were dropped."""
    ends = dropped(trace)
    return [t for event, t in zip(trace.events, times, strict=True) if _is_said(event, ends)]


def _is_said(event: Event, ends: dict[PacketRecord, str]) -> bool:
    """Whether words beside this arrival say what became of it."""
    return event.kind == "delivered" and event.record in ends


def _idle_limit(trace: Trace, times: list[int], steps: list[int]) -> float:
    """Nanoseconds that may pass before a pause is idle time, and is cut short.

    Twice the longest flight, so that a slow wire is never taken for a pause; five times what
    is usual between two events; and 20 ms, or a twentieth of the whole if that is more (but not
    more than 100 ms), which a busy machine may take for nothing.
    """
    flights = [
        t - event.record.sent
        for event, t in zip(trace.events, times, strict=True)
        if event.kind == "delivered"
        and isinstance(event.record, PacketRecord)
        and not event.record.waited
    ]
    little = min(max(2e7, sum(steps) / 20), 1e8)
    return max(2.0 * max(flights, default=0), 5.0 * median(steps), little)


def _placed(
    times: list[int],
    marks: list[int],
    steps: list[int],
    limit: float,
    scale: float,
    said: set[int],
) -> Layout:
    """Idle time begins below the words that stand at an event, if there are any."""
    at, places, gaps = 0.6, [0.6], []
    for mark, step in zip(marks, steps, strict=False):
        if step > limit:
            at += _SAID if mark in said else 0.0
            gaps.append(Gap(at, at + _IDLE_ROWS, step / 1e9))
        at += _IDLE_ROWS if step > limit else step * scale
        places.append(at)
    heights = [places[max(0, bisect_right(marks, t) - 1)] for t in times]
    at += _SAID if marks[-1] in said else 0.0
    clock = [((mark - marks[0]) / 1e9, y) for mark, y in zip(marks, places, strict=True)]
    return Layout(heights, at + 1.2, at + 1.2, gaps, clock)
