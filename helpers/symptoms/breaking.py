"""The connection breaks: plays of resets, broken pipes, silent peers, and ends under a request."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable

from helpers.lab.lab import Lab
from helpers.lab.mirror import Socket
from helpers.lab.staging import listen, reset
from helpers.record.trace import PacketRecord
from helpers.symptoms.play import PORT, Play, attempt, option

_REQUEST = b"GET / HTTP/1.1\r\n\r\n"


def reset_in_recv(play: Play) -> None:
    """Two ways in which the peer ends with RST and not with FIN."""
    lab = play.lab()
    play.say("1. the peer closed, and had not read everything")
    listener, client, served = play.connection(lab)
    client.send(b"never read")
    served.close()
    play.error(client.recv, 100)
    play.say("2. the peer closed with SO_LINGER at 0 seconds")
    client, served = play.client(lab, listener)
    reset(served)
    play.error(client.recv, 100)


def reset_at_deploy(play: Play) -> None:
    """Clients that are connected and not accepted yet go down with the listener."""
    lab = play.lab()
    play.say("1. the old program closes its listener with a client in the queue")
    old = listen(lab.server, PORT, 5, reuse=True)
    client = _asking(lab)
    old.close()
    play.error(client.recv, 100)

    play.say("\n2. the new program has the same listener before the old one lets it go")
    old = listen(lab.server, PORT, 5, reuse=True)
    client = _asking(lab)
    new = lab.server.fork()
    old.close()
    play.table(lab.server)
    served = old.at(new).accept()[0]
    served.recv(100)
    served.send(b"200 OK")
    play.seen("recv: b'200 OK'", client.recv(100) == b"200 OK")


def _asking(lab: Lab) -> Socket:
    client = lab.client.socket()
    client.connect(("server", PORT))
    client.send(_REQUEST)
    return client


def reply_cut_short(play: Play) -> None:
    """A close with bytes unread sends RST, which overtakes what the client has not read yet."""
    lab = play.lab()
    listener, client, served = play.connection(lab)
    play.say("1. a long reply, and one byte of the request is left unread")
    client.send(b"GET / HTTP/1.1\r\n\r\n!")
    served.recv(18)
    served.setblocking(False)
    taken = _fill(served)
    served.close()
    got, ended = _read(client)
    play.seen("reply cut short: fewer bytes than send has taken, and then", got < taken)
    play.seen(ended, "Error" in ended)

    play.say("\n2. 413 never seen: it is sent while the client still uploads")
    client, served = play.client(lab, listener)
    _refuse(client, served)
    served.close()
    sent = attempt(client.send, bytes(5000))
    play.seen(f"the client's next send: {sent}", "Error" in sent)
    play.seen("a client that gives up there has not read the reply, which is in its buffer: "
              f"recv(12) = {client.recv(12)!r}", True)  # fmt: skip

    play.say("\n3. shutdown(SHUT_WR), recv until b'', close")
    client, served = play.client(lab, listener)
    _refuse(client, served)
    served.shutdown(socket.SHUT_WR)
    client.send(bytes(5000))
    said = client.recv(1000)
    client.close()
    while served.recv(65536):
        pass
    served.close()
    play.seen(f"the client has sent all, and reads {said[:12]!r}", said.endswith(b"\r\n\r\n"))


def _fill(sock: Socket) -> int:
    """Send until nothing more goes into the buffers; how many bytes they took."""
    count = 0
    try:
        while True:
            count += sock.send(bytes(100_000))
    except BlockingIOError:
        return count


def _refuse(client: Socket, served: Socket) -> None:
    """The head of an upload is read, and answered; its body is not."""
    client.send(b"POST / HTTP/1.1\r\n\r\n" + bytes(5000))
    served.recv(19)
    served.send(b"HTTP/1.1 413 Content Too Large\r\n\r\n")


def _read(client: Socket) -> tuple[int, str]:
    """How many bytes came, and what ended them."""
    count = 0
    try:
        while data := client.recv(65536):
            count += len(data)
    except OSError as error:
        return count, f"{type(error).__name__}: {error}"
    return count, "b''"


def broken_pipe(play: Play) -> None:
    """The first send after the peer's close succeeds, and is answered by RST; the second fails."""
    lab = play.lab()
    _, client, served = play.connection(lab)
    client.close()
    play.seen("first send: returned 5", served.send(b"first") == 5)
    play.error(served.send, b"second", before="second send: ")
    if not lab.bench:
        play.packets(lab.trace.since(0))


