"""Tells a run step by step: what happens, and what each socket, queue and call is then.

A step is what has a row in a ladder: a packet that leaves, arrives or is lost, a call that begins
or ends (one that returns at once is one step), a note. What the lab saw change behind it
belongs to it.

Rule of this file: pure; a trace in, plain values out, which are JSON as they are.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from helpers.figures.beginnings import beginning
from helpers.figures.layout import in_steps, moments, visible
from helpers.figures.spelling import Spelling
from helpers.record.sockstate import Row
from helpers.record.trace import (
    CallRecord,
    Change,
    Counter,
    Depth,
    Event,
    Note,
    PacketRecord,
    Trace,
)

# What differs at a host, for whoever keeps a picture of it:
# ["socket", host, key, cells or None], ["queue", host, local, syn, accept, limit], with None alone
# when the listener is gone,
# ["call", host, key, text, outcome or None while it blocks]
Difference = list[Any]


@dataclass(slots=True)
class Step:
    """``row`` is its height in the ladder, ``ms`` the time since the trace began.

    ``packet`` is the number of its packet, or 0; ``call`` the height at which its call's text
    stands. ``followed`` has pairs of a host and of what the lab saw there behind it.
    """

    kind: str
    who: str
    text: str
    row: float
    ms: float
    packet: int = 0
    followed: list[tuple[str, str]] = field(default_factory=list)
    differences: list[Difference] = field(default_factory=list)


def steps(trace: Trace, earlier: Trace | None = None) -> tuple[list[Difference], list[Step]]:
    """What is there before the first step, and the steps.

    A trace that begins in the middle of a run tells only of sockets and queues that take part in
    it; the others, and calls that sleep, are known if ``earlier`` has what happened before.
    """
    told = _Telling(trace)
    if earlier is not None:
        before, past = steps(earlier)
        told.before = _settled([*before, *(d for step in past for d in step.differences)])
    times, rows = moments(trace), in_steps(trace).heights
    for event, t, row in zip(trace.events, times, rows, strict=True):
        told.event(event, t, row)
    return told.before, told.steps


def _settled(differences: list[Difference]) -> list[Difference]:
    """Of each socket, queue and call the last word, unless that is its end."""
    last: dict[tuple[Any, ...], Difference] = {tuple(d[:3]): d for d in differences}
    return [d for d in last.values() if (d[4] is None if d[0] == "call" else d[3] is not None)]


class _Telling:
    """One trace in progress."""

    def __init__(self, trace: Trace) -> None:
        self.steps: list[Step] = []
        self.before: list[Difference] = []
        self._first = trace.events[0].t if trace.events else 0
        self._last: Event | None = None
        self._owners = _owners(trace)
        self._spelling = Spelling(trace)
        self._there(trace)

    def _there(self, trace: Trace) -> None:
        """Sockets that were there before it and take part in it, and queues of listeners."""
        start = beginning(trace)
        for key, row in start.rows.items():
            self.before.append(self._socket(Change(*key, None, row), row))
        for (host, local), each in start.queues.items():
            self.before.append(["queue", host, local, each.syn, each.accept, each.limit])

    def event(self, event: Event, t: int, row: float) -> None:
        """Begin a step with it, or say that it followed the last one."""
        record = event.record
        if visible(event):
            again = self._last is not None and self._last.record is record and event.kind == "end"
            if not again:
                ms = (t - self._first) / 1e6
                self.steps.append(Step("", "", "", row, round(ms, 3)))
            self._last = event
        if isinstance(record, CallRecord):
            self._call(event, record)
        elif isinstance(record, PacketRecord):
            self._packet(event, record)
        elif isinstance(record, Note):
            self.steps[-1].kind, self.steps[-1].text = "note", record.text
        else:
            self._followed(record)

    def _call(self, event: Event, call: CallRecord) -> None:
        if not visible(event):
            return
        step = self.steps[-1]
        begins = event.kind == "begin"
        text, outcome = self._spelling.text(call), None
        if not begins:
            outcome = self._spelling.outcome(call).strip() or "returns"
        step.kind, step.who = "call", call.process if "-child" in call.process else call.host
        step.text = f"{text} …" if begins else self._spelling.whole(call)
        step.differences.append(["call", call.host, f"{call.process} {call.begin}", text, outcome])

    def _packet(self, event: Event, record: PacketRecord) -> None:
        step = self.steps[-1]
        step.packet = record.number
        step.kind = event.kind
        step.who = f"{record.source} > {record.destination}"
        step.text = record.packet.kind + "  " + record.text
        waited = {"sent": "held", "delivered": "released"} if record.waited else {}
        note = record.verdict if event.kind == "lost" else waited.get(event.kind, "")
        step.text += f"  ({note})" if note else ""

    def _followed(self, record: Change | Depth | Counter) -> None:
        differences = self.steps[-1].differences if self.steps else self.before
        words = ""
        match record:
            case Change():
                differences.append(self._socket(record, record.after))
                if record.after is None and record.before and record.before.state == "LISTEN":
                    differences.append(["queue", record.host, record.local, None])
                if record.moved:
                    words = f"{record.state}  {_where(record)}"
            case Depth():
                queues = record.queues
                numbers = [queues.syn, queues.accept, queues.limit]
                differences.append(["queue", record.host, record.local, *numbers])
                words = f"{queues}  {record.local}"
            case Counter() if record.notable:
                words = f"{record.name} +{record.by}"
        if words and self.steps:
            self.steps[-1].followed.append((record.host, words))

    def _socket(self, change: Change, row: Row | None) -> Difference:
        key = "|".join(map(str, _key(change)[1:]))
        if row is None:
            return ["socket", change.host, key, None]
        owner = self._owners.get(row.inode, change.host) if row.inode else "none"
        queues = [str(row.recv_q), str(row.send_q)]
        return ["socket", change.host, key, [row.state, *queues, change.local, change.peer, owner]]


def _where(change: Change) -> str:
    return change.local if change.peer.endswith(":*") else f"{change.local} {change.peer}"


def _key(change: Change) -> tuple[Any, ...]:
    """What tells a socket from all others, listeners that share a port too."""
    row = change.after or change.before
    if row is None:
        return change.host, change.local, change.peer
    inode = row.inode if row.state == "LISTEN" else 0
    return change.host, *row.local, *row.peer, inode


def _owners(trace: Trace) -> dict[int, str]:
    """The processes that called a socket by its descriptor, by its inode."""
    found: dict[int, list[str]] = {}
    for call in trace.calls:
        if call.inode and call.process not in (known := found.setdefault(call.inode, [])):
            known.append(call.process)
    return {inode: ", ".join(names) for inode, names in found.items()}
