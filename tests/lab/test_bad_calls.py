"""Nothing that a reader types ends the lab: a bad call says what is wrong, and the lab goes on.

One lab for all rows. Each row is typed into it as a reader would; afterwards a connection is
made through the same lab, and bytes are sent and received.
"""

from __future__ import annotations

import errno
import os
import socket
import struct
import sys
import time
from collections.abc import Iterator
from functools import partial

import pytest
from scapy.layers.inet import ICMP, IP, TCP, UDP
from scapy.layers.inet6 import ICMPv6EchoRequest, ICMPv6PacketTooBig, IPv6
from scapy.packet import Raw

from helpers import LabError, StillBlocked
from helpers.errors import HostDied
from helpers.lab.lab import Lab
from helpers.lab.mirror import Socket

pytestmark = pytest.mark.live
PORT = 8080


class Hostile:
    """Raises whatever it is asked."""

    def __repr__(self) -> str:
        return "<hostile>"

    def __bytes__(self) -> bytes:
        raise RuntimeError("no bytes")

    def __bool__(self) -> bool:
        raise RuntimeError("neither")

    def __str__(self) -> str:
        raise RuntimeError("no text")

    def __eq__(self, other: object) -> bool:
        raise RuntimeError("not comparable")

    __hash__ = None  # type: ignore[assignment]


class Unspeakable(Exception):
    """An exception that cannot be put into words."""

    def __str__(self) -> str:
        raise RuntimeError("no text")


# ---- what is called, and what it raises ---------------------------------------------------

