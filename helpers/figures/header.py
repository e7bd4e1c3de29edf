"""Draws the TCP header of one packet from its bytes, in the 32-bit rows of RFC 9293."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from helpers.errors import LabError
from helpers.figures import looks, marks
from helpers.figures.looks import Axes
from helpers.record.given import as_packet
from helpers.record.packet import Packet
from helpers.record.snapshot import table
from helpers.record.trace import PacketRecord

# Names and widths in bits, in the order of the header.
_FIELDS = (("source port", 16), ("destination port", 16), ("sequence number", 32),
           ("acknowledgement number", 32), ("offset", 4), ("reserved", 4), ("flags", 8),
           ("window", 16), ("checksum", 16), ("urgent pointer", 16))  # fmt: skip
_FIXED = sum(width for _, width in _FIELDS)
_FLAGS = ("CWR", "ECE", "URG", "ACK", "PSH", "RST", "SYN", "FIN")


def _flags(bits: int) -> str:
    return " ".join(name for n, name in enumerate(_FLAGS) if bits & (0x80 >> n)) or "none"


_SHOWN = {"flags": _flags, "checksum": "0x{:04x}".format}  # the others as numbers
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
    begin = 40 if packet.raw[0] >> 4 == 6 else (packet.raw[0] & 0x0F) * 4
    whole = int.from_bytes(packet.raw[begin : begin + _FIXED // 8])
    found: list[Field] = []
    first = 0
    for name, width in _FIELDS:
        value = whole >> (_FIXED - first - width) & ((1 << width) - 1)
        found.append(Field(name, first, width, _SHOWN.get(name, str)(value)))
        first += width
    size = packet.raw[begin + 12] // 16 * 32  # the field counts words of 32 bits
    if size > _FIXED:
        names = ", ".join(name for name, _ in packet.options)
        found.append(Field("options", _FIXED, size - _FIXED, names))
    return found


def header(
    packet: Packet | PacketRecord,
    ax: Axes | None = None,
    *,
    strong: Sequence[str] = ("source port", "destination port"),
    title: str = "The header of a TCP segment, in rows of 32 bits",
) -> Axes:
    """Each field as a box with its name and its value; ``strong`` names those that matter.

    ``title`` says what to see in it.
    """
    found = fields(as_packet(packet, "header"))
    rows = max(f.row + (f.width + 31) // 32 for f in found)
    shown = min(rows, 6)
    size = looks.WIDE, 0.55 + 0.62 * shown
    with looks.picture(ax, *size, title=title, alt=_alt(found, strong)) as ax:
        ax.set(xlim=(-2.75, 32.2), ylim=(shown + 0.05, -0.55))
        for field in found:
            _box(ax, field, field.name in strong)
        for bit in (0, 8, 16, 24, 31):
            _small(ax, bit + 0.5, -0.16, str(bit), va="baseline")
        _small(ax, _LEFT, -0.16, "bit", "right", va="baseline")
    return ax


def _alt(found: Sequence[Field], strong: Sequence[str]) -> str:
    size = (found[-1].first + found[-1].width) // 8
    told = [f"{f.name} {f.value}" for f in found if f.name in strong and f.name not in _VARYING]
    names = ", ".join(f.name for f in found)
    weight = f" In heavy boxes stand {' and '.join(told)}." if told else ""
    return f"The {size} bytes of a TCP header as boxes in rows of 32 bits: {names}.{weight}"


def _box(ax: Axes, field: Field, strong: bool) -> None:
    x, y, width = field.first % 32, field.row, min(field.width, 32)
    edge, lw, zorder = (looks.TEXT, 2.8, 3) if strong else (looks.FURNITURE, 1, 2)
    gid = f"field:{field.name}:{field.value}"
    marks.box(ax, x, y, width, 1, looks.PAPER, edge=edge, lw=lw, zorder=zorder, gid=gid)
    if x == 0:
        _small(ax, _LEFT, y + 0.5, f"byte {field.first // 8}", "right")
    middle = x + width / 2
    _small(ax, middle, y + 0.27, field.name, zorder=4)
    words = field.value if field.name != "options" else f"{field.width // 8} bytes: {field.value}"
    marks.text(ax, middle, y + 0.67, words, color=looks.TEXT, bold=strong, zorder=4)


def _small(ax: Axes, x: float, y: float, words: str, ha: str = "center", **look: Any) -> None:
    marks.text(ax, x, y, words, ha, **{"size": looks.SMALL, "color": looks.PLAIN, **look})


def header_table(packet: Packet | PacketRecord) -> str:
    """The fields as text: bits, name, value. What is chance in every run is called so."""
    rows = [("byte", "bits", "field", "value")]
    for f in fields(as_packet(packet, "header_table")):
        value = "differs in every run" if f.name in _VARYING and f.value != "0" else f.value
        rows.append((str(f.first // 8), str(f.width), f.name, value))
    return table(rows)
