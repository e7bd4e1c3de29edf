"""It connects late, or nobody answers: plays of the two queues in front of ``accept``."""

from __future__ import annotations

from helpers.lab.lab import Lab
from helpers.lab.mirror import Socket
from helpers.lab.staging import listen
from helpers.record.packet import Packet
from helpers.symptoms.play import PORT, Play

# Seconds that a program gives a call.
_LIMIT = 0.2


def one_second_late(play: Play) -> None:
    """The accept queue is full for a moment; the client's SYN is lost, and comes again in 1 s."""
    lab = play.lab(wire=True)
    listener = listen(lab.server, PORT, 0)
    lab.client.socket().connect(("server", PORT))
    late = lab.client.socket().start("connect", ("server", PORT))
    play.table(lab.server, state="LISTEN")
    listener.accept()
    play.say("\nthe server accepts, so there is room again")
    late.result()
    syns = [p for p in lab.trace.packets if p.packet.syn and p.origin == "client"]
    seconds = (syns[-1].sent - syns[-2].sent) / 1e9
    play.seen("now and then exactly 1, 2 or 3 s too slow", syns[-1].again and 0.9 < seconds < 1.5)
    play.packets(lab.trace.since(0), "on the wire, of both clients:")
    play.counters(lab.server, "ListenOverflows", "ListenDrops")


def recv_q_of_listen(play: Play) -> None:
    """Three clients are connected, and nobody accepts them."""
    lab = play.lab()
    listen(lab.server, PORT, 5)
    for _ in range(3):
        lab.client.socket().connect(("server", PORT))
    row = play.table(lab.server, state="LISTEN")[0]
    play.seen("Recv-Q of the LISTEN row: 3", row.recv_q == 3)
    play.say("for each of them there is a connection already, which no process owns:")
    play.table(lab.server, state="ESTAB")


def listen_overflows(play: Play) -> None:
    """A full accept queue drops SYNs; what counts them counts packets."""
    lab = play.lab(wire=True)
    listen(lab.server, PORT, 1)
    for _ in range(2):
        lab.client.socket().connect(("server", PORT))
    for _ in range(3):
        lab.client.socket().start("connect", ("server", PORT))
    moved = lab.server.counters()
    play.seen("TcpExtListenOverflows grows", moved["ListenOverflows"] >= 3)
    play.seen("TcpExtListenDrops grows with it", moved["ListenDrops"] >= moved["ListenOverflows"])
    play.table(lab.server, state="LISTEN")
    play.table(lab.client)


def syn_flooding(play: Play) -> None:
    """The SYN queue is full: the next client gets a cookie, and the kernel logs a line."""
    lab = play.lab(wire=True)
    listener = listen(lab.server, PORT, 1)
    _hold_last_acks(lab)
    for _ in range(3):
        lab.client.socket().connect(("server", PORT))
    play.counters(lab.server, "TCPReqQFullDoCookies", "SyncookiesSent")
    play.say("(dmesg: Possible SYN flooding on port 0.0.0.0:8080. Sending cookies.)")
    play.seen(f"the listener: {listener.queues()}", listener.queues().syn == 2)
    play.table(lab.server)
    play.table(lab.client)


def many_syn_recv(play: Play) -> None:
    """The third packet of each handshake does not come."""
    lab = play.lab(wire=True)
    listen(lab.server, PORT, 8)
    _hold_last_acks(lab)
    for _ in range(3):
        lab.client.socket().connect(("server", PORT))
    found = play.table(lab.server)
    play.seen("many rows in SYN-RECV, without a process", found.states.count("SYN-RECV") == 3)
    lab.wire.release()
    play.seen("when the last ACKs come: none", not lab.server.sockets().find("SYN-RECV"))


def _hold_last_acks(lab: Lab) -> None:
    """Hold what a client sends once it has the SYN+ACK."""

    def bare(packet: Packet) -> bool:
        return not packet.syn and packet.destination == lab.server.address

    lab.wire.hold(bare)


def connected_no_answer(play: Play) -> None:
    """Three ways to be connected and hear nothing; the client's own table is the same in all."""
    lab = play.lab()
    listener = listen(lab.server, PORT, 5)
    waiting, greeted = lab.client.socket(), lab.client.socket()
    play.say("1. nobody has accepted: on the server a row without a process")
    waiting.connect(("server", PORT))
    _asks(play, waiting)
    play.table(lab.server, state="ESTAB")
    play.say("\n2. accepted, and the server waits for the client to speak first")
    listener.accept()
    greeted.connect(("server", PORT))
    served = listener.accept()[0]
    blocked = served.start("recv", 100)
    play.seen(f"the server: {blocked!r}", blocked.blocked)
    play.table(lab.server, state="ESTAB")
    if lab.bench:
        return
    play.say("\n3. a ghost: the client is connected, and the server knows nothing of it")
    ghost = _ghost(play)
    play.table(ghost.client, "the sockets of client:", state="ESTAB")
    play.table(ghost.server, "the sockets of server:")


def _asks(play: Play, client: Socket) -> None:
    client.send(b"hello?")
    reply = client.start("recv", 100)
    play.seen("connected, but nobody answers", reply.blocked)


def _ghost(play: Play) -> Lab:
    """Its last ACK was lost when the queues were full, and a cookie leaves nothing behind."""
    lab = play.lab(wire=True)
    lab.server.sysctl["ipv4.tcp_syncookies"] = 2
    listen(lab.server, PORT, 5)
    _hold_last_acks(lab)
    lab.client.socket().connect(("server", PORT))
    return lab


def timed_out(play: Play) -> None:
    """The program's own limit, and not the kernel's: no errno, and the socket is as before."""
    lab = play.lab()
    listener, client, served = play.connection(lab, backlog=0)
    client.settimeout(_LIMIT)
    client.send(b"half of a requ")
    error = play.error(client.recv, 100, before="recv: ")
    play.seen("its errno: None, for no system call has failed", error.errno is None)
    play.table(lab.server, state="ESTAB")
    client.send(b"est\n")
    served.send(b"answer")
    got = client.recv(100)
    play.seen(f"\nthe rest is sent, and the same socket reads {got!r}", got == b"answer")
    listener.settimeout(_LIMIT)
    play.error(listener.accept, before="no client comes; accept: ")
    lab.client.socket().connect(("server", PORT))
    late = lab.client.socket()
    late.settimeout(_LIMIT)
    play.error(late.connect, ("server", PORT), before="the accept queue is full; connect: ")
    # As in both-in-send: more than the buffers of any mode hold.
    play.error(client.sendall, bytes(10_000_000), before="nobody reads; sendall: ")