SOCKETS = [
    ("sock.bind(8080)", TypeError, "must be tuple, not int"),
    ("sock.bind(None)", TypeError, "must be tuple, not NoneType"),
    ("sock.bind('0.0.0.0')", TypeError, "must be tuple, not str"),
    ("sock.bind(b'0.0.0.0')", TypeError, "must be tuple"),
    ("sock.bind(())", TypeError, "must be a pair"),
    ("sock.bind(('0.0.0.0',))", TypeError, "must be a pair"),
    ("sock.bind(('0.0.0.0', 1, 2))", TypeError, "must be a pair"),
    ("sock.bind(['0.0.0.0', 80])", TypeError, "must be tuple, not list"),
    ("sock.bind({'0.0.0.0': 80})", TypeError, "must be tuple, not dict"),
    ("sock.bind(('0.0.0.0', '80'))", TypeError, "integer"),
    ("sock.bind(('0.0.0.0', 80.5))", TypeError, "integer"),
    ("sock.bind(('0.0.0.0', None))", TypeError, "integer"),
    ("sock.bind(('0.0.0.0', 65536))", OverflowError, "0-65535"),
    ("sock.bind(('0.0.0.0', -1))", OverflowError, "0-65535"),
    ("sock.bind((8080, '0.0.0.0'))", TypeError, "int"),
    ("sock.bind((None, 80))", TypeError, "None"),
    ("sock.bind(('mars', 80))", LabError, "no host 'mars' in this lab; it has client, server"),
    ("sock.bind(('client', 8081))", OSError, errno.EADDRNOTAVAIL),
    ("sock.bind(('::', 80))", OSError, "family"),
    ("sock.bind(hostile)", LabError, "cannot take <hostile>"),
    ("sock.bind()", TypeError, "address"),
    ("listener.bind(('', 1))", OSError, errno.EINVAL),
    ("sock.connect(8080)", TypeError, "must be tuple, not int"),
    ("sock.connect(None)", TypeError, "must be tuple"),
    ("sock.connect(('server', 'http'))", TypeError, "integer"),
    ("sock.connect(('server', 70000))", OverflowError, "0-65535"),
    ("sock.connect(('server', 9))", OSError, errno.ECONNREFUSED),
    ("sock.connect(('mars', 80))", LabError, "no host 'mars'"),
    ("sock.connect(('999.1.1.1', 80))", OSError, "not known|Name or service|address"),
    ("sock.connect(lambda: 0)", LabError, "cannot take <function"),
    ("conn.connect(('server', 8080))", OSError, errno.EISCONN),
    ("sock.connect_ex('x')", TypeError, "must be tuple"),
    ("sock.listen('many')", TypeError, "integer"),
    ("sock.listen(1.5)", TypeError, "integer"),
    ("sock.listen(10**20)", OverflowError, "int"),
    ("conn.listen(1)", OSError, errno.EINVAL),
    ("sock.accept()", OSError, errno.EINVAL),
    ("listener.accept()", StillBlocked, "has been blocked for"),
    ("sock.accept(1)", TypeError, "argument"),
    ("sock.send(5)", TypeError, "a bytes-like object is required, not 'int'"),
    ("sock.send('text')", TypeError, "a bytes-like object is required, not 'str'"),
    ("sock.send(None)", TypeError, "a bytes-like object is required, not 'NoneType'"),
    ("sock.send([1, 2])", TypeError, "a bytes-like object is required, not 'list'"),
    ("sock.send(hostile)", TypeError, "a bytes-like object is required, not 'Hostile'"),
    ("sock.send(b'x')", OSError, errno.EPIPE),
    ("conn.send(b'x', 'flags')", TypeError, "integer"),
    ("conn.send(b'x', 10**20)", OverflowError, "int"),
    ("sock.sendall('text')", TypeError, "a bytes-like object is required, not 'str'"),
    ("sock.sendall(5)", TypeError, "a bytes-like object is required, not 'int'"),
    ("conn.start('send', 'text')", "call", TypeError),
    ("conn.start('send', 5)", "call", TypeError),
    ("conn.recv('all')", TypeError, "integer"),
    ("conn.recv(-1)", ValueError, "negative buffersize"),
    ("conn.recv(None)", TypeError, "integer"),
    ("conn.recv(1.5)", TypeError, "integer"),
    ("conn.recv(1 << 62)", MemoryError, ""),
    ("conn.recv(1 << 70)", OverflowError, "int"),
    ("conn.recv()", TypeError, "size"),
    ("conn.recv(1, 10**20)", OverflowError, "int"),
    ("sock.recv(1)", OSError, errno.ENOTCONN),
    ("conn.recv_into('text')", TypeError, "read-write bytes-like object, not str"),
    ("conn.recv_into(b'fixed')", TypeError, "read-write bytes-like object, not bytes"),
    ("conn.recv_into(bytearray(4), 5)", ValueError, "buffer too small"),
    ("conn.recv_into(bytearray(4), -1)", ValueError, "negative buffersize"),
    ("conn.recvfrom('x')", TypeError, "integer"),
    ("sock.setsockopt(1, 9999, 1)", OSError, errno.ENOPROTOOPT),
    ("sock.setsockopt('x', 2, 1)", TypeError, "integer"),
    ("sock.setsockopt(1, 2, 'x')", TypeError, "bytes-like object is required, not 'str'"),
    ("sock.setsockopt(1, 2, 10**20)", (OverflowError, TypeError), ""),
    ("sock.setsockopt(6, 1, b'')", OSError, errno.EINVAL),
    ("sock.getsockopt(6, 9999)", OSError, errno.ENOPROTOOPT),
    ("sock.getsockopt(1, 2, 5000)", OSError, "buflen out of range"),
    ("sock.getsockopt('x', 1)", TypeError, "integer"),
    ("sock.shutdown(7)", OSError, "."),
    ("sock.shutdown('both')", TypeError, "integer"),
    ("sock.shutdown(2)", OSError, errno.ENOTCONN),
    ("sock.settimeout(-1)", ValueError, "out of range"),
    ("sock.settimeout('soon')", TypeError, ""),
    ("sock.settimeout(float('nan'))", ValueError, "NaN"),
    ("sock.settimeout(1e300)", OverflowError, "timestamp"),
    ("sock.setblocking('x', 1)", TypeError, "positional"),
    ("sock.getpeername()", OSError, errno.ENOTCONN),
    ("sock.makefile('x')", ValueError, "invalid mode"),
    ("sock.makefile(5)", TypeError, ""),
    ("sock.makefile('r', encoding='klingon')", LookupError, "klingon"),
    ("sock.makefile('r', sneaky=1)", TypeError, "sneaky"),
    ("sock.tcp_info(5)", TypeError, "positional"),
    ("sock.queues()", LabError, "is not listening"),
    ("closed.send(b'x')", OSError, errno.EBADF),
    ("closed.share()", OSError, errno.EBADF),
    ("closed.dup()", OSError, errno.EBADF),
    ("closed.listen()", OSError, errno.EBADF),
    ("sock.start('fly')", LabError, "a socket has no call 'fly'; it has accept, bind"),
    ("sock.start(5)", LabError, "a socket has no call 5"),
    ("sock.start([])", LabError, "a socket has no call .."),
    ("sock.start('__class__')", LabError, "a socket has no call"),
    ("sock.start('recv', 1, much=2)", "call", TypeError),
    ("sock.start('bind', hostile)", LabError, "cannot take <hostile>"),
    ("sock.start('bind', looped)", LabError, "bind cannot take it is nested too deeply"),
    ("sock.at(5)", AttributeError, "int"),
    ("undecodable.readline()", UnicodeDecodeError, "invalid start byte"),
    ("server.socket('inet')", TypeError, "integer"),
    ("server.socket(99)", OSError, errno.EAFNOSUPPORT),
    ("server.socket(2, 99)", OSError, errno.EINVAL),
    ("server.socket(2, 1, 17)", OSError, errno.EPROTONOSUPPORT),
    ("server.socket(2, None)", TypeError, "integer"),
    ("server.socket(10**20)", OverflowError, "int"),
]
HOSTS = [
    ("server.close_fd(1000)", LabError, "is the lab's own"),
    ("server.close_fd(999)", OSError, errno.EBADF),
    ("server.close_fd('x')", TypeError, "integer"),
    ("server.close_fd(10**20)", OverflowError, "int"),
    ("server.sysctl['ipv4.nonsense']", OSError, errno.ENOENT),
    ("server.sysctl[5]", LabError, "5 is not a sysctl"),
    ("server.sysctl['']", LabError, "is not a sysctl"),
    ("server.sysctl['../../etc/passwd']", LabError, "is not a sysctl"),
    ("server.sysctl['ipv4']", OSError, errno.EISDIR),
    ("server.sysctl['ipv4.tcp_sÿn']", LabError, "is not a sysctl"),
    ("server.sysctl.__setitem__('ipv4.tcp_syncookies', 'x')", OSError, errno.EINVAL),
    ("server.sysctl.__setitem__('ipv4.tcp_syncookies', -5)", OSError, errno.EINVAL),
    ("server.sysctl.__setitem__('ipv4.tcp_syncookies', None)", OSError, errno.EINVAL),
    ("server.sysctl.__setitem__('ipv4.tcp_syncookies', '\\ud800')", LabError, "UnicodeEncodeE"),
    ("list(server.sysctl)", LabError, "name the sysctl you want"),
    ("server.run(5)", LabError, "run takes a plain function"),
    ("server.run(None)", LabError, "run takes a plain function"),
    ("server.run(len)", LabError, "run takes a plain function"),
    ("server.queues_of(5)", AttributeError, "inode"),
    ("before.send(b'x')", HostDied, r"is from before spare.restart\(\)"),
    ("before.start('recv', 1)", HostDied, r"make a new one with spare.socket\(\)"),
    ("dead.socket()", HostDied, "is dead"),
    ("dead.fork()", HostDied, "is dead"),
]
LABS = [
    ("Lab('client')", LabError, "hosts must be a list of 1 to 60 names, not 'client'"),
    ("Lab(5)", LabError, "hosts must be a list of 1 to 60 names, not 5"),
    ("Lab(None)", LabError, "hosts must be a list"),
    ("Lab([])", LabError, "hosts must be a list"),
    ("Lab(['a'] * 61)", LabError, "hosts must be a list"),
    ("Lab({'a', 'b'})", LabError, "hosts must be a list"),
    ("Lab(['a', 'a'])", LabError, "no two alike"),
    ("Lab(['Server'])", LabError, "cannot be a host's name: it must be lower-case"),
    ("Lab(['a b'])", LabError, "cannot be a host's name"),
    ("Lab([''])", LabError, "cannot be a host's name"),
    ("Lab([5])", LabError, "5 cannot be a host's name"),
    ("Lab(['thirteen-long'])", LabError, "at most 12"),
    ("Lab(['server\\n'])", LabError, "cannot be a host's name"),
    *((f"Lab(['{n}'])", LabError, "means something else already") for n in ("lo", "wire")),
    *((f"Lab(['{n}'])", LabError, "means something else already") for n in ("trace", "close")),
    *((f"Lab(['{n}'])", LabError, "means something else already") for n in ("bench", "fast")),
    *((f"Lab(['{n}'])", LabError, "means something else already") for n in ("all", "localhost")),
    ("Lab(deadline=0)", LabError, "deadline must be above 0"),
    ("Lab(deadline=-1)", LabError, "deadline must be above 0"),
    ("Lab(deadline='soon')", LabError, "not 'soon'"),
    ("Lab(deadline=None)", LabError, "not None"),
    ("Lab(deadline=True)", LabError, "not True"),
    ("Lab(deadline=float('nan'))", LabError, "not nan"),
    ("Lab(deadline=float('inf'))", LabError, "not inf"),
    ("Lab(bench='yes')", LabError, "bench must be True, False or None"),
    ("lab.mars", AttributeError, "this lab has no 'mars'; its hosts are client, server"),
    ("lab['mars']", LabError, "no host 'mars'"),
    ("lab[0]", LabError, "no host 0"),
    ("lab[[]]", LabError, r"no host \[\]"),
    ("lab.tap('mars')", LabError, "no host 'mars'"),
    ("lab.add_address('mars', '198.51.100.1')", LabError, "no host 'mars'"),
    ("lab.add_address('server', 'nonsense')", LabError, "not 'nonsense'"),
    ("lab.add_address('server', 5)", LabError, "an address is text such as"),
    ("lab.add_address('server', None)", LabError, "not None"),
    ("lab.add_address('server', '0.0.0.0')", LabError, "not '0.0.0.0'"),
    ("lab.add_address('server', '224.0.0.1')", LabError, "multicast"),
    ("lab.add_address('server', '127.0.0.1')", LabError, "loopback"),
    ("lab.add_address('server', 'fe80::1%eth0')", LabError, "not 'fe80"),
    ("lab.add_address('server', '198.51.100.77')", OSError, errno.EEXIST),
    ("lab.add_address('client', server.address)", LabError, "is server's already"),
    ("lab.add_address('client', '198.51.100.77')", LabError, "is server's already"),
    ("lab.trace.save(5)", TypeError, "os.PathLike"),
    ("lab.trace.since('x')", TypeError, "slice"),
]
WIRES = [
    ("lab.wire.hold(5)", LabError, "hold cannot take 5"),
    ("lab.wire.hold('SYN')", LabError, "hold cannot take 'SYN'"),
    ("lab.wire.hold(copies=1, only=[])", LabError, r"hold cannot take \[\]"),
    ("lab.wire.step()", LabError, "no packet is on the wire"),
    ("lab.wire.step(5)", LabError, "cannot step 5: it is not held"),
    ("lab.wire.drop()", LabError, "no packet is on the wire"),
    ("lab.wire.drop('SYN')", LabError, "cannot drop SYN: it is not held"),
    ("lab.wire.delay(-1)", LabError, "between 0 and 60 seconds, not -1"),
    ("lab.wire.delay(61)", LabError, "between 0 and 60 seconds, not 61"),
    ("lab.wire.delay('soon')", LabError, "between 0 and 60 seconds, not 'soon'"),
    ("lab.wire.delay(None)", LabError, "not None"),
    ("lab.wire.delay(True)", LabError, "not True"),
    ("lab.wire.delay(float('nan'))", LabError, "not nan"),
    ("lab.wire.delay(float('inf'))", LabError, "not inf"),
    ("lab.wire.delay(1, 'mars')", LabError, "no host 'mars' on this wire"),
    ("lab.wire.delay(1, [])", LabError, r"no host \[\] on this wire"),
    ("lab.wire.delay(1, destination=5)", LabError, "no host 5 on this wire"),
    ("lab.wire.rule(5)", LabError, "rule cannot take 5"),
    ("lab.wire.rule(None)", LabError, "rule cannot take None"),
    ("lab.wire.rule('drop')", LabError, "rule cannot take 'drop'"),
    ("lab.wire.inject(5)", LabError, "inject takes an IP packet.*; not 5"),
    ("lab.wire.inject(None)", LabError, "inject takes an IP packet"),
    ("lab.wire.inject('text')", LabError, "inject takes an IP packet"),
    ("lab.wire.inject([69])", LabError, "inject takes an IP packet"),
    ("lab.wire.inject(hostile)", LabError, "cannot be built: no bytes"),
    ("lab.wire.inject(b'')", LabError, "not 0 bytes"),
    ("lab.wire.inject(b'E')", LabError, "its header is cut short"),
    ("lab.wire.inject(b'E' + bytes(19))", LabError, "its header is cut short"),
    ("lab.wire.inject(b'D' + raw[1:])", LabError, "its header is cut short"),
    ("lab.wire.inject(raw[:-1])", LabError, "its header says 40 bytes, and it has 39"),
    ("lab.wire.inject(raw + b'x')", LabError, "its header says 40 bytes, and it has 41"),
    ("lab.wire.inject(b'`' + bytes(20))", LabError, "its header is cut short"),
    ("lab.wire.inject(b'`' + bytes(40))", LabError, "says 40 bytes, and it has 41"),
    ("lab.wire.inject(b'\\x10' + raw[1:])", LabError, "begin with b'.x10'"),
    ("lab.wire.inject(ip(dst=server.address) / Raw(bytes(1481)))", LabError, "at most 1500 bytes"),
    ("lab.wire.inject(raw, to='mars')", LabError, "no host 'mars'"),
    ("lab.wire.inject(raw, to=5)", LabError, "no host 5"),
    ("lab.wire.inject(raw, to=None)", LabError, "no host None"),
]
TABLE = [*SOCKETS, *HOSTS, *LABS, *WIRES]


