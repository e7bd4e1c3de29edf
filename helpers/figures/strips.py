"""Finds the strips of colour on a ladder's rails: which socket was in which state, and where.

Rule of this file: pure, no matplotlib.
"""

from __future__ import annotations

from dataclasses import dataclass

from helpers.figures.layout import Layout
from helpers.record.trace import Change, Trace

_Key = tuple[str, str, str]


@dataclass(slots=True)
class Span:
    """A state of one socket on one host, from ``top`` to ``bottom`` (None: to the end).

    ``lane`` counts strips outward from the rail. A listener has lane -1: it is furniture.
    """

    host: str
    state: str
    lane: int
    top: float
    bottom: float | None = None


def spans(trace: Trace, layout: Layout) -> list[Span]:
    """The states of every socket, each connection in the first lane that was free.

    A connection that was there before the trace begins is drawn from its upper edge on, in
    the state that its first change says it had. One that never changes is not in the trace.
    """
    found: list[Span] = []
    current: dict[_Key, Span] = {}
    firsts: dict[_Key, Change] = {}
    for change in trace.changes:
        firsts.setdefault(_key(change), change)
    for key, change in firsts.items():
        if change.before is not None:
            _open(found, current, key, change.before.state, 0.0)
    for event, height in zip(trace.events, layout.heights, strict=True):
        if isinstance(event.record, Change) and event.record.moved:
            _turn(found, current, event.record, height)
    return found


def _turn(found: list[Span], current: dict[_Key, Span], change: Change, height: float) -> None:
    """End the socket's old state at ``height``, and begin the new one in the same lane."""
    old = current.pop(_key(change), None)
    if old is not None:
        old.bottom = height
    if change.after is not None:
        lane = old.lane if old and old.state != "LISTEN" else None
        _open(found, current, _key(change), change.state, height, lane)


def _open(
    found: list[Span],
    current: dict[_Key, Span],
    key: _Key,
    state: str,
    top: float,
    lane: int | None = None,
) -> None:
    taken = {span.lane for (host, _, _), span in current.items() if host == key[0]}
    if lane is None:
        lane = -1 if state == "LISTEN" else next(n for n in range(len(taken) + 1) if n not in taken)
    current[key] = Span(key[0], state, lane, top)
    found.append(current[key])


def _key(change: Change) -> _Key:
    return change.host, change.local, change.peer
