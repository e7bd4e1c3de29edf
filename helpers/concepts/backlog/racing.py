"""Lets two clients race for the last place in an accept queue, each half-way in already."""

from __future__ import annotations

from dataclasses import dataclass

from helpers.lab.call import Call
from helpers.lab.lab import Lab
from helpers.lab.mirror import Socket
from helpers.lab.staging import listen
from helpers.record.packet import Packet
from helpers.record.trace import Trace


@dataclass(frozen=True)
class Race:
    """``answer`` is what the server sent to the loser's ACK; ``loser`` what its recv said then.

    Both are "nothing" if nothing came. ``dropped`` is the move of ListenOverflows.
    """

    answer: str
    loser: str
    dropped: int
    trace: Trace


def race(lab: Lab, abort: int, port: int) -> Race:
    """One place is left, and two handshakes begin while it is; the ACKs come after that.

    ``abort`` is written to the server's tcp_abort_on_overflow. Needs the wire, and takes about
    50 ms. The listener has a backlog of 2, so that both embryos fit where the SYN queue holds no
    more than n, and holds two clients before the race.
    """
    lab.server.sysctl["net.ipv4.tcp_abort_on_overflow"] = abort
    listen(lab.server, port, 2)
    first, second, winner, loser = (lab.client.socket() for _ in range(4))
    for client in (first, second):
        client.connect(("server", port))
    before, mark = lab.server.counters()["ListenOverflows"], lab.trace.mark()
    _run(lab, winner, loser, port)
    call = loser.start("recv", 1)
    trace = lab.trace.since(mark)
    dropped = lab.server.counters()["ListenOverflows"] - before
    return Race(_answer(trace), _said(call), dropped, trace)


def _run(lab: Lab, winner: Socket, loser: Socket, port: int) -> None:
    """Both connect while their ACKs are held; then the ACKs go, the winner's first."""
    lab.wire.hold(_is_ack)
    for client in (winner, loser):
        client.connect(("server", port))
    lab.wire.release()


def _is_ack(packet: Packet) -> bool:
    return packet.kind == "ACK"


def _answer(trace: Trace) -> str:
    kinds = [p.packet.kind for p in trace.packets if p.origin == "server"]
    return ", ".join(kind for kind in kinds if kind != "SYN+ACK") or "nothing"


def _said(call: Call[bytes]) -> str:
    return call.record.error if call.done() and call.record else "nothing"
