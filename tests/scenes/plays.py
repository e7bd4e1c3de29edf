"""Programs for the tests of ``run``; the standard library only, for a host imports this file."""

from __future__ import annotations

import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from typing import Any, NoReturn


def serves(port: int, how: str, seconds: float) -> None:
    """Do something else for a while, and then listen."""
    until = time.monotonic() + seconds
    while how == "compute" and time.monotonic() < until:
        pass
    if how == "sleep":
        time.sleep(seconds)
    elif how == "child":
        subprocess.run(["sleep", str(seconds)], check=True)
    elif how == "thread":
        thread = threading.Thread(target=time.sleep, args=(seconds,))
        thread.start()
        thread.join()
    listener = socket.create_server(("0.0.0.0", port), backlog=9)
    while True:
        listener.accept()


def calls(port: int) -> bytes:
    """A client that sleeps first, and then waits for what the server says."""
    time.sleep(0.1)
    with socket.create_connection(("server", port)) as sock:
        return sock.recv(10)


def rests(how: str) -> None:
    """Wait for what never comes."""
    lock = threading.Lock()
    lock.acquire()
    ways: dict[str, Any] = {
        "epoll": lambda: select.epoll().poll(),
        "poll": lambda: select.poll().poll(),
        "select": lambda: select.select([], [], []),
        "lock": lock.acquire,
        "signal": signal.pause,
        "child": lambda: os.waitpid(_child(), 0),
        "sleep": lambda: time.sleep(1000),
        "late": lambda: select.epoll().poll(1000),
    }
    ways[how]()


def _child() -> int:
    if child := os.fork():
        return child
    signal.pause()
    os._exit(0)


def computes() -> NoReturn:
    """Go round without a call."""
    while True:
        pass


def spins(port: int) -> NoReturn:
    """Ask again and again."""
    listener = socket.create_server(("0.0.0.0", port))
    listener.setblocking(False)
    while True:
        try:
            listener.accept()
        except BlockingIOError:
            continue


def dies(how: str) -> None:
    """End in some way that is no return."""
    if how == "exit":
        sys.exit(3)
    if how == "exit with a text":
        sys.exit("no way")
    if how == "exit well":
        sys.exit()
    if how == "_exit":
        os._exit(3)
    if how == "import":
        import nowhere_at_all  # type: ignore[import-not-found]  # noqa: F401
    if how == "name":
        nothing_of_this_name  # type: ignore[name-defined]  # noqa: B018, F821
    os.kill(os.getpid(), getattr(signal, how))


def gives(at: int) -> object:
    """One of the values that once came back as something else."""
    return VALUES[at]


VALUES: list[Any] = [("a", [1, 2]), ("socket", 1, 2), ("tuple", "x"), {1: {2}, "b": b"x"}, None]


def shares(port: int) -> None:
    """A listener that two workers hold, and a program that was started with it."""
    listener = socket.create_server(("0.0.0.0", port))
    for _ in range(2):
        if not os.fork():
            signal.pause()
    subprocess.Popen(["sleep", "1000"], pass_fds=[listener.fileno()])
    print("shared")
    signal.pause()


def local(port: int) -> tuple[object, ...]:
    """What the names of this machine lead to, and a connection by each."""
    import asyncio

    found = socket.getaddrinfo("localhost", port, type=socket.SOCK_STREAM)
    peers = []
    for family, address in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
        with socket.create_server((address, port), family=family):
            with socket.socket(family) as sock:
                sock.connect(("localhost", port))
                peers.append(sock.getpeername()[0])
    with socket.create_server(("127.0.0.1", port)):
        peers.append(socket.create_connection(("localhost", port)).getpeername()[0])
    loop = asyncio.new_event_loop()
    later = loop.run_until_complete(loop.getaddrinfo("localhost", port, family=socket.AF_INET))
    names = socket.gethostbyname("localhost"), socket.getfqdn("127.0.0.1")
    return [each[4][0] for each in found], peers, later[0][4][0], names


def pre_forking(port: int, workers: int) -> None:
    """Several processes that share one listener, as nginx's do."""
    listener = socket.create_server(("0.0.0.0", port))
    for _ in range(workers):
        if not os.fork():
            while True:
                conn, _ = listener.accept()
                with conn:
                    while data := conn.recv(1024):
                        conn.sendall(data)
    os.wait()
