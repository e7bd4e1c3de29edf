"""Packets are decoded as scapy decodes them, and strange bytes do no harm."""

from __future__ import annotations

import random

import pytest
from scapy.layers.inet import ICMP, IP, TCP, UDP
from scapy.layers.inet6 import IPv6

from helpers.record.packet import decode

OPTIONS = [
    [],
    [("MSS", 1460), ("SAckOK", b""), ("Timestamp", (7, 0)), ("NOP", None), ("WScale", 7)],
    [("NOP", None), ("NOP", None), ("SAck", (10, 20, 30, 40))],
    [("NOP", None), ("EOL", None)],
    [("TFO", (1, 2))],
]


@pytest.mark.parametrize("layer", [IP(src="192.0.2.1", dst="192.0.2.2"), IPv6(dst="2001:db8::2")])
@pytest.mark.parametrize("flags", ["S", "SA", "A", "PA", "FA", "R", "RA", "FPA", "SEC"])
@pytest.mark.parametrize("options", OPTIONS)
def test_tcp_as_scapy_builds_it(layer: object, flags: str, options: list[object]) -> None:
    built = layer / TCP(
        sport=1, dport=65535, seq=2**32 - 1, ack=3, flags=flags, window=9, options=options
    ) / b"payload"  # fmt: skip
    packet = decode(bytes(built))
    again = layer.__class__(bytes(built))
    assert (packet.source, packet.destination) == (again.src, again.dst)
    assert (packet.sport, packet.dport, packet.seq, packet.ack) == (1, 65535, 2**32 - 1, 3)
    assert (packet.window, packet.payload) == (9, b"payload")
    assert {"A" if f == "." else "C" if f == "W" else f for f in packet.flags} == set(flags)
    assert packet.option("mss") == dict(again[TCP].options).get("MSS")
    assert packet.option("sack") == dict(again[TCP].options).get("SAck")
    assert packet.option("wscale") == dict(again[TCP].options).get("WScale")


@pytest.mark.parametrize(
    ("flags", "payload", "kind"),
    [
        ("S", b"", "SYN"), ("SA", b"", "SYN+ACK"), ("A", b"", "ACK"), ("PA", b"x", "data"),
        ("FA", b"", "FIN"), ("FPA", b"x", "FIN"), ("RA", b"", "RST"), ("R", b"", "RST"),
        ("SAE", b"", "SYN+ACK"), ("SEC", b"", "SYN"), ("AE", b"", "ACK"), ("AC", b"x", "data"),
    ],
)  # fmt: skip
def test_kinds(flags: str, payload: bytes, kind: str) -> None:
    packet = decode(bytes(IP(dst="192.0.2.2") / TCP(flags=flags) / payload))
    assert packet.kind == kind
    assert packet.pure_ack == (kind == "ACK")


def test_the_urgent_pointer_counts_with_its_flag_only() -> None:
    for flags, urgent in (("A", 0), ("UA", 3)):
        assert decode(bytes(IP(dst="192.0.2.2") / TCP(flags=flags, urgptr=3))).urgent == urgent


def test_other_protocols_and_fragments() -> None:
    assert decode(bytes(IP() / UDP() / b"x")).kind == "UDP"
    assert decode(bytes(IP() / ICMP())).kind == "ICMP"
    assert not decode(bytes(IP(frag=8) / TCP())).is_tcp


def test_any_bytes_are_decoded_to_something() -> None:
    dice = random.Random(1)
    good = bytearray(bytes(IP() / TCP(options=OPTIONS[1]) / b"abc"))
    for _ in range(3000):
        raw = bytearray(good[: dice.randrange(len(good) + 1)])
        for _ in range(dice.randrange(4)):
            if raw:
                raw[dice.randrange(len(raw))] = dice.randrange(256)
        assert decode(bytes(raw)).raw == bytes(raw)