# ---- rules that are none --------------------------------------------------------------------


def sleeps(packet: object) -> None:
    time.sleep(3)


def loops(packet: object) -> None:
    while True:
        pass


def leaves(packet: object) -> None:
    sys.exit(3)


def is_stopped(packet: object) -> None:
    raise KeyboardInterrupt


def speechless(packet: object) -> None:
    raise Unspeakable


RULES = [
    ("lambda packet: float('inf')", "it returned inf"),
    ("lambda packet: float('nan')", "it returned nan"),
    ("lambda packet: -5", "it returned -5"),
    ("lambda packet: 61", "it returned 61"),
    ("lambda packet: True", "it returned True"),
    ("lambda packet: False", "it returned False"),
    ("lambda packet: 'dorp'", "it returned 'dorp'"),
    ("lambda packet: [1]", r"it returned \[1\]"),
    ("lambda packet: hostile", "it returned <hostile>"),
    ("lambda packet: packet.nonsense", "AttributeError: .* 'nonsense'"),
    ("lambda packet: 1 / 0", "ZeroDivisionError: division by zero"),
    ("lambda: None", "TypeError: .* 0 positional arguments"),
    ("int", "TypeError: int"),
    ("leaves", "SystemExit: 3"),
    ("is_stopped", "KeyboardInterrupt"),
    ("speechless", "Unspeakable"),
    ("sleeps", "it had not answered after"),
    ("loops", "it had not answered after"),
    ("lambda packet: lab.wire.held", "LabError: a rule may look at its packet only"),
    ("lambda packet: lab.wire.release()", "LabError: a rule may look at its packet only"),
    ("lambda packet: lab.close()", "LabError: a rule may look at its packet only"),
    ("lambda packet: server.socket()", "LabError: a rule may look at its packet only"),
    ("lambda packet: server.sockets()", "LabError: a rule may look at its packet only"),
]

