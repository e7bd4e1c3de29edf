"""Turns what processes and kernels report into the trace.

Rule of this file: it appends to the trace and touches nothing else; the sequencer
decides when it is called, and calls it from one thread only.
"""

from __future__ import annotations

import time

from helpers import codec
from helpers.calltext import PYTHONS_OWN, Endpoint, failure, result, spell
from helpers.channel import Message
from helpers.kernel import Kernel
from helpers.packet import Packet, decode
from helpers.process import Process
from helpers.sockstate import Row, moved
from helpers.trace import CallRecord, Change, Counter, Depth, Note, PacketRecord, Queues, Trace

Key = tuple[object, ...]
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
        self._rows: dict[str, dict[Key, Row]] = {}
        self._depths: dict[tuple[str, Key], Queues] = {}
        self._counters: dict[str, str] = {}
        self._looked: dict[str, int] = {}
        self._seen: dict[tuple[object, ...], int] = {}
        self._packets = 0
        self._owed: dict[str, int] = {}  # segments sent again that were folded, by host

    def add_host(self, name: str, kernel: Kernel) -> None:
        """Watch one more host from now on."""
        self.kernels[name] = kernel
        self.inodes.setdefault(name, set())
        self._rows[name] = {}
        self._counters[name] = kernel.counters_text() if self.count else ""

    def note(self, text: str) -> None:
        """Record something done to the lab itself."""
        self.trace.add("note", time.monotonic_ns(), Note(text))

    def begin(self, process: Process, message: Message) -> CallRecord:
        """A call has begun: ``("begin", number, for, thread, t, name, fd, inode, args)``."""
        _, number, _, thread, t, name, fd, inode, told = message
        args = codec.decode(told)
        for value in args if name in _ADDRESSED else ():
            if isinstance(value, tuple) and len(value) > 1 and isinstance(value[1], int):
                self.trace.roles.choose_port(value[1])
        text, line = spell(name, fd, args, self._endpoint(process.host))
        record = CallRecord(process.host, process.label, name, text, line, t, fd, inode)
        process.open[number] = (record, thread)
        where = args[0] if name == "bind" and args else None
        if isinstance(where, tuple) and where[:1] in (("",), ("0.0.0.0",)):
            self.everywhere.add(record.inode)
        self.inodes[process.host].add(record.inode)
        self.trace.add("begin", t, record)
        return record

    def end(self, process: Process, message: Message) -> CallRecord | None:
        """A call has ended: ``("end", number, for, t, ok, value or error)``."""
        _, number, _, t, ok, told = message
        value = codec.decode(told)
        record, _ = process.open.pop(number, (None, ""))
        if record is None:
            return None
        record.end = t
        if ok:
            record.result, record.size = result(record.name, value, self._endpoint(process.host))
            self._learn_socket(process.host, value)
        else:
            record.error = failure(value.kind, value.text, value.code)
            record.kernel = value.kind not in PYTHONS_OWN
        self.trace.add("end", record.end, record)
        return record

    def _endpoint(self, host: str) -> Endpoint:
        return lambda address: self.trace.roles.endpoint(address, host)

    def _learn_socket(self, host: str, value: object) -> None:
        if isinstance(value, tuple) and value:
            value = value[0]
        if isinstance(value, codec.Descriptor):
            self.inodes[host].add(value.inode)

    def decoded(self, raw: bytes, origin: str, t: int, injected: bool = False) -> PacketRecord:
        """A packet came onto the wire; its record, with no verdict yet."""
        packet, roles = decode(raw), self.trace.roles
        source = origin or roles.host(packet.source)
        seq, ack = roles.relative(packet) if packet.is_tcp else (0, 0)
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
            again=self._is_again(packet),
        )

    def sent(self, record: PacketRecord) -> None:
        """It says something new."""
        self.trace.add("sent", record.sent, record)

    def folded(self, record: PacketRecord, original: PacketRecord) -> None:
        """It repeats what is on the wire, or has arrived."""
        record.verdict, record.lost = "folded", time.monotonic_ns()
        original.copies += 1
        self.trace.add_meanwhile("sent", record.sent, record)
        self.trace.add_meanwhile("lost", record.lost, record)
        if record.packet.length or record.packet.syn or record.packet.fin:
            self._owed[record.origin] = self._owed.get(record.origin, 0) + 1

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

    def look(self) -> None:
        """Compare every host's sockets and counters with the last look; record what differs."""
        for host, kernel in self.kernels.items():
            rows = self._table(host, kernel)
            t = time.monotonic_ns()
            self._changes(host, rows, t)
            self._queues(host, rows, t)
            self._rows[host], self._looked[host] = rows, t
            if self.count:
                self._count(host, kernel.counters_text(), t)
        self.trace.roles.keep(
            (address, host)
            for host, rows in self._rows.items()
            for row in rows.values()
            for address in row.key
        )

    def _table(self, host: str, kernel: Kernel) -> dict[Key, Row]:
        """The sockets of a host. A dump of several messages may miss a row while others come and
        go, so one that seems to be gone is looked for twice."""
        rows = {_key(row): row for row in kernel.rows()}
        if self._rows[host].keys() <= rows.keys():
            return rows
        return {_key(row): row for row in kernel.rows()}

    def _changes(self, host: str, rows: dict[Key, Row], t: int) -> None:
        before = self._rows[host]
        for key in dict.fromkeys((*before, *rows)):
            old, new = before.get(key), rows.get(key)
            if _essence(old) != _essence(new):
                row = new or old
                assert row is not None
                endpoint = self.trace.roles.endpoint
                expired = new is None and self._end_of(host, old) <= t + _EARLY
                change = Change(
                    host, endpoint(row.local, host), endpoint(row.peer, host), old, new, expired
                )
                if expired:
                    self.trace.roles.retire((row.local, host), (row.peer, host))
                # Who reads for a minute is not to find that his traces differ from the next one's.
                aside = expired and row.state == "TIME-WAIT"
                (self.trace.add_meanwhile if aside else self.trace.add)("change", t, change)

    def _end_of(self, host: str, row: Row | None) -> int:
        """When the kernel will end this socket by a timer, in monotonic ns; NEVER for most."""
        ends = row is not None and (
            row.timer == "timewait"
            or (row.timer == "keepalive" and row.state == "FIN-WAIT-2" and not row.inode)
        )
        return self._looked.get(host, 0) + row.timer_ms * 1_000_000 if ends and row else NEVER

    def next_end(self) -> int:
        """When it is time to look whether a timer has ended a socket, in monotonic ns; or NEVER."""
        ends = (self._end_of(h, r) for h, rows in self._rows.items() for r in rows.values())
        return min((end + _LATE for end in ends if end != NEVER), default=NEVER)

    def _queues(self, host: str, rows: dict[Key, Row], t: int) -> None:
        for key, row in rows.items():
            if row.state == "LISTEN":
                queues = queues_of(row, list(rows.values()))
                if self._depths.get((host, key)) != queues:
                    self._depths[host, key] = queues
                    local = self.trace.roles.endpoint(row.local, host)
                    self.trace.add("depth", t, Depth(host, local, queues))

    def _count(self, host: str, text: str, t: int) -> None:
        for name, by in moved(self._counters[host], text).items():
            if name == "Tcp.RetransSegs":
                by, self._owed[host] = by - self._owed.get(host, 0), 0
                if by <= 0:
                    continue
            self.trace.add("counter", t, Counter(host, name, by))
        self._counters[host] = text


def queues_of(listener: Row, rows: list[Row]) -> Queues:
    """The queues of one LISTEN row. The SYN queue has no list of its own in the kernel: it is
    counted here from the SYN-RECV rows that answer for the same port."""
    embryos = sum(
        row.state == "SYN-RECV"
        and row.local[1] == listener.local[1]
        and listener.local[0] in (row.local[0], "0.0.0.0", "::")
        for row in rows
    )
    return Queues(embryos, listener.recv_q, listener.send_q)


def _key(row: Row) -> Key:
    return (*row.key, row.inode) if row.state == "LISTEN" else row.key


def _essence(row: Row | None) -> object:
    """What makes a change worth recording; timers run by themselves."""
    if row is None or row.state == "LISTEN":
        return row and row.state
    return row.state, row.recv_q, row.send_q, bool(row.inode)
