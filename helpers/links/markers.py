"""Tells when a host's kernel is done with what the wire has delivered to it.

A marker is a frame of no protocol, sent behind a packet. The kernel takes frames in their
order, so when the marker is there the packet has had its effect. A packet socket inside the
host hears it; no counter of TCP or IP moves, and whoever else listens changes nothing.
"""

from __future__ import annotations

import array
import select
import socket
import time

from helpers.links.netns import NEAR_MAC

# IEEE 802 gives this Ethernet type to experiments.
PROTOCOL = 0x88B5


class Markers:
    """The markers of one wire, and the sockets that hear them."""

    def __init__(self, wire: socket.socket) -> None:
        self._wire = wire
        self._ears: dict[str, socket.socket] = {}
        self._count = 0

    def add(self, host: str, ear: socket.socket) -> None:
        """``ear`` is a packet socket inside ``host``, bound to this protocol; it is ours now."""
        ear.setblocking(False)
        self._ears[host] = ear

    def wait(self, host: str, seconds: float) -> bool:
        """Send a marker to a host and wait until it is there; False when the time is over."""
        self._count += 1
        marker, ear = self._count.to_bytes(8).ljust(46, b"\0"), self._ears[host]
        self._wire.sendto(marker, (host, PROTOCOL, 0, 1, NEAR_MAC))
        limit = time.monotonic() + seconds
        while not _heard(ear, marker):
            poll = select.poll()  # not select(), which takes no descriptor above 1,023
            poll.register(ear, select.POLLIN)
            if not poll.poll(max(0.0, limit - time.monotonic()) * 1000):
                return False
        return True

    def close(self) -> None:
        """Close the sockets, and the wire's own."""
        leave([self._wire, *self._ears.values()])


def leave(sockets: list[socket.socket]) -> None:
    """Close sockets without waiting for it.

    To close a packet socket takes some 10 ms: packet_release waits until no processor uses it.
    So a Unix socket carries them to itself, and once nobody else holds it the kernel's garbage
    collector closes them all, in its own time. unix(7), net/unix/garbage.c.
    """
    try:
        ours, theirs = socket.socketpair()
    except OSError:  # no descriptor is left for that: then it takes its time
        for sock in sockets:
            sock.close()
        return
    with ours, theirs:
        fds = array.array("i", [theirs.fileno(), *(sock.fileno() for sock in sockets)])
        ours.sendmsg([b"-"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, fds)])
        for sock in sockets:
            sock.close()


def _heard(ear: socket.socket, marker: bytes) -> bool:
    """Whether the marker has come; an older one, for which nobody waited longer, is thrown away."""
    try:
        while ear.recv(64) != marker:
            pass
        return True
    except BlockingIOError:
        return False