# ---- what a packet can be ---------------------------------------------------------------------

PACKETS = [
    "ip(dst=server.address) / ICMP()",
    "ip(dst=server.address) / ICMP(type=3, code=4, nexthopmtu=600) / established",
    "ip(dst=server.address) / ICMP(type=3, code=1) / established",
    "ip(dst=server.address) / ICMP(type=3, code=3) / b'not even a header'",
    "ip(dst=server.address) / ICMP(type=200, code=77)",
    "ip(dst=server.address) / b''",
    "ip(dst=server.address, proto=253) / b'what is this'",
    "ip(dst=server.address, proto=6) / b'short'",
    "ip(dst=server.address) / TCP(dport=PORT, flags='SFRPAUEC')",
    "ip(dst=server.address) / TCP(dport=PORT, flags=0)",
    "ip(dst=server.address) / TCP(dport=PORT, dataofs=1)",
    "ip(dst=server.address) / TCP(dport=PORT, dataofs=15)",
    "ip(dst=server.address) / TCP(dport=PORT, flags='S', options=[(2, b'')])",
    "ip(dst=server.address) / TCP(dport=PORT, flags='S', options=[(254, bytes(36))])",
    "ip(dst=server.address, chksum=1) / TCP(dport=PORT, flags='S')",
    "ip(dst=server.address, frag=5, flags='MF') / b'a fragment'",
    "ip(dst=server.address, ttl=0) / TCP(dport=PORT)",
    "ip(dst=server.address, src='0.0.0.0') / TCP(dport=PORT, flags='S')",
    "ip(dst=server.address, src=server.address) / TCP(dport=PORT, flags='S')",
    "ip(dst='255.255.255.255') / UDP(dport=9)",
    "ip(dst='224.0.0.1') / UDP(dport=9)",
    "ip(dst=server.address) / UDP(dport=9) / b'nobody listens'",
    "IPv6(dst=server.addresses[1]) / ICMPv6EchoRequest()",
    "IPv6(dst=server.addresses[1]) / ICMPv6PacketTooBig(mtu=1280) / b'x'",
    "IPv6(dst=server.addresses[1], nh=0) / b'x'",
    "IPv6(dst=server.addresses[1], nh=44) / bytes(8)",
]


