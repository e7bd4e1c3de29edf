"""Keep the ordered record of one run: calls, packets, socket changes, counters, on one clock.

A trace holds *records* (a call, a packet: things that last) and *events* (their
beginnings and ends, in the order in which the lab settled them). Times are
``CLOCK_MONOTONIC`` nanoseconds, the same clock in every process of a lab.

Rules of this file: pure; records are filled in by the lab and only read by figures.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import TypeVar

from helpers.record import capture
from helpers.record.loops import loop
from helpers.record.packet import Packet
from helpers.record.roles import Roles, numbers
from helpers.record.sockets import Sockets
from helpers.record.sockstate import Row

# Calls that only ask; they are recorded, and a ladder leaves them out.
QUERIES = frozenset({"getsockopt", "getsockname", "getpeername"})
# Counters that a reader is told of; the others move with every segment.
NOTABLE = ("Listen", "Syncookies", "TCPReqQ", "TCPAbort", "TCPTimeWait", "TWRecycled", "PAWS")
NOTABLE_TCP = ("Tcp.RetransSegs", "Tcp.AttemptFails", "Tcp.EstabResets", "Tcp.OutRsts")


@dataclass(slots=True, eq=False)
class CallRecord:
    """One socket call: begins, and ends with a result or an errno; ``end`` is None while blocked.

    ``text`` reads like Python (``recv(1024)``), ``line`` like strace (``recv(4, 1024)``);
    ``result`` is text, ``error`` an errno's name or an exception's. ``kernel`` is False for a
    call that Python itself refused. ``inode`` tells its socket, ``made`` one that it returned.
    """

    host: str
    process: str
    name: str
    text: str
    line: str
    begin: int
    fd: int = -1
    inode: int = 0
    end: int | None = None
    result: str = ""
    error: str = ""
    kernel: bool = True
    size: int | None = None
    made: int = 0

    @property
    def told(self) -> str:
        """``line``, behind the name of the process if that is a child of another."""
        child = self.process != self.host and "-child" in self.process
        return f"{self.process}: {self.line}" if child else self.line

    @property
    def outcome(self) -> str:
        """`` = 5``, `` = ECONNREFUSED``, `` ...`` while blocked, or nothing for a bare success."""
        if self.end is None:
            return " ..."
        if self.error:
            return f" = {self.error}" if self.kernel else f" raises {self.error} (no system call)"
        return f" = {self.result}" if self.result else ""

    def __str__(self) -> str:
        return f"{self.text}{self.outcome}"


@dataclass(slots=True, eq=False)
class PacketRecord:
    """One packet on the wire, from the moment it was sent to its end.

    ``verdict`` is ``in flight``, ``held``, ``delivered``, or a reason for its loss:
    ``dropped``, ``cut`` (the wire was), ``nobody`` (no host has that address), ``folded`` (it
    repeats another one), ``cleared`` (the lab was closed first). ``copies`` is how many were
    folded into this one. ``sent`` is the kernel's own time stamp. ``seq`` and ``ack``
    are relative. ``origin`` is empty for a packet that was injected. ``probe`` is ``window
    probe`` or ``keepalive`` for a segment that only asks the peer to answer.
    """

    number: int
    packet: Packet
    origin: str
    source: str
    destination: str
    src: str
    dst: str
    seq: int
    ack: int
    sent: int
    delivered: int | None = None
    lost: int | None = None
    verdict: str = "in flight"
    waited: bool = False
    again: bool = False
    injected: bool = False
    copies: int = 0
    probe: str = ""

    @property
    def text(self) -> str:
        """The packet without its hosts: ``S 0:0(0) win 64240``."""
        return numbers(self.packet, self.seq, self.ack)

    def __str__(self) -> str:
        notes = [n for n, on in (("again", self.again), ("injected", self.injected)) if on]
        notes += [self.probe] if self.probe else []
        tail = f"  ({', '.join(notes)})" if notes else ""
        return f"{self.source} > {self.destination}  {self.text}{tail}"

    __repr__ = __str__


@dataclass(frozen=True, slots=True)
class Change:
    """One socket of ``host`` appeared (``before`` is None), changed, or vanished.

    ``expired`` says that it vanished because a timer of the kernel ran out.
    """

    host: str
    local: str
    peer: str
    before: Row | None
    after: Row | None
    expired: bool = False

    @property
    def state(self) -> str:
        """The state after the change; ``gone`` when the socket is no more."""
        return self.after.state if self.after else "gone"

    @property
    def moved(self) -> bool:
        """Whether the state itself changed, and not only a queue's depth."""
        return (self.before.state if self.before else "gone") != self.state


