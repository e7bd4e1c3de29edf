"""What becomes of many SYNs: kept in the SYN queue, answered with a cookie, or dropped.

Sources: ``tcp_conn_request`` in the kernel's ``net/ipv4/tcp_input.c``; ip-sysctl,
``tcp_syncookies`` and ``tcp_max_syn_backlog``.
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from helpers.errors import LabError
from helpers.lab.judge import Answer
from helpers.lab.lab import Lab
from helpers.lab.mirror import Socket
from helpers.lab.staging import listen
from helpers.record.packet import Packet
from helpers.record.snapshot import table

KEPT, COOKIE, DROPPED = "kept", "cookie", "dropped"
# The counters that tell of SYNs, by their names in nstat(8).
COUNTERS = ("TCPReqQFullDoCookies", "SyncookiesSent", "TCPReqQFullDrop", "ListenDrops")
_PORT = 8080
# The port from which the first spoofed SYN comes; each has its own.
_FIRST = 10000
_SETTINGS = {"cookies": "ipv4.tcp_syncookies", "max_syn_backlog": "ipv4.tcp_max_syn_backlog"}


@dataclass(frozen=True)
class Fates:
    """What became of each of some SYNs, in the order of their arrival.

    ``counters`` are those of ``COUNTERS`` that moved. ``honest`` says, for a flood, what
    ``connect`` came to for a client that came last: "connected" or "waits".
    """

    title: str
    each: tuple[str, ...]
    counters: dict[str, int] = field(default_factory=dict)
    honest: str = ""

    def count(self, fate: str) -> int:
        """How many SYNs had this fate."""
        return self.each.count(fate)


def only_acks(packet: Packet) -> bool:
    """Whether it is an ACK without data from a client: the last packet of a handshake."""
    return packet.pure_ack and packet.dport == _PORT


def half_open(backlog: int, clients: int = 20, **settings: int) -> Fates:
    """Let ``clients`` connect while every last ACK is held on the wire; takes 0.2 s.

    ``settings`` are ``cookies`` and ``max_syn_backlog``, the sysctls of a lab of its own.
    ``NotPermitted`` in bench mode.
    """
    if not 1 <= clients <= 200:
        raise LabError(f"clients must be 1 to 200, not {clients}")
    with Lab() as lab:
        title = _prepare(lab, backlog, settings)
        lab.wire.hold(only_acks)
        sockets = [lab.client.socket() for _ in range(clients)]
        with lab.wire.rule(_once()):
            for sock in sockets:
                sock.start("connect", ("server", _PORT))
            return Fates(title, tuple(_fates(lab, sockets)), _moved(lab))


def _once() -> Callable[[Packet], Answer]:
    """Loses the SYNs that are sent again after a second, which a busy machine may need for all:
    at a load of 25 on two cores one run of three counted drops of them too."""
    seen: set[int] = set()

    def once(packet: Packet) -> Answer:
        again = packet.kind == "SYN" and packet.sport in seen
        seen.add(packet.sport)
        return "drop" if again else None

    return once


def _prepare(lab: Lab, backlog: int, settings: dict[str, int]) -> str:
    for name, value in settings.items():
        if name not in _SETTINGS:
            raise LabError(f"{name!r} is no setting here; there are {', '.join(_SETTINGS)}")
        lab.server.sysctl[_SETTINGS[name]] = value
    listen(lab.server, _PORT, backlog)
    lab.server.mark()
    said = [f"{name} {value}" for name, value in settings.items()]
    return ", ".join([*said, f"listen({backlog})"])


def _fates(lab: Lab, sockets: Sequence[Socket]) -> list[str]:
    """Both sides' socket tables, side by side: what each client's SYN came to."""
    ours = {row.row.local[1]: row.state for row in lab.client.sockets()}
    theirs = {row.row.peer[1] for row in lab.server.sockets().find("SYN-RECV")}
    ports = [int(sock.getsockname()[1]) for sock in sockets]
    return [
        DROPPED if ours.get(port) == "SYN-SENT" else KEPT if port in theirs else COOKIE
        for port in ports
    ]


def _moved(lab: Lab) -> dict[str, int]:
    counters = lab.server.counters()
    return {name: counters[name] for name in COUNTERS if counters[name]}


# ---- a flood -------------------------------------------------------------------------------


def flood(cookies: int, syns: int = 200, backlog: int = 5) -> Fates:
    """Send SYNs from addresses that do not exist, then let one honest client connect; 0.2 s.

    Inside a lab of its own, where nothing can leave. ``NotPermitted`` in bench mode.
    """
    if not 1 <= syns <= 1000:
        raise LabError(f"syns must be 1 to 1000, not {syns}")
    with Lab() as lab:
        title = _prepare(lab, backlog, {"cookies": cookies})
        _send(lab, syns)
        each = _answers(lab, syns)
        counters = _moved(lab)
        honest = lab.client.socket().start("connect", ("server", _PORT))
        return Fates(title, each, counters, "connected" if honest.done() else "waits")


def _send(lab: Lab, syns: int) -> None:
    """All of them before the first SYN+ACK is sent again, a second later. The last goes by itself:
    when the server is done with it, it is done with those before it."""
    with lab.fast():
        for n in range(syns - 1):
            lab.wire.inject(spoofed(n, lab.server.address), "server")
    lab.wire.inject(spoofed(syns - 1, lab.server.address), "server")


def _answers(lab: Lab, syns: int) -> tuple[str, ...]:
    """What the server did with each: the wire says what it answered, its table what it kept."""
    answered = {r.packet.dport for r in lab.trace.packets if r.packet.kind == "SYN+ACK"}
    kept = {row.row.peer[1] for row in lab.server.sockets().find("SYN-RECV")}
    ports = range(_FIRST, _FIRST + syns)
    return tuple(
        KEPT if port in kept else COOKIE if port in answered else DROPPED for port in ports
    )


def spoofed(n: int, destination: str, port: int = _PORT) -> bytes:
    """The ``n``-th SYN from an address that nobody has: 203.0.113.0/24 is for books, RFC 5737."""
    source = socket.inet_aton(f"203.0.113.{1 + n % 250}")
    target = socket.inet_aton(destination)
    tcp = struct.pack("!HHIIBBHHH", _FIRST + n, port, 1000, 0, 0x50, 0x02, 64240, 0, 0)
    pseudo = source + target + struct.pack("!BBH", 0, 6, len(tcp))
    tcp = tcp[:16] + struct.pack("!H", _checksum(pseudo + tcp)) + tcp[18:]
    ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(tcp), n, 0, 64, 6, 0, source, target)
    return ip[:10] + struct.pack("!H", _checksum(ip)) + ip[12:] + tcp


def _checksum(data: bytes) -> int:
    """RFC 1071."""
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return int(~total & 0xFFFF)


@dataclass(frozen=True)
class Twice:
    """Two answers to one SYN: how many different sequence numbers they had, the options of the
    last, and the last itself."""

    title: str
    numbers: int
    options: tuple[str, ...]
    packet: Packet = field(repr=False)

    def __str__(self) -> str:
        numbers = "one number" if self.numbers == 1 else "two numbers"
        return f"{self.title}: {numbers} in two answers; options: {', '.join(self.options)}"


def answered_twice(cookies: int) -> Twice:
    """Send a SYN that offers options, a RST, and both again, from an address that nobody has.

    In a lab of its own. ``NotPermitted`` in bench mode.
    """
    from scapy.layers.inet import IP, TCP

    with Lab() as lab:
        title = _prepare(lab, 5, {"cookies": cookies})
        address = IP(src="203.0.113.9", dst=lab.server.address)
        offer = [("MSS", 1400), ("SAckOK", b""), ("WScale", 7)]
        syn = address / TCP(sport=7777, dport=_PORT, flags="S", seq=500, options=offer)
        reset = address / TCP(sport=7777, dport=_PORT, flags="R", seq=501)
        for _ in range(2):  # once more if the cookies' clock, which has minutes, ticked between
            mark = lab.trace.mark()
            for packet in (syn, reset, syn, reset):
                lab.wire.inject(bytes(packet), "server")
            packets = (record.packet for record in lab.trace.since(mark).packets)
            found = [packet for packet in packets if packet.kind == "SYN+ACK"]
            if not cookies or len({p.seq for p in found}) == 1:
                break
    options = tuple(name for name, _ in found[-1].options if name != "nop")
    return Twice(title, len({p.seq for p in found}), options, found[-1])


def fates_table(found: Sequence[Fates]) -> str:
    """How many SYNs had which fate, and the counters that say so."""
    heads = ["setting", KEPT, COOKIE, DROPPED, *(["honest client"] if _honest(found) else [])]
    rows = [heads, *(_row(fates, _honest(found)) for fates in found)]
    told = [f"{f.title}: " + (_counters(f) or "no counter of SYNs moved") for f in found]
    return "\n".join([table(rows), "", *told])


def _honest(found: Sequence[Fates]) -> bool:
    return any(fates.honest for fates in found)


def _row(fates: Fates, honest: bool) -> list[str]:
    counts = [str(fates.count(fate)) for fate in (KEPT, COOKIE, DROPPED)]
    return [fates.title, *counts, *([fates.honest] if honest else [])]


def _counters(fates: Fates) -> str:
    return ", ".join(f"{name} +{value}" for name, value in fates.counters.items())
