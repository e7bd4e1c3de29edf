"""Decode what the kernel says of its sockets: socket tables, TCP_INFO, counters.

Rules of this file: pure; bytes or text in, frozen dataclasses out. It opens
nothing and it names nobody; addresses stay addresses.

Sources: ``include/uapi/linux/inet_diag.h``, ``include/net/tcp_states.h``,
``tcp_diag.c:tcp_diag_get_info`` (what the two queue fields mean on a listener),
``tcp.c:tcp_get_info`` (the aliased fields of a listener's TCP_INFO).
"""

from __future__ import annotations

import socket
import struct
import sys
from collections.abc import Iterator
from dataclasses import dataclass

# ss(8)'s names for include/net/tcp_states.h; 12 is TCP_NEW_SYN_RECV, shown as SYN-RECV.
STATES = {
    1: "ESTAB",
    2: "SYN-SENT",
    3: "SYN-RECV",
    4: "FIN-WAIT-1",
    5: "FIN-WAIT-2",
    6: "TIME-WAIT",
    7: "CLOSED",
    8: "CLOSE-WAIT",
    9: "LAST-ACK",
    10: "LISTEN",
    11: "CLOSING",
    12: "SYN-RECV",
}
# idiag_timer, as ss(8) names it: retransmission, keepalive, TIME-WAIT, zero window probe.
TIMERS = {0: "", 1: "on", 2: "keepalive", 3: "timewait", 4: "persist"}

# States 1 to 12. Sockets that are only bound are left out: kernels before 6.8 do not tell them.
_EVERY_STATE = 0x1FFE
# The older of the two requests: one walk through the table tells sockets of both families, which
# takes half the time. inet_diag.c: inet_diag_dump_compat.
_TCPDIAG_GETSOCK = 18
_NLMSG = struct.Struct("=IHHII")
_ID = struct.Struct("!HH16s16s")
_HEAD = struct.Struct("=BBBB")
_TAIL = struct.Struct("=IIIII")
_PIECE = struct.Struct("=IH")
_NLM_F_REQUEST_DUMP = 0x301
_NLMSG_ERROR, _NLMSG_DONE = 2, 3
_SKV6ONLY, _MARK = 11, 15  # attributes: INET_DIAG_SKV6ONLY, INET_DIAG_MARK


@dataclass(frozen=True, slots=True)
class Row:
    """One socket as the kernel reports it.

    ``recv_q`` and ``send_q`` are bytes, except on a LISTEN row, where they are the
    accept queue's length and the backlog. ``timer_ms`` is what is left of ``timer``.
    ``inode`` is 0 when no descriptor refers to the socket: a TIME-WAIT, a SYN-RECV,
    an orphan, or a connection that nobody has accepted yet. ``v6only`` is told of listeners.
    ``mark`` is SO_MARK; a SYN-RECV has that of the listener that it came to.
    """

    family: int
    state: str
    recv_q: int
    send_q: int
    local: tuple[str, int]
    peer: tuple[str, int]
    timer: str = ""
    timer_ms: int = 0
    uid: int = 0
    inode: int = 0
    v6only: bool = False
    mark: int = 0

    @property
    def key(self) -> tuple[tuple[str, int], tuple[str, int]]:
        """What tells this socket from every other one of its host."""
        return self.local, self.peer

    @property
    def shown(self) -> tuple[tuple[str, int], tuple[str, int]]:
        """Its two addresses as ss(8) shows them: a listener at :: that takes IPv4 too is at *."""
        if self.state == "LISTEN" and self.local[0] == "::" and not self.v6only:
            return ("*", self.local[1]), ("*", self.peer[1])
        return self.key


def dump_request() -> bytes:
    """Netlink bytes that ask for every TCP socket, in every state, of IPv4 and IPv6."""
    body = bytes(52) + struct.pack("=II", _EVERY_STATE, 0)
    return _NLMSG.pack(_NLMSG.size + len(body), _TCPDIAG_GETSOCK, _NLM_F_REQUEST_DUMP, 1, 0) + body


def split(data: bytes) -> tuple[list[bytes], bool]:
    """The messages in one datagram of a dump, each a socket, with whether the dump ends here.

    Raises OSError when the kernel answers with an error.
    """
    found: list[bytes] = []
    at = 0
    while at + _NLMSG.size <= len(data):
        length, kind = _PIECE.unpack_from(data, at)
        if kind == _NLMSG_DONE:
            return found, True
        if kind == _NLMSG_ERROR:
            code = -struct.unpack_from("=i", data, at + _NLMSG.size)[0]
            raise OSError(code, "the kernel refused the socket dump (is tcp_diag available?)")
        found.append(data[at + _NLMSG.size : at + length])
        at += (length + 3) & ~3
    return found, False


