"""Turns what processes and kernels report into the trace.

Rule of this file: it appends to the trace and touches nothing else; the sequencer
decides when it is called, and calls it from one thread only.

It knows of no rule and no reader. Two looks at a host give what has changed in between, never
why: the why is the order, for the sequencer lets one thing happen between two looks. What the
kernel's own timers do has no cause in the lab; the timer that the last look saw tells it, and what
depends on how long a reader thinks (the end of TIME-WAIT, a segment sent again) is recorded beside
the trace and not in it.
"""

from __future__ import annotations

import time

from helpers.inside import codec
from helpers.inside.messages import Begin, End
from helpers.lab.calltext import PYTHONS_OWN, Endpoint, failure, result, spell
from helpers.lab.kernel import Kernel
from helpers.lab.process import Process
from helpers.lab.table import Key, Rows, Table, essence, queues_of
from helpers.record.copies import Retransmissions
from helpers.record.packet import Packet, decode
from helpers.record.probes import Probes
from helpers.record.roles import rank
from helpers.record.sockstate import Row, moved
from helpers.record.trace import (
    CallRecord,
    Change,
    Counter,
    Depth,
    Note,
    PacketRecord,
    Queues,
    Trace,
)

Address = tuple[str, int]
# A host that nothing touched is looked at all the same if it was not for so long, in ns.
_STALE = 50_000_000
NEVER = 1 << 62
# A timer of the kernel's may run out a tick early or late; nanoseconds.
_EARLY, _LATE = 100_000_000, 30_000_000
_ADDRESSED = ("bind", "connect", "connect_ex", "sendto")


