"""Server programs under study, whole and plain.

Each runs in a host of a lab, ``lab.server.run(eight_lines)``, or from a shell,
``python -m helpers.server eight-lines --port 8080``, so that ``curl`` or ``nc`` can
talk to it. Nothing here knows of the lab.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import sys
from collections.abc import Callable


def eight_lines(port: int = 8080) -> None:
    """The article's server, as printed: it serves one client, reads once, and ends."""
    server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind(('0.0.0.0', port))
    server.listen(1)
    clientsocket, address = server.accept()
    data = clientsocket.recv(1024)
    clientsocket.close()
    server.close()


def corrected(port: int = 8080) -> None:
    """The eight lines, as the notebooks would have them: it echoes what each client says.

    It starts again at once, serves client after client, reads each to its end, and lives
    through those that fall silent for half a minute, or reset. Does not return.
    """
    server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind(('0.0.0.0', port))
    server.listen(128)
    _echo(server)


def _echo(server: socket.socket) -> None:
    while True:
        clientsocket, address = server.accept()
        clientsocket.settimeout(30)
        with clientsocket, contextlib.suppress(OSError):
            while data := clientsocket.recv(1024):
                clientsocket.sendall(data)


def pre_forking(port: int = 8080, workers: int = 4) -> None:
    """As ``corrected``, in several processes that share one listener, as nginx's do.

    So ``workers`` clients are served at the same time. A worker that dies is replaced. Ends
    its workers when it ends itself, unless that is by SIGKILL. Does not return.
    """
    server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind(('0.0.0.0', port))
    server.listen(128)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    alive: list[int] = []
    try:
        while True:
            while len(alive) < workers:
                pid = os.fork()
                if pid == 0:
                    _work(server)
                alive.append(pid)
            gone, status = os.wait()
            alive.remove(gone)
    finally:
        for pid in alive:
            os.kill(pid, signal.SIGTERM)


def _work(server: socket.socket) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    try:
        _echo(server)
    finally:
        os._exit(1)


def framed(port: int = 8080) -> None:
    """Serve one client: answer each message with the same, each after its length in four bytes.

    Ends when the client has sent its last; raises EOFError if it stops in the middle of one.
    """
    with socket.create_server(('0.0.0.0', port)) as server:
        conn, address = server.accept()
        with conn:
            while header := _exactly(conn, 4, may_end=True):
                message = _exactly(conn, int.from_bytes(header, 'big'))
                conn.sendall(header + message)


def _exactly(conn: socket.socket, size: int, may_end: bool = False) -> bytes:
    """The next ``size`` bytes; with ``may_end``, b"" if the stream ends before the first."""
    data = b''
    while len(data) < size:
        piece = conn.recv(size - len(data))
        if not piece:
            if may_end and not data:
                break
            raise EOFError(f"the stream ended after {len(data)} of {size} bytes")
        data += piece
    return data


def main() -> None:
    """Run one program from a shell until it ends or is interrupted."""
    import argparse

    parser = argparse.ArgumentParser(prog="python -m helpers.server", description=__doc__)
    programs: dict[str, Callable[[int], None]] = {
        "eight-lines": eight_lines,
        "corrected": corrected,
        "pre-forking": pre_forking,
        "framed": framed,
    }
    parser.add_argument("program", choices=programs)
    parser.add_argument("--port", type=int, default=8080, help="TCP port, 0 to 65535")
    chosen = parser.parse_args()
    if not 0 <= chosen.port <= 65535:
        parser.error(f"--port must be 0 to 65535, not {chosen.port}")
    try:
        programs[chosen.program](chosen.port)
    except KeyboardInterrupt:
        raise SystemExit(130) from None


if __name__ == "__main__":
    main()