def keepalive_race(play: Play) -> None:
    """The server closes an idle connection at the moment in which the next request leaves."""
    lab = play.lab(wire=True)
    _, proxy, served = play.connection(lab)
    proxy.send(_REQUEST)
    served.recv(100)
    served.send(b"200 OK")
    proxy.recv(100)
    play.say("one request was answered; the connection is idle, and kept")
    mark = lab.trace.mark()
    lab.wire.hold()
    served.close()
    play.seen("the server's idle time is over: its FIN is under way", lab.wire.held)
    play.seen("the proxy does not know, and sends the next request: returned",
              proxy.send(_REQUEST) == len(_REQUEST))  # fmt: skip
    answer = proxy.start("recv", 100)
    lab.wire.step(_held(lab, lambda record: record.origin == "client"))
    lab.wire.step(_held(lab, lambda record: "R" in record.packet.flags))
    play.error(answer.result)
    play.say("(a proxy makes 502 Bad Gateway of it; nginx logs: recv() failed (104: Connection "
             "reset by peer) while reading response header from upstream)")  # fmt: skip
    lab.wire.release()
    play.packets(lab.trace.since(mark))


def _held(lab: Lab, fits: Callable[[PacketRecord], object]) -> PacketRecord:
    return next(record for record in lab.wire.held if fits(record))


def peer_vanished(play: Play) -> None:
    """The wire is cut. A side that only waits learns nothing, unless it asked for keepalive."""
    lab = play.lab(wire=True)
    listener, asks, _ = play.connection(lab)
    sends, _ = play.client(lab, listener)
    waits, _ = play.client(lab, listener)
    option(asks, socket.SO_KEEPALIVE)
    for name, value in ((socket.TCP_KEEPIDLE, 1), (socket.TCP_KEEPINTVL, 1)):
        asks.setsockopt(socket.IPPROTO_TCP, name, value)
    asks.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 900)
    sends.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 900)
    lab.wire.cut()
    first = asks.start("recv", 100)
    for_ever = waits.start("recv", 100)
    sends.send(b"are you there?")
    second = sends.start("recv", 100)
    play.error(second.result, before="it has sent something, recv: ")
    play.error(first.result, before="it only waits, with SO_KEEPALIVE, recv: ")
    play.seen("it only waits, without: recv is still blocked, and stays so",
              for_ever.blocked)  # fmt: skip
    play.table(lab.server, "the sockets of server, which sent nothing and knows nothing:",
               state="ESTAB")  # fmt: skip


def not_connected(play: Play) -> None:
    """A recv on the listener, and getpeername when the client is gone already."""
    lab = play.lab()
    listener = listen(lab.server, PORT, 5)
    play.error(listener.recv, 1024, before="listener.recv: ")
    play.error(listener.getpeername, before="listener.getpeername: ")
    play.error(listener.send, b"hello", before="listener.send: ")
    play.seen("listener.shutdown(SHUT_WR): returned",
              attempt(listener.shutdown, socket.SHUT_WR) == "returned")  # fmt: skip
    client = lab.client.socket()
    client.connect(("server", PORT))
    reset(client)
    served = listener.accept()[0]
    play.error(served.getpeername, before="the client has reset before accept; getpeername: ")
    refused = lab.client.socket()
    play.seen("connect is refused, and the error swallowed",
              "refused" in attempt(refused.connect, ("server", PORT + 1)))  # fmt: skip
    play.error(refused.recv, 1024, before="recv: ")
    play.error(refused.send, b"hello", before="send: ")


def bad_descriptor(play: Play) -> None:
    """A closed socket is used again: by the one that closed it, and by another thread."""
    lab = play.lab()
    listener, client, served = play.connection(lab)
    play.say("1. the program closes its socket, and sends")
    client.close()
    play.error(client.send, b"hello", before="send: ")
    play.seen(f"its fileno() is {client.fileno()}", client.fileno() == -1)

    play.say("\n2. a thread waits in recv, and another closes the socket")
    client, served = play.client(lab, listener)
    waiting = served.start("recv", 1024)
    served.close()
    play.seen("recv is still blocked", waiting.blocked)
    client.send(b"hello")
    play.seen(f"bytes come: that recv returns {waiting.result()!r}", True)
    play.error(served.recv, 1024, before="its next recv: ")

    play.say("\n3. os.close has closed the number, and the socket does not know")
    number, said = lab.server.run(closed_by_number).result()
    play.seen(f"recv: {said}", said.startswith("OSError: [Errno 9]"))
    play.seen(
        "its fileno() is still the old number, which the next open or socket gets", number >= 0
    )


def closed_by_number() -> tuple[int, str]:
    """Close a socket's descriptor behind its back; its fileno, and what recv says then."""
    sock = socket.socket()
    os.close(sock.fileno())
    try:
        sock.recv(1024)
    except OSError as error:
        return sock.detach(), f"{type(error).__name__}: {error}"
    return -1, "returned"