class Place:
    """The lab, and what the rows call by name."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.listener = lab.server.socket()
        self.listener.bind(("0.0.0.0", PORT))
        self.listener.listen(8)
        lab.add_address("server", "198.51.100.77")
        before = lab["spare"].socket()
        lab["spare"].restart()
        lab["dead"].kill()
        idle = lab.server.socket()
        idle.bind(("", 8079))
        idle.listen(1)
        self.standing = self.pair()
        self.client, self.conn = self.pair()
        looped: list[object] = []
        looped.append(looped)
        closed = lab.server.socket()
        closed.close()
        tell, told = self.pair()
        tell.send(b"\xff\xfe\n")
        raw = bytes(IP(src="198.51.100.7", dst=lab.server.address) / TCP(dport=PORT))
        own = self.client.getsockname()
        established = IP(src=lab.server.address, dst=own[0]) / TCP(sport=PORT, dport=own[1])
        self.names = dict(
            globals(),
            lab=lab,
            server=lab.server,
            client=lab.client,
            dead=lab["dead"],
            listener=idle,
            before=before,
            closed=closed,
            conn=self.conn,
            hostile=Hostile(),
            looped=looped,
            raw=raw,
            established=established,
            undecodable=told.makefile("r"),
            ip=partial(IP, src=lab.client.address),
            ICMP=ICMP,
            UDP=UDP,
            IPv6=partial(IPv6, src=lab.client.addresses[1]),
            ICMPv6EchoRequest=ICMPv6EchoRequest,
            ICMPv6PacketTooBig=ICMPv6PacketTooBig,
            Raw=Raw,
        )

    def pair(self) -> tuple[Socket, Socket]:
        """One more connection."""
        client = self.lab.client.socket()
        client.connect(("server", PORT))
        return client, self.listener.accept()[0]

    def type_in(self, code: str) -> object:
        """Evaluate what a reader typed; ``sock`` is a new socket of the server's."""
        if "sock" not in code:
            return eval(code, self.names)
        sock = self.lab.server.socket()
        try:
            return eval(code, {**self.names, "sock": sock})
        finally:
            sock.close()

    def round_trip(self) -> None:
        """The lab goes on: send and receive, both ways, through the wire."""
        client, conn = self.standing
        client.send(b"still there?")
        assert conn.recv(100) == b"still there?"
        conn.send(b"yes")
        assert client.recv(100) == b"yes"

    def connects(self) -> None:
        """A new connection can be made, and ends at once."""
        for sock in self.pair():
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            sock.close()