@dataclass(frozen=True, slots=True)
class Queues:
    """A listener's queues: embryos in the SYN queue, connections to accept, and the backlog."""

    syn: int
    accept: int
    limit: int

    def __str__(self) -> str:
        return f"SYN queue {self.syn}, accept queue {self.accept}, limit {self.limit}"

    __repr__ = __str__


@dataclass(frozen=True, slots=True)
class Depth:
    """A listener's queues at one moment, recorded when they differ from before."""

    host: str
    local: str
    queues: Queues


@dataclass(frozen=True, slots=True)
class Counter:
    """A counter of ``host`` moved by ``by``."""

    host: str
    name: str
    by: int

    @property
    def notable(self) -> bool:
        """Whether a reader wants to know; counts of plain segments are not notable."""
        return self.name.startswith(NOTABLE) or self.name in NOTABLE_TCP


@dataclass(frozen=True, slots=True)
class Note:
    """Something done to the lab itself: a kill, a cut wire, a sysctl."""

    text: str


R = TypeVar("R")
Record = CallRecord | PacketRecord | Change | Depth | Counter | Note


@dataclass(frozen=True, slots=True)
class Event:
    """``kind`` is begin, end, sent, delivered, lost, change, depth, counter or note."""

    kind: str
    t: int
    record: Record


