"""Draws how long each connection was in either queue, and how it left."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from math import ceil
from typing import Any

from helpers.errors import LabError
from helpers.figures import looks, marks
from helpers.figures.depths import ACCEPT, SYN
from helpers.figures.looks import Axes
from helpers.record.snapshot import table
from helpers.record.trace import Change, Trace

_COLOURS = {SYN: looks.SYN_QUEUE, ACCEPT: looks.ACCEPT_QUEUE}
_UNTIL = {SYN: "until its last ACK comes", ACCEPT: "until accept takes it"}
_TAKEN, _GONE, _STILL = "accept", "gone", "still there"
_HALF_OPEN = "SYN-RECV"
# Inches: left of the bars, below them for the axis and for the names; a bar, all of them, a line.
_LEFT, _FOOT, _NAMES, _PITCH, _MOST, _LINE = 1.35, 0.62, 0.55, 0.3, 4.2, 0.2


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
        return self.stays[0][0], self.end or _STILL


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


def passage(
    trace: Trace,
    ax: Axes | None = None,
    *,
    title: str = "Two queues, two reasons to wait",
    host: str = "server",
) -> Axes:
    """One bar a connection, from the moment its SYN came: how long it was in either queue.

    All begin at one line, so the picture does not depend on when each began. Raises ``LabError``
    if no connection came.
    """
    rows = passages(trace, host)
    waits = [_waits(row) for row in rows]
    longest = max(end for each in waits for _, _, end in each)
    unit, factor = ("seconds", 1.0) if longest >= 2 else ("milliseconds", 1000.0)
    pitch = min(_PITCH, _MOST / len(rows))
    high = pitch * (len(rows) + 0.2) + _NAMES + _FOOT
    within = (_LEFT / looks.WIDE, _FOOT, 1 - 0.2 / looks.WIDE, 1)
    with looks.picture(
        ax, looks.WIDE, high, title=title, alt=_told(rows, waits), within=within
    ) as ax:
        ax.set(xlim=(0, longest * factor * 1.13 or 1), ylim=(len(rows) + 0.7 + _NAMES / pitch, 0.5))
        for y, (row, stays) in enumerate(zip(rows, waits, strict=True), 1):
            _bar(ax, y, row, [(queue, a * factor, b * factor) for queue, a, b in stays])
        for y in range(1, len(rows) + 1, ceil(_LINE / pitch)):
            words = f"connection {y}" if y == 1 else str(y)
            marks.text(ax, -0.012, y, words, "right", size=looks.SMALL, gid="number",
                       transform=ax.get_yaxis_transform())  # fmt: skip
        _say_ends(ax, rows, waits, factor)
        _name_queues(ax, len(rows) + 0.62, waits, factor)
        marks.rows(ax, f"{unit} since its SYN came")
    return ax


def _waits(row: Passage) -> list[tuple[str, float, float]]:
    """Its stays, in seconds since it came."""
    came = row.stays[0][1]
    return [(queue, since - came, until - came) for queue, since, until in row.stays]


def _bar(ax: Axes, y: int, row: Passage, stays: list[tuple[str, float, float]]) -> None:
    for queue, since, until in stays:
        marks.box(ax, since, y - 0.32, until - since, 0.64, _COLOURS[queue],
                  gid=f"{queue}:{row.peer}")  # fmt: skip
    if row.end:
        colour, shape = (looks.DATA, "|") if row.end == _TAKEN else (looks.FAILS, "x")
        ax.plot(stays[-1][2], y, shape, color=colour, ms=11, mew=2.6, gid=f"{row.end}:{row.peer}")


def _say_ends(ax: Axes, rows: list[Passage], waits: list[Any], factor: float) -> None:
    """A word for each way of leaving, at the first that left so."""
    ends = [row.end or _STILL for row in rows]
    for end in dict.fromkeys(ends):
        at = ends.index(end)
        look: dict[str, Any] = {"color": looks.FAILS if end == _GONE else looks.TEXT}
        ax.annotate(end, (waits[at][-1][2] * factor, at + 1), (9, 0), textcoords="offset points",
                    va="center", size=looks.LABEL, gid=f"end:{end}", **look)  # fmt: skip


def _name_queues(ax: Axes, y: float, waits: list[Any], factor: float) -> None:
    """Below the last bar: the SYN queue at its left end, the accept queue where most of it is."""
    line = 0.24 / looks.inches(ax)[1]
    last = waits[-1][-1][2] * factor
    right = max(last, ax.get_xlim()[1] * 0.72)
    for queue, x, side in ((SYN, 0.0, "left"), (ACCEPT, right, "right")):
        if any(queue == name for each in waits for name, _, _ in each):
            marks.text(ax, x, y + line * 0.5, queue, side, bold=True, gid=f"name:{queue}")
            marks.text(ax, x, y + line * 1.5, _UNTIL[queue], side, size=looks.SMALL,
                       gid=f"until:{queue}")  # fmt: skip


def _told(rows: list[Passage], waits: list[Any]) -> str:
    """What the bars show; of times only which is longer, for the rest is chance."""
    one = "connection" if len(rows) == 1 else "connections"
    parts = [f"{len(rows)} {one}, a bar each, from the moment its SYN came."]
    for queue in (SYN, ACCEPT):
        found = [sum(b - a for name, a, b in each if name == queue) for each in waits]
        if any(found):
            parts.append(f"In the {queue}, {_UNTIL[queue]}, {_compared(found[0], found[-1])}.")
    ends = Counter(row.end or _STILL for row in rows)
    how = {_TAKEN: "left by accept", _GONE: "gone before", _STILL: "still there"}
    return " ".join([*parts, ", ".join(f"{n} {how[end]}" for end, n in ends.items()) + "."])


def _compared(first: float, last: float) -> str:
    if max(first, last) < 1.25 * min(first, last):
        return "the last stays about as long as the first"
    return f"the last stays {'longer' if last > first else 'shorter'} than the first"


def passage_table(trace: Trace, host: str = "server") -> str:
    """The text twin of ``passage``: how many connections went which way."""
    ways = Counter(row.way for row in passages(trace, host))
    rows = [(str(count), *way) for way, count in ways.items()]
    return table([("connections", "came into", "left by"), *rows])