@pytest.fixture(scope="module")
def place() -> Iterator[Place]:
    from tests.conftest import REASON, namespaces_allowed

    if not namespaces_allowed():
        pytest.skip(REASON)
    with Lab(["client", "server", "spare", "dead"], bench=False) as lab:
        yield Place(lab)
        defects = [line for line in str(lab.trace).splitlines() if "a defect of the lab" in line]
        assert all("in a message of babbles" in line for line in defects)


def test_there_are_enough_rows() -> None:
    codes = [code for code, *_ in TABLE]
    assert len(set(codes)) == len(codes) >= 120
    assert not {str(t) for _, t, _ in TABLE} & {"Exception"}


@pytest.mark.parametrize(("code", "kind", "words"), TABLE, ids=[code for code, *_ in TABLE])
def test_a_bad_call(
    place: Place, monkeypatch: pytest.MonkeyPatch, code: str, kind: object, words: object
) -> None:
    if kind is StillBlocked:
        monkeypatch.setattr(place.lab, "deadline", 0.1)
    if kind == "call":
        call = place.type_in(code)
        assert type(call.exception()) is words  # type: ignore[attr-defined]
    else:
        with pytest.raises(kind) as caught:  # type: ignore[call-overload]
            place.type_in(code)
        if isinstance(words, int):
            assert caught.value.errno == words
        else:
            assert caught.match(words) or not words
    monkeypatch.undo()
    place.round_trip()


