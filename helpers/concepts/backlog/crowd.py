"""Runs inside a host: a burst of clients, and a server that takes them at its own pace.

Both on one host, over loopback: there a handshake is over before the next client begins, so
what decides is the accept queue alone. Standard library only.
"""

from __future__ import annotations

import errno
import os
import resource
import select
import socket
import time

TYPE_CHECKING = False  # typing itself would cost each program four milliseconds
if TYPE_CHECKING:
    Times = list[tuple[float, float]]

_GO = b"go"


def serve(name: str, port: int, n: int, pace: float, workers: int = 1) -> None:
    """Listen with a backlog of ``n``; when the burst has arrived, serve it, and go on for ever.

    Each worker, a process of its own, takes ``pace`` seconds for a client: it waits so long,
    sends one byte and closes. Blocks; it ends when it is killed.
    """
    listener = socket.create_server((name, port), backlog=n)
    starter = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    starter.bind((name, port))
    print("listens")
    starter.recv(16)
    for _ in range(workers - 1):
        if not os.fork():
            break
    while True:
        conn, _ = listener.accept()
        conn.recv(1)
        time.sleep(pace)
        conn.send(b"!")
        conn.close()


def arrive(name: str, port: int, size: int, seconds: float) -> Times:
    """Let ``size`` clients connect at once, and wait for their byte; at most ``seconds``.

    For each client, in order, the seconds after which ``connect`` was through and those after
    which it was served; -1.0 for what had not happened in time. EMFILE if the host's limit of
    descriptors does not allow so many.
    """
    _room_for(size)
    poll, began = select.epoll(), time.monotonic()
    socks = [_begin(name, port, poll) for _ in range(size)]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as starter:
        starter.sendto(_GO, (name, port))
    return _watch(poll, {s.fileno(): (k, s) for k, s in enumerate(socks)}, began, seconds)


def _room_for(size: int) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < size + 1100:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, size + 1100), hard))


def _begin(name: str, port: int, poll: select.epoll) -> socket.socket:
    sock = socket.socket()
    sock.setblocking(False)
    if (code := sock.connect_ex((name, port))) not in (0, errno.EINPROGRESS):
        raise OSError(code, os.strerror(code))
    poll.register(sock, select.EPOLLOUT)
    return sock


def _watch(
    poll: select.epoll, socks: dict[int, tuple[int, socket.socket]], began: float, seconds: float
) -> Times:
    """Note when each becomes writable, and when readable."""
    times = [(-1.0, -1.0)] * len(socks)
    waiting = len(socks)
    while waiting and (left := began + seconds - time.monotonic()) > 0:
        for fd, event in poll.poll(left):
            (k, sock), now = socks[fd], time.monotonic() - began
            if event & select.EPOLLIN:
                times[k] = times[k][0] if times[k][0] >= 0 else now, now
                poll.unregister(fd)
                sock.close()
                waiting -= 1
            elif times[k][0] < 0:
                times[k] = now, -1.0
                sock.send(b"?")
                poll.modify(fd, select.EPOLLIN)
    return times
