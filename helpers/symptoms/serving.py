"""It serves one, and not the next: plays of a server that is there and stuck."""

from __future__ import annotations

import errno
import os
import resource
import select
import signal
import socket

from helpers.lab.staging import listen
from helpers.symptoms.play import PORT, Play
from helpers.waiting import wait_until

# What tells a program that all its clients are there.
GO = signal.SIGUSR1


def too_many_files(play: Play) -> None:
    """A process without a free descriptor cannot accept, and is woken for it again and again."""
    lab = play.lab()
    server = lab.server.run(short_of_descriptors, PORT)
    lab.client.socket().connect(("server", PORT))
    said, times, readable, after = server.result()
    play.seen(said, said.startswith("OSError: [Errno 24]"))
    play.seen("the client stays in the queue, and the listener stays readable: a loop without a "
              "pause goes round at once", times == 3 and readable)  # fmt: skip
    play.seen(f"one descriptor is closed: accept {after}", after == "returned")


def short_of_descriptors(port: int) -> tuple[str, int, bool, str]:
    """Accept with no descriptor to be had; what it said, and whether there is still a client."""
    with socket.create_server(("", port)) as listener:
        select.select([listener], [], [])
        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        spare = os.dup(listener.fileno())
        resource.setrlimit(resource.RLIMIT_NOFILE, (spare + 1, hard))
        said, times = "", 0
        for _ in range(3):
            try:
                listener.accept()
            except OSError as error:
                said, times = f"{type(error).__name__}: {error}", times + (error.errno == 24)
        readable = bool(readable_now(listener))
        os.close(spare)
        listener.accept()
        return said, times, readable, "returned"


def readable_now(sock: socket.socket) -> list[tuple[int, int]]:
    """Whether it is readable now: poll needs no descriptor of its own, as epoll would."""
    asked = select.poll()
    asked.register(sock, select.POLLIN)
    return asked.poll(0)


def second_hangs(play: Play) -> None:
    """One at a time: the server reads from its first client, and does not come to accept."""
    lab = play.lab()
    lab.server.run(one_at_a_time, PORT)
    first, second = lab.client.socket(), lab.client.socket()
    first.connect(("server", PORT))
    second.connect(("server", PORT))
    second.send(b"hello")
    reply = second.start("recv", 100)
    play.seen("the second client hangs until the first has gone", reply.blocked)
    play.table(lab.server)
    first.close()
    play.say("")
    answer = reply.result()
    play.seen(f"the first one closes, and the second reads {answer!r}", answer == b"hello")


def one_at_a_time(port: int) -> None:
    """An echo server as one writes it first."""
    with socket.create_server(("", port)) as listener:
        while True:
            conn, _ = listener.accept()
            with conn:
                while data := conn.recv(1024):
                    conn.sendall(data)


def stuck_in_accept(play: Play) -> None:
    """A close gives up the descriptor, and does not wake the thread that is in the call."""
    lab = play.lab()
    listener = listen(lab.server, PORT, 5)
    waiting = listener.start("accept")
    listener.close()
    play.seen("another thread has closed the listener, and the thread never leaves accept",
              waiting.blocked)  # fmt: skip
    play.table(lab.server)
    lab.client.socket().connect(("server", PORT))
    wait_until("the accept to return", waiting.done)
    play.seen("\na client comes: it returns, with that client", waiting.exception() is None)
    again = listen(lab.server, PORT + 1, 5)
    waiting = again.start("accept")
    again.shutdown(socket.SHUT_RDWR)
    wait_until("the accept to return", waiting.done)
    error = waiting.exception()
    play.seen(f"shutdown(SHUT_RDWR) first: accept raises {type(error).__name__}: {error}",
              getattr(error, "errno", 0) == errno.EINVAL)  # fmt: skip


def epoll_goes_quiet(play: Play) -> None:
    """Edge-triggered epoll tells of a change once; one accept for it leaves the others waiting."""
    lab = play.lab()
    server = lab.server.run(edge_triggered, PORT, wait=False)
    wait_until("the listener", lambda: lab.server.sockets().find("LISTEN"))
    for _ in range(3):
        lab.client.socket().connect(("server", PORT))
    os.kill(server.pid, GO)
    told, again, left = server.result()
    play.seen("epoll goes quiet though clients wait", (told, again) == (1, 0))
    play.seen(f"events: {told} for three clients; after one accept: {again}; clients that were "
              f"still in the queue: {left}", left == 2)  # fmt: skip


def edge_triggered(port: int) -> tuple[int, int, int]:
    """Let three clients come, ask epoll, accept once, and ask again."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {GO})
    with socket.create_server(("", port)) as listener, select.epoll() as epoll:
        epoll.register(listener, select.EPOLLIN | select.EPOLLET)
        signal.sigwait({GO})
        told = len(epoll.poll(0))
        listener.accept()
        again = len(epoll.poll(0.1))
        listener.setblocking(False)
        left = 0
        try:
            while True:
                listener.accept()
                left += 1
        except BlockingIOError:
            return told, again, left
