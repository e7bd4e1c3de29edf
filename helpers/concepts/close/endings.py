"""Ways to end a connection right after a reply, and what became of the reply.

The client sends a request, the server reads it (or leaves some of it unread), sends a reply
that is larger than the client's receive buffer, and ends the connection in one *way*, a plain
function. The client reads only when that has been done, as a slow client would.
"""

from __future__ import annotations

import errno
import socket
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from helpers.bar import bar
from helpers.lab.call import Call
from helpers.lab.lab import Lab
from helpers.lab.mirror import Socket
from helpers.lab.staging import listen, reset
from helpers.record.snapshot import table

REPLY = 100_000  # bytes
EOF = "EOF"
_CHUNK = 4096
_SMALL, _LARGE = 4096, 200_000  # the client's receive buffer, the server's send buffer: bytes
Way = Callable[[Socket, Callable[[], None]], None]


@dataclass(frozen=True, slots=True)
class Ending:
    """``unread`` bytes of the request were not read when the server ended the connection.

    ``received`` of ``sent`` bytes of the reply reached the client's program, then its recv said
    ``end``: ``EOF`` or an errno's name.
    """

    way: str
    unread: int
    sent: int
    received: int
    end: str


def close(conn: Socket, client_reads: Callable[[], None]) -> None:
    """``close``, and nothing else."""
    conn.close()
    client_reads()


def abort(conn: Socket, client_reads: Callable[[], None]) -> None:
    """``close`` with SO_LINGER set to zero seconds."""
    reset(conn)
    client_reads()


def shut_and_close(conn: Socket, client_reads: Callable[[], None]) -> None:
    """``shutdown`` of our direction and ``close`` at once, without a look at the client's."""
    conn.shutdown(socket.SHUT_WR)
    conn.close()
    client_reads()


def shut_drain_close(conn: Socket, client_reads: Callable[[], None]) -> None:
    """``shutdown`` of our direction, read until the client's end, then ``close``."""
    conn.shutdown(socket.SHUT_WR)
    last = drain(conn)
    if last.done():
        conn.close()
    client_reads()
    last.result()
    conn.close()


def drain(conn: Socket) -> Call[Any]:
    """Read what is there; returns the last ``recv``, which waits for the other side's end."""
    while (call := conn.start("recv", _CHUNK)).done() and call.result():
        pass
    return call


WAYS: dict[str, Way] = {
    "close": close,
    "close, SO_LINGER 0": abort,
    "shutdown, close": shut_and_close,
    "shutdown, drain, close": shut_drain_close,
}


def ending(lab: Lab, way: str, unread: int) -> Ending:
    """Play one way in ``lab``; ``unread`` bytes of the request are left unread."""
    client, conn = _connection(lab)
    client.send(b"GET" + bytes(unread))
    conn.recv(3)
    conn.sendall(bytes(REPLY))
    seen: list[tuple[int, str]] = []
    WAYS[way](conn, lambda: seen.append(_read(client)))
    return Ending(way, unread, REPLY, *seen[0])


def _connection(lab: Lab) -> tuple[Socket, Socket]:
    listener = listen(lab.server, 0)
    client = lab.client.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _SMALL)
    client.connect(("server", listener.getsockname()[1]))
    conn, _ = listener.accept()
    listener.close()
    conn.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _LARGE)
    return client, conn


def _read(client: Socket) -> tuple[int, str]:
    """What the client's program gets until its end, and which end that is; then it closes."""
    received = 0
    try:
        while data := client.recv(65536):
            received += len(data)
        return received, EOF
    except OSError as error:
        return received, errno.errorcode[error.errno or 0]
    finally:
        client.close()


def play_endings(unread: int = 1, ways: Iterable[str] = tuple(WAYS)) -> list[Ending]:
    """Play each way with nothing left unread and with ``unread`` bytes, in a lab of its own.

    About a second. With ``unread=0`` each way is played once.
    """
    amounts = sorted({0, unread})
    with Lab() as lab:
        cases = [(way, amount) for way in ways for amount in amounts]
        return [ending(lab, *case) for case in bar(cases, "endings")]


def ending_table(found: Iterable[Ending]) -> str:
    """One line for each ending; how much arrived is told in a word."""
    rows = [(e.way, str(e.unread), arrived(e), e.end) for e in found]
    return table([("the server's way", "unread", "of the reply arrived", "then recv"), *rows])


def arrived(e: Ending) -> str:
    """How much of the reply reached the client's program, in a word."""
    return "all" if e.received == e.sent else "a part" if e.received else "nothing"