@pytest.mark.parametrize(("code", "words"), RULES, ids=[code for code, _ in RULES])
def test_a_bad_rule(place: Place, monkeypatch: pytest.MonkeyPatch, code: str, words: str) -> None:
    """Its packet passes; the trace says what was wrong, and so does the end of its block."""
    monkeypatch.setattr("helpers.lab.judge.SECONDS", 0.05)
    rule = place.type_in(code)
    mark, (client, conn) = len(place.lab.trace), place.standing
    with pytest.raises(LabError, match=f"the rule .* was set aside: {words}.*A rule takes a pack"):
        with place.lab.wire.rule(rule):  # type: ignore[arg-type]
            client.send(b"x")
            with pytest.raises(LabError, match=words):
                conn.recv(1)
            assert conn.recv(1) == b"x"
    assert "was set aside" in str(place.lab.trace.since(mark))
    place.round_trip()


@pytest.mark.parametrize("code", PACKETS)
def test_a_packet_of_any_kind(place: Place, code: str) -> None:
    """It goes its way and is recorded, and the lab goes on."""
    mark = len(place.lab.trace)
    record = place.lab.wire.inject(place.type_in(code))
    assert record in place.lab.trace.packets
    assert str(record) in str(place.lab.trace.since(mark))
    place.round_trip()
    place.connects()


@pytest.mark.parametrize("code", ["lambda packet: hostile", "lambda: 1", "leaves", "loops"])
def test_a_bad_choice_of_what_to_hold(
    place: Place, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("helpers.lab.judge.SECONDS", 0.05)
    place.lab.wire.hold(place.type_in(code))  # type: ignore[arg-type]
    place.client.send(b"passes")
    with pytest.raises(LabError, match=r"was set aside.*something true or false"):
        place.conn.recv(100)
    assert place.conn.recv(100) == b"passes"
    place.round_trip()


# ---- what programs do ---------------------------------------------------------------------


def babbles() -> str:
    """Writes to the lab's own descriptor: no message, the beginning of one, a false one."""
    import marshal

    false = marshal.dumps(("begin", 1))
    for data in (b"x", b"nonsense" * 500, marshal.dumps(5), b"\xf9la"):
        os.write(1000, data)
    for data in (b"xxxx", false, marshal.dumps(("reply",)), marshal.dumps(("end", None, {}))):
        os.write(1000, b"\xf9lab" + len(data).to_bytes(4, sys.byteorder) + b"\0" + data)
    return "done"


def test_what_a_program_writes_to_the_labs_descriptor_is_left_out(place: Place) -> None:
    mark = place.lab.trace.mark()
    assert place.lab.server.run(babbles).result(5) == "done"
    text = str(place.lab.trace.since(mark))
    assert "babbles wrote to descriptor 1000, which is the lab's own" in text
    client, conn = place.pair()
    client.send(b"on")
    assert conn.recv(10) == b"on"
