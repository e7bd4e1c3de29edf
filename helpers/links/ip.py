"""Takes a reader's packet or address, and says what keeps it from being one of IP.

Only what no packet can do without is asked for; a wrong checksum is a reader's good right.
Sources: RFC 791 section 3.1, RFC 8200 section 3.
"""

from __future__ import annotations

import ipaddress
import struct
from typing import Any

from helpers.errors import LabError

# Both ends of every link have it; packet(7) refuses what is longer.
MTU = 1500
_WANTED = "inject takes an IP packet: bytes, or a scapy packet that begins at IP"


def as_ip(packet: Any) -> bytes:
    """The bytes of one whole IPv4 or IPv6 packet; ``LabError`` says what is wrong with it."""
    if not (isinstance(packet, bytes | bytearray | memoryview) or hasattr(packet, "__bytes__")):
        raise LabError(f"{_WANTED}; not {packet!r}")
    try:
        raw = bytes(packet)
    except Exception as error:
        raise LabError(f"{_WANTED}; this one cannot be built: {error}") from error
    version = raw[0] >> 4 if raw else 0
    if version not in (4, 6):
        raise LabError(f"{_WANTED}; not {len(raw)} bytes that begin with {raw[:1]!r}")
    header, said = _lengths(raw, version)
    if header < (20 if version == 4 else 40) or header > len(raw) or said < header:
        raise LabError(f"{_WANTED}; its header is cut short ({len(raw)} bytes in all)")
    if said != len(raw):
        raise LabError(f"{_WANTED}; its header says {said} bytes, and it has {len(raw)}")
    if said > MTU:
        raise LabError(f"{_WANTED}, of at most {MTU} bytes; this one has {said}")
    return raw


def as_address(text: object) -> str:
    """An address for a host, as the kernel spells it; ``LabError`` if no host can have it."""
    try:
        found = ipaddress.ip_address(text if isinstance(text, str) else "")
    except ValueError:
        found = None
    unfit = found is None or found.is_unspecified or found.is_multicast or found.is_loopback
    if unfit or getattr(found, "scope_id", None) or str(found) == "255.255.255.255":
        raise LabError(
            f"an address is text such as '198.51.100.7' or '2001:db8::7', one host's own "
            f"(neither loopback nor multicast); not {text!r}"
        )
    return str(found)


def _lengths(raw: bytes, version: int) -> tuple[int, int]:
    """Of the header, and of the whole as the header has it; 0 where there is no header."""
    if len(raw) < (20 if version == 4 else 40):
        return 0, 0
    if version == 4:
        return (raw[0] & 15) * 4, int(struct.unpack_from("!H", raw, 2)[0])
    return 40, 40 + int(struct.unpack_from("!H", raw, 4)[0])
