"""Traces made by hand, event by event."""

from __future__ import annotations

from helpers.record.packet import Packet
from helpers.record.sockstate import Row
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

MS = 1_000_000
ADDRESS = {"client": ("192.0.2.1", 40000), "bob": ("192.0.2.3", 40000)}
SERVER = ("192.0.2.2", 8080)


class Story:
    """A trace told event by event; each takes a millisecond unless it says otherwise."""

    def __init__(self, *hosts: str, wire: bool = True) -> None:
        self.trace = Trace(hosts or ("client", "server"), wire=wire)
        self.now = 0
        self._rows: dict[tuple[str, str], Row] = {}

    def _add(self, kind: str, record, after: float = 1) -> None:  # type: ignore[no-untyped-def]
        self.now += int(after * MS)
        self.trace.add(kind, self.now, record)

    def call(
        self, host: str, text: str, result: str = "", after: float = 1, inode: int = 0
    ) -> CallRecord:
        record = self.begin(host, text, after, inode)
        self.end(record, result, 0.01)
        return record

    def begin(self, host: str, text: str, after: float = 1, inode: int = 0) -> CallRecord:
        name = text.partition("(")[0]
        begin = self.now + int(after * MS)
        record = CallRecord(host, host, name, text, text, begin, inode=inode)
        self._add("begin", record, after)
        return record

    def end(self, record: CallRecord, result: str = "", after: float = 1) -> None:
        record.result, record.end = result, self.now + int(after * MS)
        self._add("end", record, after)

    def send(
        self, flags: str, size: int = 0, source: str = "client", to: str = "server", **also: object
    ) -> PacketRecord:
        port = SERVER[1] if to == "server" else 0
        packet = Packet("a", "b", flags=flags, payload=b"x" * size, dport=port)
        number, origin = len(self.trace.packets) + 1, also.pop("origin", source)
        ends = source, to, f"{source}:e", f"{to}:8080"
        record = PacketRecord(number, packet, str(origin), *ends, 1, 1, self.now + MS)
        for name, value in also.items():
            setattr(record, name, value)
        self._add("sent", record)
        return record

    def arrive(self, record: PacketRecord, after: float = 1) -> None:
        record.delivered, record.verdict = self.now + int(after * MS), "delivered"
        self._add("delivered", record, after)

    def lose(self, record: PacketRecord, verdict: str = "dropped") -> None:
        record.lost, record.verdict = self.now, verdict
        self._add("lost", record, 0)

    def pass_(self, *args: object, **also: object) -> None:
        self.arrive(self.send(*args, **also))  # type: ignore[arg-type]

    def state(
        self, host: str, state: str, recv_q: int = 0, peer: str = "client:e", inode: int = 0
    ) -> None:
        before = self._rows.get((host, peer))
        row = Row(2, state, recv_q, 0, SERVER, ADDRESS["client"], inode=inode)
        self._rows[host, peer] = row
        self._add("change", Change(host, f"{host}:8080", peer, before, row), 0.001)

    def gone(self, host: str, peer: str = "client:e", after: float = 0.001) -> None:
        change = Change(host, f"{host}:8080", peer, self._rows.pop((host, peer)), None)
        self._add("change", change, after)

    def counter(self, host: str, *names: str) -> None:
        for name in names:
            self._add("counter", Counter(host, name, 1), 0)

    def depth(self, syn: int, accept: int, limit: int = 1) -> None:
        self._add("depth", Depth("server", "server:8080", Queues(syn, accept, limit)), 0.001)

    def note(self, text: str) -> None:
        self._add("note", Note(text))


def conversation(wire: bool = True) -> Story:
    """A handshake, four segments in one burst, two reads, and both closes."""
    story = Story(wire=wire)
    story.call("server", "listen(1)")
    story.state("server", "LISTEN", peer="*")
    story.depth(0, 0)
    connect = story.begin("client", "connect(server:8080)")
    if wire:
        handshake(story)
    story.state("client", "ESTAB")
    story.end(connect)
    story.call("client", "sendall(5000 bytes)")
    burst = [story.send(".", size) for size in (1448, 1448, 1448, 656)] if wire else []
    for record, waiting in zip(burst, (1448, 2896, 4344, 5000), strict=False):
        story.arrive(record)
        story.state("server", "ESTAB", waiting)
    story.call("server", "accept()", "4 from client:ephemeral")
    story.depth(0, 0)
    story.call("server", "recv(1024)", "1024 bytes")
    story.state("server", "ESTAB", 3976)
    if wire:
        story.pass_("F.", source="server", to="client")
    return story


def handshake(story: Story) -> None:
    story.state("client", "SYN-SENT")
    story.pass_("S")
    story.state("server", "SYN-RECV")
    story.depth(1, 0)
    story.pass_("S.", source="server", to="client")
    story.pass_(".")
    story.state("server", "ESTAB")
    story.depth(0, 1)
