"""Two programs that run inside hosts: many clients, and a server that takes them all."""

from __future__ import annotations

import select
import socket

WAVE = 500  # open at once, which any limit of descriptors allows


def serve(port: int, wanted: int) -> int:
    """Accept and close ``wanted`` connections; returns how many there were."""
    with socket.create_server(("0.0.0.0", port), backlog=4096) as listener:
        for _ in range(wanted):
            connection, _ = listener.accept()
            connection.close()
    return wanted


def arrive(server: str, port: int, wanted: int) -> int:
    """Connect and close ``wanted`` times without waiting for one another; returns successes."""
    return sum(_wave(server, port, min(WAVE, wanted - n)) for n in range(0, wanted, WAVE))


def _wave(server: str, port: int, size: int) -> int:
    poll, waiting, connected = select.epoll(), {}, 0
    for _ in range(size):
        sock = socket.socket()
        sock.setblocking(False)
        sock.connect_ex((server, port))
        poll.register(sock, select.EPOLLOUT)
        waiting[sock.fileno()] = sock
    while waiting:
        for fd, _ in poll.poll():
            with waiting.pop(fd) as sock:
                poll.unregister(fd)
                connected += not sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    poll.close()
    return connected
