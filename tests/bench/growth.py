"""How the lab's cost grows: sockets that only exist, bytes through both wires, the trace's text.

Beside each stands the same work without a lab, on this machine's own loopback, or the same work
of a smaller size.
"""

from __future__ import annotations

import resource
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

from helpers import Lab
from tests.bench.table import Row, compared

PORT = 8080
MB = 1_000_000
SOCKETS = 1_000


def exact_calls() -> Iterator[Row]:
    """One send or recv with 2 sockets a host, and with 200."""
    few, many = [], []
    for _ in range(3):
        few.append(_call(2))
        many.append(_call(200))
    fast = min(few) * 1000
    yield Row("exact call, 2 sockets a host", fast, None, "ms", "0.5 ms", fast <= 0.5)
    yield compared("exact call, 200 sockets, against 2", [min(many)], [min(few)], 1.5)


def _call(sockets: int, calls: int = 60) -> float:
    with Lab() as lab:
        client, conn, _ = _joined(lab)
        for _ in range(sockets // 2):
            lab.client.socket().connect(("server", PORT))
        began = time.perf_counter()
        for _ in range(calls // 2):
            client.send(b"x")
            conn.recv(10)
        return (time.perf_counter() - began) / calls


def _joined(lab: Lab) -> tuple[Any, Any, Any]:
    listener = lab.server.socket()
    listener.bind(("0.0.0.0", PORT))
    listener.listen(4096)
    client = lab.client.socket()
    client.connect(("server", PORT))
    return client, listener.accept()[0], listener


def many_sockets() -> Iterator[Row]:
    """A host with 1,000 connections, made one by one, beside 1,000 on loopback."""
    allowed = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    count = min(SOCKETS, allowed - 100)
    with Lab() as lab:
        _joined(lab)
        kept = [lab.client.socket() for _ in range(count)]
        began = time.perf_counter()
        for each in kept:
            each.connect(("server", PORT))
        ours = time.perf_counter() - began
    yield compared(
        f"{count} sockets a host, exact, beside none", [ours], [_loopback(count // 2)], 0
    )


def _loopback(count: int) -> float:
    """Seconds for twice ``count`` connections, of which ``count`` are open at once."""
    took = 0.0
    for _ in range(2):
        with ExitStack() as stack:
            listener = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=4096))
            clients = [stack.enter_context(socket.socket()) for _ in range(count)]
            began = time.perf_counter()
            for client in clients:
                client.connect(listener.getsockname())
            took += time.perf_counter() - began
    return took


def bytes_through() -> Iterator[Row]:
    """1 MB and 4 MB through the exact wire, 10 MB through the fast one; the text of the former."""
    small, large = zip(
        *((_through(MB, False), _through(4 * MB, False)) for _ in range(3)), strict=True
    )
    (once, text), (more, longer) = (
        [min(each) for each in zip(*s, strict=True)] for s in (small, large)
    )
    yield compared("1 MB, exact wire, beside loopback", [once], [_pumped_plainly(MB)], 0)
    yield compared("4 MB, exact wire, against 1 MB", [more], [once], 4.5, "s")
    yield compared("str(trace) of 4 MB, against 1 MB", [longer], [text], 4.5)
    fast, _ = _through(10 * MB, True)
    yield compared("10 MB, fast wire, beside loopback", [fast], [_pumped_plainly(10 * MB)], 0)


def _through(size: int, fast: bool) -> tuple[float, float]:
    """Seconds for ``size`` bytes from one host to the other, and for the text of their trace."""
    with Lab() as lab:
        client, conn, _ = _joined(lab)

        def send(data: bytes) -> Callable[[], object]:
            call = client.start("sendall", data)
            return lambda: call.result(60)

        with ExitStack() as stack:
            if fast:
                stack.enter_context(lab.fast())
            took = _pump(size, send, conn.recv)
        texts = []
        for _ in range(5):
            began = time.process_time()  # what others do meanwhile does not count
            str(lab.trace)
            texts.append(time.process_time() - began)
        return took, min(texts)


def _pumped_plainly(size: int) -> float:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        with socket.create_connection(listener.getsockname()) as client:
            conn, _ = listener.accept()

            def send(data: bytes) -> Callable[[], object]:
                thread = threading.Thread(target=client.sendall, args=(data,))
                thread.start()
                return thread.join

            with conn:
                return _pump(size, send, conn.recv)


def _pump(
    size: int,
    send: Callable[[bytes], Callable[[], object]],
    recv: Callable[[int], bytes],
) -> float:
    began, got = time.perf_counter(), 0
    wait = send(bytes(size))
    while got < size:
        got += len(recv(1 << 20))
    wait()
    return time.perf_counter() - began