@dataclass(slots=True)
class Trace:
    """Events in their order. ``str(trace)`` is the text twin of every figure drawn from it.

    What the kernel's own clocks do while a reader thinks stands apart, in ``meanwhile``, with the
    number of events before it: segments sent again, which the wire folded into those that they
    repeat, and the ends of TIME-WAIT. How many there are depends on the reader, and not on the
    experiment; ``with_copies()`` has them in their places.

    ``earlier`` is what happened before a trace that begins in the middle of a run: no line of its
    text, but a figure knows from it what was there when it begins.
    """

    hosts: tuple[str, ...] = ()
    roles: Roles = field(default_factory=Roles)
    events: list[Event] = field(default_factory=list)
    wire: bool = True
    meanwhile: list[tuple[int, Event]] = field(default_factory=list)
    sockets: Sockets = field(default_factory=Sockets)
    earlier: list[Event] = field(default_factory=list)

    def add(self, kind: str, t: int, record: Record) -> None:
        """Append one event; the lab calls this, a notebook does not."""
        self.events.append(Event(kind, t, record))

    def add_meanwhile(self, kind: str, t: int, record: Record) -> None:
        """Append what happens by itself, however long it takes until the next event."""
        self.meanwhile.append((len(self.events), Event(kind, t, record)))

    def mark(self) -> int:
        """A place in the record to come back to with ``since``."""
        return len(self.events)

    def since(self, mark: int) -> Trace:
        """The same trace from ``mark`` on; records are shared, not copied."""
        known: set[tuple[str, str, str]] = set()
        kept: list[Event] = []
        for event in self.events[mark:]:
            if isinstance(change := event.record, Change):
                key = change.host, change.local, change.peer
                if change.expired and key not in known:
                    continue  # a socket from before the mark, and no doing of what came after it
                known.add(key)
            kept.append(event)
        # (A socket that is left out here moves what is behind it up by one, which nobody sees.)
        aside = [(max(0, n - mark), event) for n, event in self.meanwhile if n >= mark]
        earlier = [*self.earlier, *self.events[:mark]]
        return Trace(self.hosts, self.roles, kept, self.wire, aside, self.sockets, earlier)

    def with_copies(self) -> Trace:
        """The same trace with everything that happened meanwhile among its events."""
        events: list[Event] = []
        aside = iter([*self.meanwhile, (len(self.events) + 1, None)])
        place, found = next(aside)
        for n in range(len(self.events) + 1):
            while found is not None and place <= n:
                events.append(found)
                place, found = next(aside)
            events += self.events[n : n + 1]
        return replace(self, events=events, meanwhile=[])

    @property
    def calls(self) -> list[CallRecord]:
        """Every call that begins or ends in this trace, in order of beginning."""
        return self._records(CallRecord)

    @property
    def packets(self) -> list[PacketRecord]:
        """Every packet, dropped and held ones included, in the order in which they were sent.

        Not those that the wire folded; ``with_copies().packets`` has them too.
        """
        return self._records(PacketRecord)

    @property
    def changes(self) -> list[Change]:
        """Every change of a socket, in order."""
        return self._records(Change)

    def _records(self, kind: type[R]) -> list[R]:
        return list(dict.fromkeys(e.record for e in self.events if isinstance(e.record, kind)))

    def lines(self, copies: bool = False) -> Iterator[str]:
        """One line per event; equal in two runs of one experiment. A loop is told once.

        With ``copies`` also what happened meanwhile, see ``with_copies``.
        """
        if copies:
            yield from self.with_copies().lines()
            return
        told = [
            (text, isinstance(e.record, CallRecord))
            for at, e in enumerate(self.events)
            if (text := self._line(e, at))
        ]
        at = 0
        while at < len(told):
            size, times = loop(told, at)
            yield from (self._padded(text) for text, _ in told[at : at + size])
            at += size * times
            if times > 1:
                who = told[at - 1][0].partition("\t")[0]
                yield self._padded(f"{who}\tthe same, again and again")

    def _padded(self, text: str) -> str:
        """Who stands in a column as wide as the longest name of a host, and 8 at least."""
        who, _, what = text.partition("\t")
        return f"{who:<{max([8, *(len(host) + 1 for host in self.hosts)])}}{what}"

    def _later(self, at: int) -> Iterator[Event]:
        return (self.events[n] for n in range(at + 1, len(self.events)))

    def _line(self, event: Event, at: int) -> str:
        record = event.record
        if isinstance(record, CallRecord):
            return _call_line(event, record, self._later(at))
        if isinstance(record, PacketRecord):
            return _packet_line(event, record)
        if isinstance(record, Change):
            return _change_line(record)
        if isinstance(record, Depth):
            return f"{record.host}\t  queues  {record.local}  {record.queues}"
        if isinstance(record, Counter):
            return f"{record.host}\t  counter {record.name} +{record.by}" if record.notable else ""
        return f"--\t  {record.text}"

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the packets to a pcapng file for Wireshark, verdicts as packet comments.

        Copies that the wire folded are among them: a capture shows what was sent.
        """
        packets = self.with_copies().packets
        capture.save(((p.sent, p.packet.raw, p.verdict) for p in packets), os.fspath(path))

    def __str__(self) -> str:
        return "\n".join(self.lines())

    __repr__ = __str__

    def __len__(self) -> int:
        return len(self.events)


def _call_line(event: Event, call: CallRecord, later: Iterable[Event]) -> str:
    """One line for a call that returned at once; two when something happened meanwhile."""
    at_once = next((e.record is call for e in later if _speaks(e)), False)
    if event.kind == "begin":
        return "" if at_once else f"{call.host}\t{call.told} ..."
    return f"{call.host}\t{call.told}{call.outcome}"


def _speaks(event: Event) -> bool:
    return not isinstance(event.record, Counter) or event.record.notable


def _packet_line(event: Event, record: PacketRecord) -> str:
    if event.kind == "sent":
        return f"\t{record}  [held]" if record.waited else ""
    if event.kind == "delivered":
        return f"\t{record}" + ("  [released]" if record.waited else "")
    return f"\t{record}  [{record.verdict}]"


def _change_line(change: Change) -> str:
    if not change.moved:
        return ""
    where = change.local if change.peer.endswith(":*") else f"{change.local} {change.peer}"
    return f"{change.host}\t  state   {where}  {change.state}"
