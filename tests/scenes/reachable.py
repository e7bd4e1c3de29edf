"""Every TCP listener of a network namespace, and whether somebody outside can reach it.

Read from inet_diag, as ss does, with the device that a listener is bound to: sock_diag(7).
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator

from helpers.record.sockstate import dump_request, split

SOCK_DIAG, LISTEN = 4, 10
LO = socket.if_nametoindex("lo")


def listeners() -> Iterator[tuple[int, int, str]]:
    """Every TCP listener of this namespace: its inode, the device it is bound to, its address."""
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, SOCK_DIAG) as diag:
        diag.send(dump_request())
        over = False
        while not over:
            bodies, over = split(diag.recv(1 << 18))
            for body in bodies:
                if body[1] == LISTEN:
                    size = 4 if body[0] == socket.AF_INET else 16
                    (device,) = struct.unpack_from("=I", body, 40)
                    (inode,) = struct.unpack_from("=I", body, 68)
                    yield inode, device, socket.inet_ntop(body[0], body[8 : 8 + size])


def is_inside(device: int, address: str) -> bool:
    """Whether only this machine reaches it."""
    plain = address.removeprefix("::ffff:")
    return device == LO or plain.startswith("127.") or address == "::1"
