"""The client cannot connect: plays of ``connect`` that fails, at once or after a while."""

from __future__ import annotations

import errno
import select
import socket

from helpers.lab.call import Call
from helpers.lab.host import Host
from helpers.lab.lab import Lab
from helpers.lab.mirror import Socket
from helpers.lab.staging import listen
from helpers.symptoms.play import PORT, Play, attempt

# RFC 792: codes of "destination unreachable". A filter with REJECT sends what it was told to.
_HOST, _PORT, _FILTERED = 1, 3, 13


def refused(play: Play) -> None:
    """Nobody listens: the kernel of the other host answers the SYN with RST."""
    lab = play.lab()
    play.error(lab.client.socket().connect, ("server", PORT))
    play.table(lab.server)
    if not lab.bench:
        play.packets(lab.trace)


def which_is_which(play: Play) -> None:
    """Refused, no route, reset and timed out side by side: what came back decides."""
    lab = play.lab(wire=True)
    rows = [
        ("RST to the SYN", attempt(lab.client.socket().connect, ("server", PORT))),
        ("ICMP: port unreachable", _answered_by_icmp(lab, _PORT)),
        ("ICMP: host unreachable", _answered_by_icmp(lab, _HOST)),
        ("ICMP: filtered", _answered_by_icmp(lab, _FILTERED)),
        ("RST, once connected", _reset_later(play, lab)),
        ("nothing at all", _unanswered(lab)),
    ]
    play.columns(("what came back", "what Python says"), rows)


def _answered_by_icmp(lab: Lab, code: int) -> str:
    """How connect ends when a router, or a filter, answers the SYN. RFC 792, icmp(7)."""
    call = _syn_lost(lab)
    _unreachable(lab, code)
    return attempt(call.result)


def _syn_lost(lab: Lab) -> Call[None]:
    lab.wire.hold()
    call: Call[None] = lab.client.socket().start("connect", ("server", PORT))
    lab.wire.drop()
    lab.wire.release()
    return call


def _unreachable(lab: Lab, code: int) -> None:
    """What a router sends: the head of the packet that it could not deliver, behind its own."""
    from scapy.layers.inet import ICMP, IP
    from scapy.packet import Raw

    lost = lab.trace.packets[-1].packet.raw[:28]
    head = IP(src="192.0.2.254", dst=lab.client.address)
    lab.wire.inject(head / ICMP(type=3, code=code) / Raw(lost), to="client")


def _reset_later(play: Play, lab: Lab) -> str:
    listener, client, served = play.connection(lab)
    client.send(b"never read")
    served.close()
    listener.close()
    return attempt(client.recv, 1)


def _unanswered(lab: Lab) -> str:
    lab.wire.cut()
    return attempt(_impatient(lab).connect, ("server", PORT))


def _impatient(lab: Lab) -> Socket:
    """A client whose connect gives up after little more than a second. tcp(7)."""
    client = lab.client.socket()
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 1200)
    return client


def refused_outside(play: Play) -> None:
    """The listener is at 127.0.0.1, and that address is another one on every host."""
    lab = play.lab(wire=True)
    listener = listen(lab.server, PORT, 5, "127.0.0.1")
    here = lab.server.socket()
    here.connect(("127.0.0.1", PORT))
    listener.accept()
    play.say("on the server, connect(127.0.0.1:8080): returned")
    play.error(lab.client.socket().connect, ("server", PORT),
               before="from the client, connect(server:8080): ")  # fmt: skip
    play.error(lab.server.socket().connect, ("server", PORT),
               before="on the server, connect(server:8080): ")  # fmt: skip
    play.table(lab.server, state="LISTEN")


def localhost_is_two(play: Play) -> None:
    """What a client makes of the name localhost: one address after the other."""
    lab = play.lab(wire=True)
    for bound in ("127.0.0.1", "::1"):
        listener = listen(lab.server, PORT, 5, bound)
        play.say(f"{'' if bound == '127.0.0.1' else chr(10)}the server listens on {bound} only")
        for address in ("::1", "127.0.0.1"):
            _try(play, lab.server, address)
        listener.close()