def decode_row(body: bytes) -> Row:
    """One socket of a dump: ``struct inet_diag_msg``, then attributes."""
    family, state, timer, _retransmits = _HEAD.unpack_from(body, 0)
    sport, dport, source, destination = _ID.unpack_from(body, 4)
    expires, recv_q, send_q, uid, inode = _TAIL.unpack_from(body, 52)
    told = dict(_attributes(body, 72)) if state in (3, 10, 12) else {}
    return Row(
        family,
        STATES.get(state, f"state {state}"),
        recv_q,
        send_q,
        (_address(family, source), sport),
        (_address(family, destination), dport),
        TIMERS.get(timer, f"timer {timer}"),
        expires if timer else 0,
        uid,
        inode,
        bool(told.get(_SKV6ONLY, 0)),
        told.get(_MARK, 0),
    )


def _attributes(body: bytes, at: int) -> Iterator[tuple[int, int]]:
    while at + 4 <= len(body):
        size, kind = struct.unpack_from("=HH", body, at)
        if size < 4:
            return
        yield kind, int.from_bytes(body[at + 4 : at + size], sys.byteorder)
        at += (size + 3) & ~3


def _address(family: int, packed: bytes) -> str:
    size = 4 if family == socket.AF_INET else 16
    return socket.inet_ntop(family, packed[:size])


@dataclass(frozen=True, slots=True)
class TcpInfo:
    """The fields of ``TCP_INFO`` that the notebooks show, each checked against a known value.

    On a listener ``unacked`` is the accept queue's length and ``sacked`` its limit.
    ``rtt_us`` and ``rto_us`` are microseconds; ``notsent`` and ``bytes_*`` are bytes;
    ``unacked`` on a connection counts segments.
    """

    state: str
    retransmits: int
    rto_us: int
    snd_mss: int
    rcv_mss: int
    unacked: int
    sacked: int
    lost: int
    rtt_us: int
    snd_cwnd: int
    total_retrans: int
    bytes_acked: int
    bytes_received: int
    segs_out: int
    segs_in: int
    notsent: int


def decode_tcp_info(data: bytes) -> TcpInfo:
    """Decode ``getsockopt(IPPROTO_TCP, TCP_INFO)``; a shorter, older struct gives zeros."""
    data = data.ljust(256, b"\0")
    state, _, retransmits = struct.unpack_from("=BBB", data)
    (rto, _, snd_mss, rcv_mss, unacked, sacked, lost) = struct.unpack_from("=7I", data, 8)
    rtt, _, _, cwnd = struct.unpack_from("=4I", data, 68)
    (total,) = struct.unpack_from("=I", data, 100)
    acked, received, segs_out, segs_in, notsent = struct.unpack_from("=QQIII", data, 120)
    return TcpInfo(
        STATES.get(state, f"state {state}"),
        retransmits,
        rto,
        snd_mss,
        rcv_mss,
        unacked,
        sacked,
        lost,
        rtt,
        cwnd,
        total,
        acked,
        received,
        segs_out,
        segs_in,
        notsent,
    )


def decode_counters(text: str) -> dict[str, int]:
    """Counters of ``/proc/net/snmp`` and ``/proc/net/netstat``: pairs of lines, names then values.

    ``TcpExt`` names stand bare, as people write them (``ListenOverflows``); all others
    carry their group (``Tcp.RetransSegs``), as ``nstat`` groups them.
    """
    counters: dict[str, int] = {}
    lines = iter(text.splitlines())
    for names, values in zip(lines, lines, strict=False):
        group, *keys = names.split()
        prefix = "" if group == "TcpExt:" else group[:-1] + "."
        for key, value in zip(keys, values.split()[1:], strict=False):
            counters[prefix + key] = int(value)
    return counters


def moved(before: str, after: str) -> dict[str, int]:
    """What differs between two such texts of one host, by name; reads only lines that changed."""
    found: dict[str, int] = {}
    old, new = before.splitlines(), after.splitlines()
    if old[::2] != new[::2]:  # the first ICMP message of a kind brings a column, or two lines
        was, now = decode_counters(before), decode_counters(after)
        return {n: v - was.get(n, 0) for n, v in now.items() if v != was.get(n, 0)}
    for at in range(1, min(len(old), len(new)), 2):
        if old[at] != new[at]:
            found.update(_moved_line(new[at - 1].split(), old[at].split(), new[at].split()))
    return found


def _moved_line(names: list[str], old: list[str], new: list[str]) -> Iterator[tuple[str, int]]:
    prefix = "" if names[0] == "TcpExt:" else names[0][:-1] + "."
    for name, was, now in zip(names, old, new, strict=False):
        if was != now:
            yield prefix + name, int(now) - int(was)
