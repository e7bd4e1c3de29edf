"""What differs between kernels in this room: how many bytes a receive buffer has room for.

SO_RCVBUF counts memory, and a segment's memory is more than its bytes. How much of the buffer a
kernel promises as window was a fixed share; since Linux 6.6 it is estimated from what came.
"""

from __future__ import annotations

import socket
from dataclasses import dataclass

from helpers.lab.lab import Lab

_BUFFER = 8192
_PORT = 8080
# The memory that such a buffer has, for Linux doubles the number: more bytes than fit.
_MUCH = 16384


@dataclass(frozen=True)
class Kind:
    """One kind of kernel; ``room``: so many bytes get into an SO_RCVBUF of 8,192, unread."""

    room: int


# From which release on; the newest first. Measured on x86-64, over links with an MTU of 1,500.
KINDS = {(6, 6): Kind(room=10136), (0, 0): Kind(room=8688)}
_SAID = {10136: "as Linux 6.6 and newer", 8688: "as Linux before 6.6"}


def kind_here() -> Kind:
    """What this machine's kernel does, as measured in a lab of its own."""
    return Kind(room())


def room() -> int:
    """How many bytes a reader's kernel takes before its window is 0, with an SO_RCVBUF of 8,192.

    Nobody reads them. Measured in a lab of its own, in some 50 ms; ``NotPermitted`` in bench mode.
    """
    with Lab(bench=False) as lab:
        listener, client = lab.server.socket(), lab.client.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER)
        listener.bind(("0.0.0.0", _PORT))
        listener.listen(1)
        client.connect(("server", _PORT))
        client.send(bytes(_MUCH))
        return lab.server.sockets().find("ESTAB")[0].recv_q


def said(bytes_: int) -> str:
    """Of which kernels we know this room; a line."""
    return f"room for {bytes_} bytes: {_SAID.get(bytes_, 'not known to us of any kernel')}"