class Observer:
    """Writes one lab's trace."""

    def __init__(self, trace: Trace) -> None:
        self.trace = trace
        self.kernels: dict[str, Kernel] = {}
        self.inodes: dict[str, set[int]] = {}
        self.everywhere: set[int] = set()  # sockets that were bound to any address
        self.count = True
        self._tables: dict[str, Table] = {}
        self._touched: dict[str, bool] = {}
        self._depths: dict[tuple[str, Key], Queues] = {}
        self._counters: dict[str, str] = {}
        self._looked: dict[str, int] = {}
        self._seen: dict[tuple[object, ...], int] = {}
        self._probes = Probes()
        self._packets = 0
        self._retransmissions = Retransmissions()

    def add_host(self, name: str, kernel: Kernel) -> None:
        """Watch one more host from now on."""
        self.kernels[name] = kernel
        self.inodes.setdefault(name, set())
        self._tables[name] = Table()
        self._counters[name] = kernel.counters_text() if self.count else ""

    def note(self, text: str) -> None:
        """Record something done to the lab itself."""
        self.trace.add("note", time.monotonic_ns(), Note(text))

    def begin(self, process: Process, told: Begin, t: int) -> CallRecord:
        """A call has begun, at ``t``."""
        name, fd, inode, args = told.name, told.fd, told.inode, codec.decode(told.args)
        for value in args if name in _ADDRESSED else ():
            if isinstance(value, tuple) and len(value) > 1 and isinstance(value[1], int):
                self.trace.roles.choose_port(value[1])
        text, line = spell(name, fd, args, self._endpoint(process.host))
        record = CallRecord(process.host, process.label, name, text, line, t, fd, inode)
        process.open[told.number] = (record, told.thread)
        where = args[0] if name == "bind" and args else None
        if isinstance(where, tuple) and where[:1] in (("",), ("0.0.0.0",)):
            self.everywhere.add(record.inode)
        self.inodes[process.host].add(record.inode)
        self.touch(process.host)
        self.trace.sockets.learn(record)
        self.trace.add("begin", t, record)
        return record

    def slept(self, process: Process, told: End) -> bool:
        """Whether anything happened since the call began that has ended now."""
        record, _ = process.open.get(told.number, (None, ""))
        return record is not None and self.trace.events[-1].record is not record

    def end(self, process: Process, told: End) -> CallRecord | None:
        """A call has ended."""
        value = codec.decode(told.value)
        record, _ = process.open.pop(told.number, (None, ""))
        self.touch(process.host)
        if record is None:
            return None
        record.end = told.t
        if told.ok:
            record.result, record.size = result(record.name, value, self._endpoint(process.host))
            record.made = self._learn_socket(process.host, value)
            self.trace.sockets.learn(record)
        else:
            record.error = failure(value.kind, value.text, value.code)
            record.kernel = value.kind not in PYTHONS_OWN
        self.trace.add("end", record.end, record)
        return record

    def _endpoint(self, host: str) -> Endpoint:
        return lambda address: self.trace.roles.endpoint(address, host)

    def _learn_socket(self, host: str, value: object) -> int:
        """The inode of the socket that a call has returned; 0 if it returned none."""
        if isinstance(value, tuple) and value:
            value = value[0]
        if not isinstance(value, codec.Descriptor):
            return 0
        self.inodes[host].add(value.inode)
        return value.inode

    def decoded(self, raw: bytes, origin: str, t: int, injected: bool = False) -> PacketRecord:
        """A packet came onto the wire; its record, with no verdict yet."""
        packet, roles = decode(raw), self.trace.roles
        if origin:
            self.touch(origin, surely=False)
        source = origin or roles.host(packet.source)
        seq, ack = roles.relative(packet, injected) if packet.is_tcp else (0, 0)
        self._packets += 1
        return PacketRecord(
            self._packets,
            packet,
            origin,
            source,
            roles.host(packet.destination),
            roles.endpoint((packet.source, packet.sport)),
            roles.endpoint((packet.destination, packet.dport)),
            seq,
            ack,
            t,
            injected=injected,
            probe="" if injected or not packet.is_tcp else self._probes.name(packet),
            again=self._is_again(packet),
        )

    def sent(self, record: PacketRecord) -> None:
        """It says something new, if only because what it repeats was lost."""
        self.trace.add("sent", record.sent, record)
        if record.again:  # whichever was seen first, the packet or the counter
            self._tell_retransmissions(record.origin, record.sent)

    def folded(self, record: PacketRecord, original: PacketRecord) -> None:
        """It repeats what is on the wire, or has arrived."""
        record.verdict, record.lost = "folded", time.monotonic_ns()
        original.copies += 1
        self.trace.add_meanwhile("sent", record.sent, record)
        self.trace.add_meanwhile("lost", record.lost, record)
        if record.packet.length or record.packet.syn or record.packet.fin:
            self._retransmissions.folded(record.origin)

    def _is_again(self, packet: Packet) -> bool:
        """Whether these very sequence numbers were sent before: a retransmission."""
        span = packet.length + packet.syn + packet.fin
        if not packet.is_tcp or not span:
            return False
        flow = (packet.source, packet.sport, packet.destination, packet.dport)
        key = (*flow, packet.seq, span, packet.syn)
        self._seen[key] = self._seen.get(key, 0) + 1
        return self._seen[key] > 1

    def delivered(self, record: PacketRecord) -> None:
        """The packet reached its host."""
        record.delivered, record.verdict = time.monotonic_ns(), "delivered"
        self.trace.add("delivered", record.delivered, record)

    def lost(self, record: PacketRecord, verdict: str) -> None:
        """The packet ended on the wire."""
        record.lost, record.verdict = time.monotonic_ns(), verdict
        self.trace.add("lost", record.lost, record)

    def touch(self, host: str = "", surely: bool = True) -> None:
        """Something happened to a host, or to all: the next look is at it. If not ``surely``, its
        counters tell whether it is worth it: none has moved, then no packet came or went."""
        for name in [host] if host else self.kernels:
            self._touched[name] = surely or self._touched.get(name, False)

    def look(self) -> None:
        """Compare sockets and counters with the last look; record what differs.

        At each host that was touched, or was not looked at for a while: a timer may have run.
        """
        came: list[tuple[Address, str]] = []
        gone: list[tuple[Address, str]] = []
        for host, kernel in self.kernels.items():
            stale = time.monotonic_ns() - self._looked.get(host, 0) > _STALE
            # Without a wire no packet tells that what one host does reaches another.
            surely = stale or not self.count or self._touched.get(host)
            if surely is None:
                continue
            text = kernel.counters_text() if self.count else ""
            if surely or text != self._counters[host]:
                old, new = self._look_at(host, kernel, text)
                came += ((address, host) for row in new for address in row.key)
                gone += ((address, host) for row in old for address in row.key)
        self._touched.clear()
        if came or gone:
            self.trace.roles.keep(came, gone)

    def _look_at(self, host: str, kernel: Kernel, text: str) -> tuple[list[Row], list[Row]]:
        """Returns the sockets that are gone and those that are new. A dump of several messages
        may miss one while others come and go; what seems to be gone is looked for twice."""
        table = self._tables[host]
        told = kernel.table()
        old, new = table.differences(told)
        if not old.keys() <= new.keys():
            told = kernel.table()
            old, new = table.differences(told)
        t = time.monotonic_ns()
        self._changes(host, old, new, t)
        table.update(told, old, new)
        if old or new:
            self._queues(host, table, t)
        self._looked[host] = t
        self._count(host, text, t)
        gone, came = old.keys() - new.keys(), new.keys() - old.keys()
        return [old[key] for key in gone], [new[key] for key in came]

    def _changes(self, host: str, before: Rows, after: Rows, t: int) -> None:
        """Record them in an order that does not depend on the kernel's, which is by hash."""
        rows = sorted({**before, **after}.items(), key=lambda item: (item[1].key, item[1].inode))
        changes = [
            (row, self._change(host, row, before.get(key), after.get(key), t))
            for key, row in rows
            if essence(before.get(key)) != essence(after.get(key))
        ]
        for _, change in sorted(changes, key=_by_role) if len(changes) > 1 else changes:
            # Who reads for a minute is not to find that his traces differ from the next one's.
            aside = change.expired and change.before and change.before.state == "TIME-WAIT"
            (self.trace.add_meanwhile if aside else self.trace.add)("change", t, change)

    def _change(self, host: str, row: Row, old: Row | None, new: Row | None, t: int) -> Change:
        local, peer = (self.trace.roles.endpoint(address, host) for address in row.shown)
        expired = new is None and self._end_of(host, old) <= t + _EARLY
        if expired:
            self.trace.roles.retire((row.local, host), (row.peer, host))
        return Change(host, local, peer, old, new, expired)

    def _end_of(self, host: str, row: Row | None) -> int:
        """When the kernel will end this socket by a timer, in monotonic ns; NEVER for most."""
        ends = row is not None and (
            row.timer == "timewait"
            or (row.timer == "keepalive" and row.state == "FIN-WAIT-2" and not row.inode)
        )
        return self._looked.get(host, 0) + row.timer_ms * 1_000_000 if ends and row else NEVER

    def next_end(self) -> int:
        """When it is time to look whether a timer has ended a socket, in monotonic ns; or NEVER."""
        ends = (self._end_of(h, r) for h, t in self._tables.items() for r in t.timed.values())
        return min((end + _LATE for end in ends if end != NEVER), default=NEVER)

    def _queues(self, host: str, table: Table, t: int) -> None:
        rows = [*table.listeners.values(), *table.embryos.values()]
        for key, row in sorted(table.listeners.items(), key=lambda item: item[1].key):
            queues = queues_of(row, rows)
            if self._depths.get((host, key)) != queues:
                self._depths[host, key] = queues
                local = self.trace.roles.endpoint(row.shown[0], host)
                self.trace.add("depth", t, Depth(host, local, queues))

    def _count(self, host: str, text: str, t: int) -> None:
        self._tell_retransmissions(host, t)
        if text == self._counters[host]:
            return
        for name, by in moved(self._counters[host], text).items():
            if name == Retransmissions.NAME:
                self._retransmissions.counted(host, by)
            else:
                self.trace.add("counter", t, Counter(host, name, by))
        self._counters[host] = text

    def _tell_retransmissions(self, host: str, t: int) -> None:
        if by := self._retransmissions.due(host):
            self.trace.add("counter", t, Counter(host, Retransmissions.NAME, by))


def _by_role(found: tuple[Row, Change]) -> tuple[object, ...]:
    """What was there before what is new, listeners first, IPv4 before IPv6, then by name."""
    row, change = found
    kind = change.before is None, row.state != "LISTEN", row.family
    return *kind, rank(change.local), rank(change.peer)
