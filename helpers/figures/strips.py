"""Finds the strips of colour on a ladder's rails: which socket was in which state, and where.

Rule of this file: pure, no matplotlib.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count

from helpers.figures.beginnings import Key, beginning, key_of
from helpers.figures.layout import Layout
from helpers.record.trace import Change, Trace


@dataclass(slots=True)
class Span:
    """A state of one socket on one host, from ``top`` to ``bottom`` (None: to the end).

    ``lane`` counts strips outward from the rail. A listener has lane -1, or -2 if there is another:
    it lies below the first one. ``local`` and ``peer`` are its ends, as the trace names them.
    """

    host: str
    state: str
    lane: int
    top: float
    bottom: float | None = None
    local: str = ""
    peer: str = ""


def spans(trace: Trace, layout: Layout) -> list[Span]:
    """The states of every socket, each connection in the first lane that was free.

    A socket that was there before the trace begins, and takes part in it, is drawn from its
    upper edge on, in the state that it had; also one that never changes.
    """
    found: list[Span] = []
    current: dict[Key, Span] = {}
    for key, row in beginning(trace).rows.items():
        _open(found, current, key, row.state, 0.0)
    for event, height in zip(trace.events, layout.heights, strict=True):
        if isinstance(event.record, Change) and event.record.moved:
            _turn(found, current, event.record, height)
    return found


def names(trace: Trace, of: list[Span]) -> dict[tuple[str, int], str]:
    """What each lane's socket is called, by host and lane; nothing for a host of which two sockets
    have the same lane, one after the other, or that has but one."""
    known = trace.sockets.names(trace.calls)
    rows = [
        *beginning(trace).rows.items(),
        *(
            (key_of(change), row)
            for change in trace.changes
            for row in (change.before, change.after)
        ),
    ]
    called = {key: known[row.inode] for key, row in rows if row and row.inode in known}
    found: dict[str, dict[int, set[str]]] = {}
    for span in of:
        if span.lane >= 0:
            name = called.get((span.host, span.local, span.peer), "")
            found.setdefault(span.host, {}).setdefault(span.lane, set()).add(name)
    clear = {h: lanes for h, lanes in found.items() if all(len(n) == 1 for n in lanes.values())}
    return {
        (h, n): name for h, lanes in clear.items() if len(lanes) > 1 for n, (name,) in lanes.items()
    }


def _turn(found: list[Span], current: dict[Key, Span], change: Change, height: float) -> None:
    """End the socket's old state at ``height``, and begin the new one in the same lane."""
    old = current.pop(key_of(change), None)
    if old is not None:
        old.bottom = height
    if change.after is not None:
        lane = old.lane if old and old.state != "LISTEN" else None
        _open(found, current, key_of(change), change.state, height, lane)


def _open(
    found: list[Span],
    current: dict[Key, Span],
    key: Key,
    state: str,
    top: float,
    lane: int | None = None,
) -> None:
    taken = {span.lane for (host, _, _), span in current.items() if host == key[0]}
    if lane is None:
        places = count(-1, -1) if state == "LISTEN" else count()
        lane = next(place for place in places if place not in taken)
    current[key] = Span(key[0], state, lane, top, None, *key[1:])
    found.append(current[key])