def _try(play: Play, host: Host, address: str) -> None:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    client = host.socket(family)
    ended = attempt(client.connect, (address, PORT))
    client.close()
    play.say(f"connect({address}): {ended}")


def published_port(play: Play) -> None:
    """A proxy listens on the host; behind it, the container's server is at 127.0.0.1."""
    lab = play.lab(("client", "host", "container"), wire=True)
    listen(lab.container, 80, 5, "127.0.0.1")
    listener = listen(lab.host, PORT, 5)
    for early in (False, True):
        client = lab.client.socket()
        client.connect(("host", PORT))
        if early:
            client.send(b"GET / HTTP/1.1\r\n\r\n")
        taken = listener.accept()[0]
        said = attempt(lab.host.socket().connect, ("container", 80))
        play.seen(f"the proxy, connect(container:80): {said}", "refused" in said)
        taken.close()
        if early:
            play.error(client.recv, 100, before="the client, which had sent its request, recv: ")
        else:
            play.seen(f"the client, before it sent anything, recv: {client.recv(100)!r} "
                      "(curl: (52) Empty reply from server)", True)  # fmt: skip
    play.table(lab.container, state="LISTEN")


def tcp6_only(play: Play) -> None:
    """A listener at :: takes IPv4 too; netstat files it under tcp6."""
    lab = play.lab(wire=True)
    listener = listen(lab.server, 80, 5, "::")
    row = lab.server.sockets().find("LISTEN")[0]
    play.seen("tcp6       0      0 :::80                   :::*                    LISTEN",
              row.row.local == ("::", 80) and not row.row.v6only)  # fmt: skip
    play.say("(as netstat -tln prints it; below as ss does)")
    play.table(lab.server)
    client = lab.client.socket()
    client.connect((lab.server.address, 80))
    peer = listener.accept()[1][0]
    play.seen("a client comes by IPv4, and accept says that its address begins ::ffff:",
              peer == f"::ffff:{lab.client.address}")  # fmt: skip


def no_route(play: Play) -> None:
    """A router or a filter says no; or this host has no way at all."""
    lab = play.lab(wire=True)
    for code, who in ((_HOST, "a router, for a host"), (_FILTERED, "a filter with REJECT")):
        mark = lab.trace.mark()
        call = _syn_lost(lab)
        _unreachable(lab, code)
        play.error(call.result)
        play.packets(lab.trace.since(mark), f"on the wire, ICMP type 3, code {code} ({who}):")
        play.say("")
    lab.client.sysctl["ipv6.conf.eth0.disable_ipv6"] = 1
    play.error(lab.client.socket(socket.AF_INET6).connect, ("2001:db8::2", PORT),
               before="by IPv6, which this host does not have: ")  # fmt: skip


def connect_timed_out(play: Play) -> None:
    """Nothing comes back. Shortened, for by default it takes two minutes."""
    lab = play.lab(wire=True)
    lab.wire.cut()
    call = _impatient(lab).start("connect", ("server", PORT))
    play.table(lab.client, "the sockets of client while it waits:")
    play.say("")
    play.error(call.result)
    play.packets(lab.trace)


def in_progress(play: Play) -> None:
    """A non-blocking connect has begun, and says so by an error."""
    lab = play.lab(wire=True)  # on loopback the handshake would be over before one can look
    listen(lab.server, PORT, 5)
    lab.wire.hold()
    client = lab.client.socket()
    client.setblocking(False)
    play.error(client.connect, ("server", PORT))
    play.table(lab.client)
    lab.wire.release()
    code = client.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    play.seen("once it is writable, getsockopt(SO_ERROR) = 0: connected",
              code == 0 and lab.client.sockets().find("ESTAB"))  # fmt: skip
    lab.wire.cut()
    ended = lab.client.run(dials, 0.2).result()
    play.seen("a connect that nobody answers: not writable after 0.2 s, and given up",
              ended == (errno.EINPROGRESS, False))  # fmt: skip


def dials(patience: float) -> tuple[int, bool]:
    """Begin to connect, and wait with select for as many seconds as one is willing to."""
    with socket.socket() as sock:
        sock.setblocking(False)
        code = sock.connect_ex(("server", PORT))
        _, writable, _ = select.select([], [sock], [], patience)
        return code, bool(writable)
