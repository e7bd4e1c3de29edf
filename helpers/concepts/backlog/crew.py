"""Runs inside a host: one port, several worker processes, and clients one after another.

The workers are forked, so they share the listener; with ``reuseport`` each has its own. Each
writes down in shared memory what it does, and a client comes only when all that are free
sleep in the kernel: who gets it is the kernel's choice, and nobody's head start.
Standard library only.
"""

from __future__ import annotations

import mmap
import os
import resource
import select
import socket
import struct
import time
import zlib

TYPE_CHECKING = False  # typing itself would cost each program four milliseconds
if TYPE_CHECKING:
    from collections.abc import Callable

    Lines = tuple[tuple[int, int], ...]

_BUSY, _FREE, _STUCK = 0, 1, 2
# A worker's line on the board: its process, what it does, connections taken, and how often it
# slept while it served.
_LINE = struct.Struct("=4q")
_EXCLUSIVE = getattr(select, "EPOLLEXCLUSIVE", 1 << 28)
# TCP_INFO on a listener: tcpi_unacked, at byte 24, is the length of its accept queue.
_INFO = struct.Struct("=24xI")


class Worker:
    """One process, its listener, and its line on the board."""

    def __init__(self, number: int, listener: socket.socket, board: mmap.mmap) -> None:
        self.number, self.listener, self._board = number, listener, board

    @property
    def line(self) -> tuple[int, ...]:
        """Process, state, connections taken, sleeps while serving."""
        return _LINE.unpack_from(self._board, self.number * _LINE.size)

    @property
    def sums(self) -> tuple[int, int]:
        """Connections taken, and how often it was woken from waiting for one.

        A process that was woken and sleeps again has switched voluntarily, as proc(5) counts it,
        whether or not its program noticed.
        """
        number, _, taken, serving = self.line
        with open(f"/proc/{number}/status") as file:
            text = file.read().partition("\nvoluntary_ctxt_switches:")[2]
        return taken, int(text.split(None, 1)[0]) - serving

    def note(self, state: int, taken: int = 0, serving: int = 0) -> None:
        """Write down a state, and add to the sums."""
        _, _, before, slept = self.line
        number = int(os.readlink("/proc/self"))  # as the /proc that we have numbers it
        where = self.number * _LINE.size
        _LINE.pack_into(self._board, where, number, state, before + taken, slept + serving)

    def work(self, scheme: str) -> None:
        """Take clients and serve them, for ever."""
        poll = self._poll(scheme)
        while True:
            self.note(_FREE)
            if poll:
                poll.poll()
            try:
                conn, _ = self.listener.accept()
            except BlockingIOError:
                continue
            began = _sleeps()
            self._serve(conn)
            self.note(_BUSY, serving=_sleeps() - began)

    def _poll(self, scheme: str) -> select.epoll | None:
        """What the worker sleeps in, if it is not accept itself."""
        if "epoll" not in scheme:
            return None
        self.listener.setblocking(False)
        poll = select.epoll()
        flags = _EXCLUSIVE if scheme == "epoll, exclusive" else 0
        poll.register(self.listener, select.EPOLLIN | flags)
        return poll

    def _serve(self, conn: socket.socket) -> None:
        self.note(_BUSY, taken=1)
        with conn:
            conn.setblocking(True)
            if conn.recv(1) == b"s":
                self.note(_STUCK)
                conn.recv(1)  # which never comes
            conn.send(b"!")

    @property
    def rests(self) -> bool:
        """Whether it is stuck, or free and asleep in the kernel."""
        number, state, *_ = self.line
        return state == _STUCK or (state == _FREE and _asleep(number))

    @property
    def behind(self) -> int:
        """How many connections wait in its accept queue."""
        info = self.listener.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 32)
        return int(_INFO.unpack_from(info)[0])


def _sleeps() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_nvcsw


def _asleep(number: int) -> bool:
    with open(f"/proc/{number}/stat") as file:
        return file.read().rpartition(")")[2].split(None, 1)[0] == "S"


def crew(name: str, port: int, scheme: str, workers: int, clients: int, stuck: bool) -> Lines:
    """Let ``clients`` come to ``workers``, one after another.

    Returns for each worker the connections it took and how often it was woken; a last pair
    holds how many clients were served and how many were not. With ``stuck`` a client comes
    first that its worker never gets rid of; it is not counted.
    """
    team = _hire(name, port, scheme, workers)
    if stuck:
        _visit(team, name, port, b"s")
        _until(lambda: any(w.line[1] == _STUCK for w in team))
    _until(lambda: all(w.rests for w in team))
    before = [w.sums for w in team]
    served = sum(_visit(team, name, port, b"?") for _ in range(clients))
    _until(lambda: all(w.rests for w in team))
    pairs = ((w.sums, old) for w, old in zip(team, before, strict=True))
    moved = ((now[0] - old[0], now[1] - old[1]) for now, old in pairs)
    return (*moved, (served, clients - served))


def _hire(name: str, port: int, scheme: str, workers: int) -> list[Worker]:
    board = mmap.mmap(-1, workers * _LINE.size)
    own = scheme == "reuseport"
    listeners = [_listener(name, port, own) for _ in range(workers if own else 1)]
    team = [Worker(n, listeners[n % len(listeners)], board) for n in range(workers)]
    for worker in team:
        if not os.fork():
            worker.work(scheme)
    return team


def _listener(name: str, port: int, own: bool) -> socket.socket:
    return socket.create_server((name, port), backlog=511, reuse_port=own)


_kept: list[socket.socket] = []


def _visit(team: list[Worker], name: str, port: int, word: bytes) -> bool:
    """One client; True if it was served, False if it waits behind a worker that is stuck."""
    _until(lambda: all(w.rests for w in team))
    before = [w.behind for w in team if w.line[1] == _STUCK]
    sock = socket.create_connection((name, port))
    _kept.append(sock)
    sock.send(word)
    if word == b"s":
        return False
    _until(lambda: _readable(sock) or _longer(team, before))
    return _readable(sock)


def _longer(team: list[Worker], before: list[int]) -> bool:
    """Whether one more waits in the queue of a stuck worker, which nobody else looks after."""
    alone = team[0].listener is not team[-1].listener
    return alone and [w.behind for w in team if w.line[1] == _STUCK] > before


def _readable(sock: socket.socket) -> bool:
    return bool(select.select([sock], [], [], 0)[0])


def _until(seen: Callable[[], object]) -> None:
    while not seen():
        time.sleep(0.00005)


def takes(name: str, port: int, clients: int) -> tuple[tuple[int, int], ...]:
    """Accept and serve ``clients`` that wait already: for each, ns in accept and in serving.

    Serving is what a small web application does: read a request, make an answer of a few
    hundred lines, compress it, send it, close.
    """
    with _listener(name, port, False) as listener:
        for _ in range(clients):
            _kept.append(socket.create_connection((name, port)))
            _kept[-1].send(b"GET / HTTP/1.1\r\n\r\n")
        return tuple(_timed(listener) for _ in range(clients))


def _timed(listener: socket.socket) -> tuple[int, int]:
    began = time.perf_counter_ns()
    conn, _ = listener.accept()
    accepted = time.perf_counter_ns()
    with conn:
        request = conn.recv(1024)
        lines = (f"<li>{n}: {request!r}</li>" for n in range(400))
        conn.sendall(zlib.compress("\n".join(lines).encode()))
    return accepted - began, time.perf_counter_ns() - accepted
