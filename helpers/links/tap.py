"""Looks at what crosses a host's loopback device, where no wire leads.

Rule of this file: it only looks. The packets have crossed when it sees them.
"""

from __future__ import annotations

import socket

from helpers.errors import LabError
from helpers.record.packet import Packet, decode
from helpers.waiting import wait_until

# The device shows each packet twice: as it leaves, and as it comes in. packet(7).
_LEAVES = 4


class Tap:
    """Made by ``lab.tap("server")``; closed with the lab, and then it raises ``LabError``."""

    def __init__(self, packets: socket.socket) -> None:
        self._socket = packets
        self._socket.setblocking(False)
        self._seen: list[Packet] = []

    def packets(self, port: int, count: int = 0) -> tuple[Packet, ...]:
        """All that crossed so far from or to ``port``, in order.

        Waits until there are ``count``; raises ``LabError`` when they do not come in 5 s.
        """

        def found() -> tuple[Packet, ...]:
            self._read()
            return tuple(p for p in self._seen if port in (p.sport, p.dport))

        if count:
            wait_until(f"{count} packets on loopback", lambda: len(found()) >= count)
        return found()

    def _read(self) -> None:
        if self._socket.fileno() < 0:
            raise LabError("this tap was closed with its lab; make a new lab and tap it")
        while True:
            try:
                raw, (_, _, kind, *_) = self._socket.recvfrom(1 << 16)
            except BlockingIOError:
                return
            if kind != _LEAVES:
                self._seen.append(decode(raw))

    def close(self) -> None:
        """Look no longer; takes the kernel some 10 ms."""
        self._socket.close()
