"""Takes a packet apart for a reader: every field with its value and the bytes that it stands in.

Rule of this file: pure. Bytes are counted from the IP header on.

Sources: RFC 791 section 3.1, RFC 8200 section 3, RFC 9293 section 3.1, RFC 7323 section 2.2 (the
window of a SYN is never scaled, all others are if both SYNs carried the option).
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from typing import Any

from helpers.figures.header import fields
from helpers.record.packet import Packet
from helpers.record.trace import PacketRecord, Trace

# A name, a value, and the bytes in which it stands: the first, and the one behind the last.
Field = tuple[str, str, int, int]
Flow = tuple[str, int, str, int]
_PROTOCOLS = {1: "1 (ICMP)", 6: "6 (TCP)", 17: "17 (UDP)", 58: "58 (ICMPv6)"}
_MOST_BYTES = 320  # shown of one packet; a segment of a long answer has 1,500
_MOST_TEXT = 48


def dissections(trace: Trace) -> dict[int, dict[str, Any]]:
    """For each packet of the trace, by its number: groups of fields, and its bytes as hex."""
    scales = window_scales(record.packet for record in trace.packets)
    first = trace.events[0].t if trace.events else 0
    return {record.number: _dissection(record, scales, first) for record in trace.packets}


def _dissection(record: PacketRecord, scales: dict[Flow, int], first: int) -> dict[str, Any]:
    raw = record.packet.raw
    groups: list[tuple[str, list[Field]]] = [("wire", _on_the_wire(record, first))]
    if raw[:1] and raw[0] >> 4 in (4, 6):
        groups.append(("IP", _ip(raw)))
    if record.packet.is_tcp:
        groups += _tcp(record, scales)
    if record.packet.payload:
        groups.append(("data", [_payload(record.packet)]))
    return {
        "title": f"{record.packet.kind}  {record.source} > {record.destination}",
        "said": f"packet {record.number}: {record}, {record.verdict}",
        "groups": [(name, rows) for name, rows in groups if rows],
        "hex": raw[:_MOST_BYTES].hex(),
        "size": len(raw),
    }


def window_scales(packets: Iterable[Packet]) -> dict[Flow, int]:
    """By how many bits each direction of a connection shifts its windows, where both SYNs say."""
    offered: dict[Flow, int] = {}
    for packet in packets:
        if packet.syn and isinstance(shift := packet.option("wscale"), int):
            offered[_flow(packet)] = shift
    return {flow: shift for flow, shift in offered.items() if (*flow[2:], *flow[:2]) in offered}


def _flow(packet: Packet) -> Flow:
    return packet.source, packet.sport, packet.destination, packet.dport


def _on_the_wire(record: PacketRecord, first: int) -> list[Field]:
    told = [record.verdict]
    told += ["it waited on the wire"] if record.waited else []
    told += ["sent again"] if record.again else []
    told += ["injected"] if record.injected else []
    told += [record.probe] if record.probe else []
    if record.copies:
        told.append(f"{record.copies} {'copy' if record.copies == 1 else 'copies'} folded into it")
    rows = [("from", record.src, 0, 0), ("to", record.dst, 0, 0), ("fate", ", ".join(told), 0, 0)]
    if record.delivered is not None:
        flight = (record.delivered - record.sent) / 1e6
        rows.append(("on its way", f"{flight:.3f} ms, sent at {_ms(record.sent - first)}", 0, 0))
    return rows


def _ms(nanoseconds: int) -> str:
    return f"{nanoseconds / 1e6:.3f} ms"


def _ip(raw: bytes) -> list[Field]:
    return _ip_v4(raw) if raw[0] >> 4 == 4 and len(raw) >= 20 else _ip_v6(raw)


def _ip_v4(raw: bytes) -> list[Field]:
    total, name, flags, ttl, protocol, checksum = struct.unpack_from("!HHHBBH", raw, 2)
    marks = [mark for bit, mark in ((0x4000, "DF"), (0x2000, "MF")) if flags & bit]
    return [
        ("version", "4", 0, 1),
        ("header length", f"{(raw[0] & 15) * 4} bytes", 0, 1),
        ("service, ECN", f"{raw[1] >> 2}, {raw[1] & 3}", 1, 2),
        ("total length", f"{total} bytes", 2, 4),
        ("identification", f"0x{name:04x}", 4, 6),
        ("fragment", f"{' '.join(marks) or 'no flag'}, offset {flags & 0x1FFF}", 6, 8),
        ("time to live", str(ttl), 8, 9),
        ("protocol", _PROTOCOLS.get(protocol, str(protocol)), 9, 10),
        ("header checksum", f"0x{checksum:04x}", 10, 12),
        ("source", ".".join(map(str, raw[12:16])), 12, 16),
        ("destination", ".".join(map(str, raw[16:20])), 16, 20),
    ]


def _ip_v6(raw: bytes) -> list[Field]:
    if len(raw) < 40:
        return []
    length, following, hops = struct.unpack_from("!HBB", raw, 4)
    ends = [raw[at : at + 16].hex(":", 2) for at in (8, 24)]
    return [
        ("version", "6", 0, 1),
        ("payload length", f"{length} bytes", 4, 6),
        ("next header", _PROTOCOLS.get(following, str(following)), 6, 7),
        ("hop limit", str(hops), 7, 8),
        ("source", ends[0], 8, 24),
        ("destination", ends[1], 24, 40),
    ]


def _tcp(record: PacketRecord, scales: dict[Flow, int]) -> list[tuple[str, list[Field]]]:
    """Two groups: the header's fields, relative numbers beside absolute ones, and its options."""
    packet = record.packet
    if not packet.raw:
        return []
    base = 40 if packet.raw[0] >> 4 == 6 else (packet.raw[0] & 15) * 4
    relative = {"sequence number": record.seq, "acknowledgement number": record.ack}
    rows: list[Field] = []
    for field in fields(packet):
        value = field.value
        if field.name == "options":
            continue
        if field.name in relative:
            used = field.name[0] == "s" or "." in packet.flags
            value = f"{relative[field.name]}  ({value})" if used else f"{value}, not in use"
        elif field.name == "offset":
            value = f"{value} words, {int(value) * 4} bytes"
        elif field.name == "window":
            value = _window(packet, scales.get(_flow(packet), 0))
        at = base + field.first // 8
        rows.append((field.name, value, at, at + max(1, field.width // 8)))
    size = (packet.raw[base + 12] >> 4) * 4
    return [("TCP", rows), ("options", _options(packet, base + 20, base + size))]


def _window(packet: Packet, shift: int) -> str:
    if packet.syn or not shift:
        return f"{packet.window} bytes"
    return f"{packet.window} × {1 << shift} = {packet.window << shift} bytes"


def _options(packet: Packet, at: int, end: int) -> list[Field]:
    rows: list[Field] = []
    for name, value in packet.options:
        size = 1 if name == "nop" else packet.raw[at + 1]
        rows.append((*_told(name, value), at, min(at + size, end)))
        at += size
    return rows


def _told(name: str, value: object) -> tuple[str, str]:
    """An option's name in words, and its value."""
    match name, value:
        case "mss", size:
            return "maximum segment size", f"{size} bytes"
        case "wscale", int(shift):
            return "window scale", f"{shift} bits, × {1 << shift}"
        case "sackOK", _:
            return "SACK permitted", "yes"
        case "TS", (mine, yours):
            return "timestamps", f"{mine}, echo {yours}"
        case "sack", tuple(edges):
            return "SACK", ", ".join(map(str, edges))
        case "nop", _:
            return "no operation", "fills up"
    return name, value.hex() if isinstance(value, bytes) else str(value)


def _payload(packet: Packet) -> Field:
    shown = repr(packet.payload[:_MOST_TEXT])
    more = " …" if packet.length > _MOST_TEXT else ""
    count = f"{packet.length} byte{'' if packet.length == 1 else 's'}"
    start = len(packet.raw) - packet.length
    return count, shown + more, start, start + packet.length
