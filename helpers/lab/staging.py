"""What a scene of two hosts is made of again and again: a listener, an RST, the last FIN."""

from __future__ import annotations

import socket
import struct

from helpers.lab.host import Host
from helpers.lab.lab import Lab
from helpers.lab.mirror import Socket
from helpers.waiting import wait_until

_PASSING = ("FIN-WAIT-1", "LAST-ACK", "CLOSING")


def listen(
    host: Host,
    port: int,
    backlog: int | None = 1,
    address: str = "0.0.0.0",
    reuse: bool | None = None,
) -> Socket:
    """A socket of the host that listens on ``port``; 0 lets its kernel choose one.

    A backlog of None calls listen without one. ``reuse`` sets SO_REUSEADDR on or off; None leaves
    it alone.
    """
    listener = host.socket(socket.AF_INET6 if ":" in address else socket.AF_INET)
    if reuse is not None:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, int(reuse))
    listener.bind((address, port))
    listener.listen(backlog)
    return listener


def reset(sock: Socket) -> None:
    """Close with SO_LINGER on and zero seconds, which sends RST: socket(7)."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


def settle(lab: Lab, port: int) -> None:
    """Wait until every FIN of this port's connections has been acknowledged."""

    def settled() -> bool:
        rows = [row.row for host in (lab.server, lab.client) for row in host.sockets()]
        return not any(r.state in _PASSING and port in (r.local[1], r.peer[1]) for r in rows)

    wait_until("acknowledged FINs", settled)
