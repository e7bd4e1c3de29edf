"""Which SYNs a server's TIME-WAIT lets in.

Sources: RFC 9293, section 3.10.7.4, and RFC 6191; ``tcp_timewait_state_process`` in the kernel's
``net/ipv4/tcp_minisocks.c``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import product

from helpers.errors import LabError
from helpers.lab.lab import Lab
from helpers.lab.staging import listen
from helpers.record.packet import Packet
from helpers.record.snapshot import table

# How far a SYN's number, and its time stamp, are from what the old connection used last. Without
# a stamp the SYN does not have the option.
NUMBERS = {"later": 1000, "earlier": -1000}
STAMPS = {"none": None, "later": 1000, "earlier": -1000}


@dataclass(frozen=True)
class Newcomer:
    """A SYN that met a TIME-WAIT of the same addresses and ports.

    ``number`` is its sequence number, ``later`` or ``earlier`` than the last one of the old
    connection, ``stamp`` its time stamp, ``none`` if it has none. ``answer`` is the kind of packet
    that came back, and ``left`` the state of the server's socket after that.
    """

    number: str
    stamp: str
    answer: str
    left: str


def newcomer_matrix() -> list[Newcomer]:
    """Send one SYN of each kind to a TIME-WAIT of its own; takes 0.1 s.

    In a lab of its own. The wire loses what the server answers: the client's kernel, which sent no
    such SYN, would say RST to it, and that would end the TIME-WAIT (RFC 1337). ``NotPermitted``
    in bench mode.
    """
    with Lab() as lab:
        lab.engine.need("wire", lab.bench)
        pairs = enumerate(product(NUMBERS, STAMPS))
        return [_newcomer(lab, 9000 + n, number, stamp) for n, (number, stamp) in pairs]


def _newcomer(lab: Lab, port: int, number: str, stamp: str) -> Newcomer:
    last = _closed(lab, port)
    with lab.wire.rule(lambda packet: "drop" if packet.source == lab.server.address else None):
        mark = lab.trace.mark()
        lab.wire.inject(_syn(last, NUMBERS[number], STAMPS[stamp]), "server")
        packets = lab.trace.since(mark).packets
    answers = [record.packet.kind for record in packets if record.origin == "server"]
    left = lab.server.sockets().find(local=f"server:{port}").states
    return Newcomer(number, stamp, answers[0] if answers else "nothing", ", ".join(left) or "-")


def _closed(lab: Lab, port: int) -> Packet:
    """Serve a client at a listener that stays, and close first; the client's FIN."""
    listener, client, mark = listen(lab.server, port), lab.client.socket(), lab.trace.mark()
    client.connect(("server", port))
    conn, _ = listener.accept()
    conn.close()
    client.close()
    if lab.server.sockets().find(local=f"server:{port}").states != ["TIME-WAIT"]:
        raise LabError(f"server:{port} was closed first, and is not in TIME-WAIT")
    records = lab.trace.since(mark).packets
    return next(r.packet for r in records if r.origin == "client" and r.packet.fin)


def _syn(last: Packet, number: int, stamp: int | None) -> bytes:
    """A SYN from where ``last`` came from; its numbers are that far from those of ``last``."""
    from scapy.layers.inet import IP, TCP

    options = []
    if stamp is not None:
        sent = next(value for name, value in last.options if name == "TS")
        assert isinstance(sent, tuple)
        options.append(("Timestamp", ((sent[0] + stamp) % 2**32, 0)))
    tcp = TCP(
        sport=last.sport,
        dport=last.dport,
        flags="S",
        seq=(last.seq + number) % 2**32,
        options=options,
    )
    return bytes(IP(src=last.source, dst=last.destination) / tcp)


def newcomer_table(found: Iterable[Newcomer]) -> str:
    """The SYNs as an aligned table, one a row."""
    heads = ("sequence number", "time stamp", "answer", "left at the server")
    return table([heads, *((n.number, n.stamp, n.answer, n.left) for n in found)])
