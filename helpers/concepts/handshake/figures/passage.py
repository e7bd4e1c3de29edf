"""Draws how long each connection was in either queue, and how deep the queues were meanwhile."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from helpers.errors import LabError
from helpers.figures import looks
from helpers.figures.depths import ACCEPT, SYN
from helpers.figures.looks import Axes
from helpers.figures.queues import queues
from helpers.record.snapshot import table
from helpers.record.trace import Change, Trace

_COLOURS = {SYN: looks.SYN_QUEUE, ACCEPT: looks.ACCEPT_QUEUE}
_TAKEN, _GONE = "accept", "gone"
_HALF_OPEN = "SYN-RECV"
_LEFT, _WIDE = 0.11, 0.77  # of both pictures, as parts of the figure


@dataclass(slots=True)
class Passage:
    """One connection at its server.

    ``stays`` are ``(queue, from, to)`` in order, in seconds since the trace began; a stay that
    the trace does not see the end of lasts as long as the trace. ``end`` is ``accept``, ``gone``
    (it ended before anybody took it), or "" if it still waits.
    """

    peer: str
    stays: list[tuple[str, float, float]] = field(default_factory=list)
    end: str = ""

    @property
    def way(self) -> tuple[str, str]:
        """Where it came in and how it left. Whether it waited for ``accept`` is left out: where
        the two happen at the same time, chance decides."""
        return self.stays[0][0], self.end or "still there"


def passages(trace: Trace, host: str = "server") -> list[Passage]:
    """Every connection that came into a queue of ``host``, in the order in which they came.

    Raises ``LabError`` if there is none.
    """
    found: dict[tuple[str, str], Passage] = {}
    start, last = trace.events[0].t, trace.events[-1].t
    for event in trace.events:
        change = event.record
        if isinstance(change, Change) and change.host == host:
            _take_in(found, change, (event.t - start) / 1e9, (last - start) / 1e9)
    entered = [passage for passage in found.values() if passage.stays]
    if not entered:
        raise LabError(f"no connection came into a queue of {host!r} in this trace")
    return entered


def _take_in(
    found: dict[tuple[str, str], Passage], change: Change, now: float, last: float
) -> None:
    passage = found.setdefault((change.local, change.peer), Passage(change.peer))
    where = _where(change)
    if passage.end or (passage.stays and passage.stays[-1][0] == where):
        return
    if passage.stays:
        queue, since, _ = passage.stays[-1]
        passage.stays[-1] = (queue, since, now)
    if where in _COLOURS:
        passage.stays.append((where, now, last))
    elif passage.stays:
        passage.end = where


def _where(change: Change) -> str:
    """Which queue holds it after this change; otherwise how it left."""
    row = change.after
    if row is None:
        return _GONE
    if row.state == _HALF_OPEN and not row.inode:
        return SYN
    return _TAKEN if row.inode else ACCEPT


def passage(trace: Trace, ax: Axes | None = None, *, host: str = "server") -> Axes:
    """One bar a connection, above; the depth of both queues on the same axis of time, below.

    With ``ax`` only the bars are drawn. Raises ``LabError`` if no connection came.
    """
    rows = passages(trace, host)
    alone, high = ax is None, 0.24 * len(rows)
    whole = high + 2.9
    with looks.picture(ax, 8.4, whole, within=(_LEFT, 2.6, _LEFT + _WIDE, 1 - 0.1 / whole)) as ax:
        factor = 1 if rows[-1].stays[-1][2] >= 1 else 1000
        for y, row in enumerate(rows, 1):
            _bar(ax, y, row, factor)
        ax.set(ylim=(len(rows) + 0.8, 0.2), ylabel="connections, as they came")
        if alone:
            lower = ax.figure.add_axes((_LEFT, 0.55 / whole, _WIDE, 1.8 / whole))
            queues(trace, lower, by="time", host=host)
            ax.set_xlim(lower.get_xlim())
            ax.tick_params(labelbottom=False)
    return ax


def _bar(ax: Axes, y: int, row: Passage, factor: int) -> None:
    for queue, since, until in row.stays:
        ax.barh(y, (until - since) * factor, 0.62, since * factor, color=_COLOURS[queue],
                alpha=0.85, gid=f"{queue}:{row.peer}")  # fmt: skip
    if row.end:
        colour, shape = (looks.DATA, "|") if row.end == _TAKEN else (looks.STRONG, "x")
        ax.plot(row.stays[-1][2] * factor, y, shape, color=colour, ms=9, mew=2.2,
                gid=f"{row.end}:{row.peer}")  # fmt: skip


def passage_table(trace: Trace, host: str = "server") -> str:
    """The text twin of ``passage``: how many connections went which way."""
    ways = Counter(row.way for row in passages(trace, host))
    rows = [(str(count), *way) for way, count in ways.items()]
    return table([("connections", "came into", "left by"), *rows])
