"""Draws the TCP header of one packet from its bytes, in the 32-bit rows of RFC 9293."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from helpers.errors import LabError
from helpers.figures import looks
from helpers.record.packet import Packet
from helpers.record.snapshot import table

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_FLAGS = ("CWR", "ECE", "URG", "ACK", "PSH", "RST", "SYN", "FIN")
# Fields whose value differs in every run; their table shows none.
_VARYING = ("sequence number", "acknowledgement number", "checksum")


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
    body = packet.raw[_offset(packet) :]
    sport, dport, seq, ack, offset, bits, window, checksum, urgent = struct.unpack_from(
        "!HHIIBBHHH", body
    )
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
    ax = looks.canvas(ax, 9.6, 0.55 + 0.62 * shown)
    with looks.lesson():
        for field in found:
            _box(ax, field, field.name in strong)
        for bit in (0, 8, 16, 24, 31):
            ax.text(bit + 0.5, -0.16, str(bit), ha="center", size=9, color=looks.PLAIN)
        ax.text(-0.4, -0.16, "bit", ha="right", size=9, color=looks.PLAIN)
        ax.set_xlim(-2.3, 32.2)
        ax.set_ylim(shown + 0.05, -0.55)
        ax.set_axis_off()
        ax.set_position((0.01, 0.01, 0.98, 0.98))
    return ax


def _box(ax: Axes, field: Field, strong: bool) -> None:
    from matplotlib.patches import Rectangle

    width, row = min(field.width, 32), field.row
    colour = looks.STRONG if strong else looks.FURNITURE
    ax.add_patch(
        Rectangle(
            (field.first % 32, row), width, 1, fc=looks.PAPER, ec=colour, lw=2.4 if strong else 1,
            zorder=3 if strong else 2, gid=f"field:{field.name}:{field.value}",
        )
    )  # fmt: skip
    if field.first % 32 == 0:
        label = f"byte {field.first // 8}"
        ax.text(-0.4, row + 0.5, label, ha="right", va="center", size=9, color=looks.PLAIN)
    middle = field.first % 32 + width / 2
    name, size = (field.name, 9) if field.width > 4 else (field.name, 7)
    ax.text(middle, row + 0.27, name, ha="center", va="center", size=size, color=looks.PLAIN,
            zorder=4)  # fmt: skip
    words = field.value if field.name != "options" else f"{field.width // 8} bytes: {field.value}"
    shade = looks.STRONG if strong else looks.TEXT
    weight = "bold" if strong else "normal"
    ax.text(middle, row + 0.67, words, ha="center", va="center", size=12 if strong else 10.5,
            color=shade, weight=weight, zorder=4)  # fmt: skip


def header_table(packet: Packet) -> str:
    """The fields as text: bits, name, value. What is chance in every run is called so."""
    rows = [("byte", "bits", "field", "value")]
    for f in fields(packet):
        value = "differs in every run" if f.name in _VARYING and f.value != "0" else f.value
        rows.append((str(f.first // 8), str(f.width), f.name, value))
    return table(rows)
