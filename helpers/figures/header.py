"""Draws the TCP header of one packet from its bytes, in the 32-bit rows of RFC 9293."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from helpers.errors import LabError
from helpers.figures import looks, marks
from helpers.figures.looks import Axes
from helpers.record.packet import Packet
from helpers.record.snapshot import table

_FLAGS = ("CWR", "ECE", "URG", "ACK", "PSH", "RST", "SYN", "FIN")
# Fields whose value differs in every run; their table shows none.
_VARYING = ("sequence number", "acknowledgement number", "checksum")
_LEFT = -0.4  # where the words left of the boxes end


@dataclass(frozen=True)
class Field:
    """One field: its first bit, counted from the header's begin, and its width in bits."""

    name: str
    first: int
    width: int
    value: str

    @property
    def row(self) -> int:
        """The 32-bit row in which it begins."""
        return self.first // 32


def fields(packet: Packet) -> list[Field]:
    """The fields of a packet's TCP header, read from its bytes. RFC 9293, section 3.1."""
    if not packet.is_tcp:
        raise LabError(f"{packet} has no TCP header to draw")
    found = struct.unpack_from("!HHIIBBHHH", packet.raw, _offset(packet))
    sport, dport, seq, ack, offset, bits, window, checksum, urgent = found
    flags = [name for n, name in enumerate(_FLAGS) if bits & (0x80 >> n)]
    size = (offset >> 4) * 4
    return [
        Field("source port", 0, 16, str(sport)),
        Field("destination port", 16, 16, str(dport)),
        Field("sequence number", 32, 32, str(seq)),
        Field("acknowledgement number", 64, 32, str(ack)),
        Field("offset", 96, 4, str(offset >> 4)),
        Field("reserved", 100, 4, str(offset & 0xF)),
        Field("flags", 104, 8, " ".join(flags) or "none"),
        Field("window", 112, 16, str(window)),
        Field("checksum", 128, 16, f"0x{checksum:04x}"),
        Field("urgent pointer", 144, 16, str(urgent)),
        *_options(packet, size),
    ]


def _offset(packet: Packet) -> int:
    return 40 if packet.raw[0] >> 4 == 6 else (packet.raw[0] & 0x0F) * 4


def _options(packet: Packet, size: int) -> Iterator[Field]:
    if size > 20:
        names = ", ".join(name for name, _ in packet.options)
        yield Field("options", 160, (size - 20) * 8, names)


def header(
    packet: Packet,
    ax: Axes | None = None,
    *,
    strong: Sequence[str] = ("source port", "destination port"),
) -> Axes:
    """Each field as a box with its name and its value; ``strong`` names those that matter."""
    found = fields(packet)
    rows = max(f.row + (f.width + 31) // 32 for f in found)
    shown = min(rows, 6)
    with looks.picture(ax, 9.6, 0.55 + 0.62 * shown) as ax:
        ax.set(xlim=(-2.3, 32.2), ylim=(shown + 0.05, -0.55))
        for field in found:
            _box(ax, field, field.name in strong)
        for bit in (0, 8, 16, 24, 31):
            _small(ax, bit + 0.5, -0.16, str(bit), va="baseline")
        _small(ax, _LEFT, -0.16, "bit", "right", va="baseline")
    return ax


def _box(ax: Axes, field: Field, strong: bool) -> None:
    x, y, width = field.first % 32, field.row, min(field.width, 32)
    edge, lw, zorder = (looks.STRONG, 2.4, 3) if strong else (looks.FURNITURE, 1, 2)
    gid = f"field:{field.name}:{field.value}"
    marks.box(ax, x, y, width, 1, looks.PAPER, edge=edge, lw=lw, zorder=zorder, gid=gid)
    if x == 0:
        _small(ax, _LEFT, y + 0.5, f"byte {field.first // 8}", "right")
    middle = x + width / 2
    _small(ax, middle, y + 0.27, field.name, size=9 if field.width > 4 else 7, zorder=4)
    words = field.value if field.name != "options" else f"{field.width // 8} bytes: {field.value}"
    colour, size = (looks.STRONG, 12) if strong else (looks.TEXT, 10.5)
    marks.text(ax, middle, y + 0.67, words, size=size, color=colour, bold=strong, zorder=4)


def _small(ax: Axes, x: float, y: float, words: str, ha: str = "center", **look: Any) -> None:
    marks.text(ax, x, y, words, ha, **{"size": 9, "color": looks.PLAIN, **look})


def header_table(packet: Packet) -> str:
    """The fields as text: bits, name, value. What is chance in every run is called so."""
    rows = [("byte", "bits", "field", "value")]
    for f in fields(packet):
        value = "differs in every run" if f.name in _VARYING and f.value != "0" else f.value
        rows.append((str(f.first // 8), str(f.width), f.name, value))
    return table(rows)
