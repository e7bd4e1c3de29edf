"""Decode the bytes of one IP packet into a frozen ``Packet``.

Rules of this file: pure, no sockets, no names. It knows nothing of hosts, flows
or relative sequence numbers (``roles`` does), and it never raises on strange
bytes: what cannot be decoded keeps its protocol number and its payload.

Sources: RFC 791 and RFC 8200 (IP headers), RFC 3168 (ECN), RFC 9293 section 3.1 (TCP header),
RFC 7323 (window scale, timestamps), RFC 2018 (SACK), RFC 7413 (fast open).
"""

from __future__ import annotations

import socket
import struct
from dataclasses import dataclass, field

TCP, ICMP, ICMPV6, UDP = 6, 1, 58, 17

# packetdrill's letters, in the order in which it prints them.
_FLAGS = (
    (0x02, "S"),
    (0x01, "F"),
    (0x04, "R"),
    (0x08, "P"),
    (0x20, "U"),
    (0x40, "E"),
    (0x80, "W"),
)
_ACK = 0x10
_ECN = ("", "ect1", "ect0", "ce")


@dataclass(frozen=True, slots=True)
class Packet:
    """One IP packet, as it crossed the wire.

    Addresses are text, ports and numbers are ints, ``seq`` and ``ack`` are the
    absolute 32-bit values of the header. ``flags`` are packetdrill's letters
    (``"S"``, ``"S."``, ``"."``, ``"P."``, ``"F."``, ``"R"``), the dot being ACK.
    ``options`` are ``(name, value)`` pairs in their order. ``raw`` is the whole
    packet from the IP header on. For anything but TCP the TCP fields are 0 or empty.
    ``urgent`` is the urgent pointer, 0 without URG. ``ecn`` is what the IP header says:
    ``"ect0"``, ``"ect1"``, ``"ce"`` (a router saw congestion), or nothing.
    """

    source: str
    destination: str
    protocol: int = TCP
    sport: int = 0
    dport: int = 0
    seq: int = 0
    ack: int = 0
    flags: str = ""
    window: int = 0
    options: tuple[tuple[str, object], ...] = ()
    payload: bytes = b""
    raw: bytes = field(default=b"", repr=False)
    urgent: int = 0
    ecn: str = ""

    @property
    def is_tcp(self) -> bool:
        """Whether the TCP fields mean anything."""
        return self.protocol == TCP and self.flags != "?"

    @property
    def syn(self) -> bool:
        """SYN is set (on a SYN+ACK as well)."""
        return "S" in self.flags

    @property
    def fin(self) -> bool:
        """FIN is set: the sender will send no more data."""
        return "F" in self.flags

    @property
    def rst(self) -> bool:
        """RST is set: the connection is aborted."""
        return "R" in self.flags

    @property
    def length(self) -> int:
        """Payload bytes, headers not counted."""
        return len(self.payload)

    @property
    def pure_ack(self) -> bool:
        """ACK and nothing else: no data, no SYN, FIN or RST. ECN's flags do not count."""
        return self.flags.strip("EW") == "." and not self.payload

    @property
    def kind(self) -> str:
        """What a person would call it: SYN, SYN+ACK, ACK, data, FIN, RST, or a protocol name."""
        if not self.is_tcp:
            return {ICMP: "ICMP", ICMPV6: "ICMPv6", UDP: "UDP"}.get(
                self.protocol, f"protocol {self.protocol}"
            )
        for letter, name in (("R", "RST"), ("S", "SYN"), ("F", "FIN")):
            if letter in self.flags:
                return "SYN+ACK" if name == "SYN" and "." in self.flags else name
        return "data" if self.payload else "ACK"

    def option(self, name: str) -> object:
        """The value of one TCP option (``mss``, ``wscale``, ``TS``, ``sackOK`` …), or None."""
        return dict(self.options).get(name)


def decode(raw: bytes) -> Packet:
    """Decode one packet that begins with its IPv4 or IPv6 header."""
    if len(raw) >= 20 and raw[0] >> 4 == 4:
        return _decode_ipv4(raw)
    if len(raw) >= 40 and raw[0] >> 4 == 6:
        return _decode_ipv6(raw)
    return Packet(source="?", destination="?", protocol=-1, payload=raw, raw=raw)


def _decode_ipv4(raw: bytes) -> Packet:
    header = (raw[0] & 0x0F) * 4
    total = struct.unpack_from("!H", raw, 2)[0]
    fragment = struct.unpack_from("!H", raw, 6)[0] & 0x1FFF
    source, destination = socket.inet_ntoa(raw[12:16]), socket.inet_ntoa(raw[16:20])
    protocol = -1 if fragment else raw[9]
    return _decode_inner(source, destination, protocol, raw[header:total], raw, raw[1] & 3)


def _decode_ipv6(raw: bytes) -> Packet:
    length = struct.unpack_from("!H", raw, 4)[0]
    source = socket.inet_ntop(socket.AF_INET6, raw[8:24])
    destination = socket.inet_ntop(socket.AF_INET6, raw[24:40])
    ecn = raw[1] >> 4 & 3
    return _decode_inner(source, destination, raw[6], raw[40 : 40 + length], raw, ecn)


def _decode_inner(
    source: str, destination: str, protocol: int, body: bytes, raw: bytes, ecn: int
) -> Packet:
    offset = (body[12] >> 4) * 4 if len(body) >= 20 else 0
    if protocol != TCP or not 20 <= offset <= len(body):
        flags = "?" if protocol == TCP else ""
        return Packet(source, destination, protocol, flags=flags, payload=body, raw=raw)
    sport, dport, seq, ack, _, bits, window, _, urgent = struct.unpack_from("!HHIIBBHHH", body)
    return Packet(
        source,
        destination,
        protocol,
        sport,
        dport,
        seq,
        ack,
        _letters(bits),
        window,
        _decode_options(body[20:offset]),
        body[offset:],
        raw,
        urgent if bits & 0x20 else 0,
        _ECN[ecn],
    )


def _letters(bits: int) -> str:
    letters = "".join(letter for bit, letter in _FLAGS if bits & bit)
    return letters + ("." if bits & _ACK else "")


def _decode_options(data: bytes) -> tuple[tuple[str, object], ...]:
    options: list[tuple[str, object]] = []
    at = 0
    while at < len(data) and data[at] != 0:
        if data[at] == 1:
            options.append(("nop", None))
            at += 1
            continue
        size = data[at + 1] if at + 1 < len(data) else 0
        if size < 2 or at + size > len(data):
            break
        options.append(_decode_option(data[at], data[at + 2 : at + size]))
        at += size
    return tuple(options)


def _decode_option(kind: int, value: bytes) -> tuple[str, object]:
    if kind == 2 and len(value) == 2:
        return "mss", struct.unpack("!H", value)[0]
    if kind == 3 and len(value) == 1:
        return "wscale", value[0]
    if kind == 4:
        return "sackOK", True
    if kind == 5 and len(value) % 8 == 0:
        return "sack", struct.unpack(f"!{len(value) // 4}I", value)
    if kind == 8 and len(value) == 8:
        return "TS", struct.unpack("!II", value)
    if kind == 34:
        return "FO", value
    return f"option {kind}", value
