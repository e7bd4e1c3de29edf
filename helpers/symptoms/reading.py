"""The bytes are not what was sent: plays of ``recv`` and ``send`` on a stream."""

from __future__ import annotations

import select
import socket
import time

from helpers.lab.mirror import Socket
from helpers.symptoms.play import PORT, Play

# Seconds; a delayed acknowledgement takes 40 ms at least (TCP_DELACK_MIN in the kernel).
_SHORT = 0.03


def fewer_or_more(play: Play) -> None:
    """A stream has no messages: recv gives what is there, up to what it was asked for."""
    lab = play.lab()
    _, client, served = play.connection(lab)
    client.send(b"one")
    client.send(b"two")
    got = served.recv(1024)
    play.seen(f"two messages at once: send(b'one'), send(b'two'), and recv(1024) = {got!r}",
              got == b"onetwo")  # fmt: skip
    client.send(b"one message, and the first half of")
    got = served.recv(1024)
    client.send(b" another")
    rest = served.recv(1024)
    play.seen(f"recv gives fewer bytes: recv(1024) = {got!r}", len(got) < 1024)
    play.seen(f"and then {rest!r}", rest == b" another")


def empty_in_a_loop(play: Play) -> None:
    """What b'' means: the end of the stream; it comes again at once, as often as one asks."""
    lab = play.lab()
    _, client, served = play.connection(lab)
    client.close()
    got = [served.recv(1024) for _ in range(3)]
    play.seen(f"recv gives b'' in a busy loop: {got}", got == [b""] * 3)
    play.table(lab.server, state="CLOSE-WAIT")


def would_block(play: Play) -> None:
    """Nothing is there now; what to do next is to wait until there is."""
    lab = play.lab()
    _, client, served = play.connection(lab)
    served.setblocking(False)
    play.error(served.recv, 1024)
    client.send(b"hello")
    play.seen(f"a moment later: recv = {served.recv(1024)!r}", True)
    polite = lab.server.run(waits_for_bytes, PORT + 1)
    other = lab.client.socket()
    other.connect(("server", PORT + 1))
    other.send(b"hello")
    got, turns = polite.result()
    play.seen(f"with select before each recv: {got!r}, and recv was called {turns} times",
              (got, turns) == (b"hello", 1))  # fmt: skip


def waits_for_bytes(port: int) -> tuple[bytes, int]:
    """Read from a non-blocking socket, and sleep in select while there is nothing."""
    with socket.create_server(("", port)) as listener:
        conn, _ = listener.accept()
    turns = 0
    with conn:
        conn.setblocking(False)
        while True:
            select.select([conn], [], [])
            turns += 1
            try:
                return conn.recv(1024), turns
            except BlockingIOError:
                continue  # it may have been told too early: select(2), BUGS


def both_in_send(play: Play) -> None:
    """Each sends more than the buffers hold, and reads only afterwards."""
    lab = play.lab()
    _, client, served = play.connection(lab)
    # Bench mode's loopback has larger windows: ten megabytes are more than any buffer here.
    calls = [sock.start("sendall", bytes(10_000_000)) for sock in (client, served)]
    play.seen("both programs hang in send", all(call.blocked for call in calls))
    rows = lab.client.sockets().find("ESTAB"), lab.server.sockets().find("ESTAB")
    said = [("more than 0" if q else "0") for r in rows for q in (r[0].recv_q, r[0].send_q)]
    play.columns(("host", "Recv-Q", "Send-Q"), [("client", *said[:2]), ("server", *said[2:])])
    play.seen("both columns of both: bytes that nobody reads", said == ["more than 0"] * 4)


def forty_milliseconds(play: Play) -> None:
    """Two small writes, then a read: Nagle waits for the ACK, and the peer's ACK is delayed."""
    lab = play.lab(delayed_ack=True)
    _, client, served = play.connection(lab)
    _rounds(client, served)
    slow = sorted(_request(client, served) for _ in range(5))
    play.seen("every small request takes 40 ms", slow[2] > _SHORT)
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    # On a busy machine some take as long for other reasons.
    fast = any(_request(client, served) < _SHORT for _ in range(50))
    play.seen("with TCP_NODELAY in the client: it does not", fast)


def _rounds(client: Socket, served: Socket) -> None:
    """A new connection acknowledges at once; after a few exchanges it delays."""
    for _ in range(4):
        client.send(b"warm")
        served.recv(10)
        served.send(b"up")
        client.recv(10)


def _request(client: Socket, served: Socket) -> float:
    """How many seconds a request takes whose head and body are written apart."""
    began = time.monotonic()
    client.send(b"head")
    client.send(b"body")
    got = b""
    while len(got) < 8:
        got += served.recv(100)
    served.send(b"ok")
    client.recv(10)
    return time.monotonic() - began
