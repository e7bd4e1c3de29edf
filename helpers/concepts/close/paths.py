"""The path that each end of a connection took through TCP's states, with the reason of each step.

Rule of this file: pure; a trace in, dataclasses and text out. The states and their names are
those of RFC 9293, section 3.3.2, as ss(8) writes them.
"""

from __future__ import annotations

from dataclasses import dataclass

from helpers.errors import LabError
from helpers.record.snapshot import table
from helpers.record.trace import CallRecord, Change, Event, Note, PacketRecord, Trace


@dataclass(frozen=True, slots=True)
class Step:
    """``host`` went from one state to the next; ``why`` is a call, an arrival or a timer."""

    host: str
    before: str
    after: str
    why: str
    sent: str

    @property
    def label(self) -> str:
        """``close() / FIN``: what happened, and what was sent for it."""
        return f"{self.why} / {self.sent}" if self.sent else self.why


def path(trace: Trace, host: str) -> list[Step]:
    """Every step of the first connection of ``host`` that changes its state in the trace.

    A connection that is gone ends in ``CLOSED``. Raises ``LabError`` if nothing changed there.
    """
    moves = [n for n, e in enumerate(trace.events) if _moves(e, host)]
    if not moves:
        raise LabError(f"no connection of {host} changed its state in this trace")
    first = trace.events[moves[0]].record
    assert isinstance(first, Change)
    chosen = [n for n in moves if _ends(trace.events[n]) == (first.local, first.peer)]
    return [_step(trace.events, n, host) for n in chosen]


def _moves(event: Event, host: str) -> bool:
    change = event.record
    if not isinstance(change, Change) or change.host != host or not change.moved:
        return False
    return change.state != "LISTEN" and not change.peer.endswith(":*")


def _ends(event: Event) -> tuple[str, str]:
    assert isinstance(event.record, Change)
    return event.record.local, event.record.peer


def _step(events: list[Event], at: int, host: str) -> Step:
    change = events[at].record
    assert isinstance(change, Change)
    before = change.before.state if change.before else "CLOSED"
    after = change.after.state if change.after else "CLOSED"
    return Step(host, before, after, _why(events[:at], host), _sent(events[at + 1 :], host))


def _why(earlier: list[Event], host: str) -> str:
    """The last call that began, packet that arrived, or thing done to the lab."""
    for event in reversed(earlier):
        record = event.record
        if isinstance(record, CallRecord) and event.kind == "begin" and record.host == host:
            return record.text
        if isinstance(record, PacketRecord) and event.kind == "delivered":
            if record.destination == host:
                return f"{_named(record)} arrives"
        if isinstance(record, Note):
            return record.text
    return "a timer"


def _sent(later: list[Event], host: str) -> str:
    """What the host sent before anything else happened to it."""
    kinds: list[str] = []
    for event in later:
        record = event.record
        if isinstance(record, PacketRecord) and record.origin == host and event.kind == "sent":
            kinds.append(record.packet.kind)
        elif isinstance(record, PacketRecord) and event.kind == "delivered":
            if record.destination == host:
                break
        elif isinstance(record, CallRecord) and event.kind == "begin" and record.host == host:
            break
    return ", ".join(dict.fromkeys(kinds))


def _named(record: PacketRecord) -> str:
    """FIN, or the ACK; a FIN that carries news of ours as well is a FIN."""
    return record.packet.kind


def path_table(trace: Trace) -> str:
    """The text twin of the diagram: each step of each host, in order."""
    steps = [step for host in trace.hosts for step in path(trace, host)]
    rows = [(s.host, s.before, s.after, s.why, s.sent or "-") for s in steps]
    return table([("host", "from", "to", "because", "and sent"), *rows])
