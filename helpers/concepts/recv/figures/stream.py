"""Draws one stream of bytes four times: as it was sent, carried, stored, and read.

Each row cuts the same bytes, from the first to the last, into the pieces of that place.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

from helpers.errors import LabError
from helpers.figures import looks, marks
from helpers.figures.looks import Axes
from helpers.record.snapshot import table
from helpers.record.trace import CallRecord, PacketRecord, Trace

# Inches: a figure of a number, a row, what stands left and right of the rows, and the axis.
_LETTER, _ROW, _LEFT, _RIGHT, _FOOT = 0.11, 0.66, 1.5, 1.05, 0.62
_GREYS = ("#D5D9DF", "#C3C9D1")
_SHADES = {
    "send": _GREYS,
    "on the wire": _GREYS,
    "in the buffer": ("#BCD3EC", "#A3C3E4"),
    "recv": (looks.DATA, "#4A4F57"),
}


@dataclass(frozen=True, slots=True)
class Cut:
    """One row: the sizes of its pieces, in bytes, in the order of the stream."""

    place: str
    sizes: tuple[int, ...]


def cuts(trace: Trace) -> list[Cut]:
    """How the bytes that one host sent were cut, at four places on their way.

    *In the buffer* counts what came in between two reads as one piece. Raises ``LabError`` if
    nothing was sent in this trace, or nothing read.
    """
    sent = _moved(trace, "send")
    if not sent:
        raise LabError("nothing was sent in this trace")
    source = sent[0].host
    read = [call for call in _moved(trace, "recv") if call.host != source]
    if not read:
        raise LabError(f"nothing that {source} sent was read in this trace")
    return [
        Cut("send", tuple(call.size or 0 for call in sent if call.host == source)),
        Cut("on the wire", tuple(p.packet.length for p in trace.packets if _carried(p, source))),
        Cut("in the buffer", tuple(_piles(trace, source))),
        Cut("recv", tuple(call.size or 0 for call in read)),
    ]


def _moved(trace: Trace, name: str) -> list[CallRecord]:
    """The calls of that name that moved bytes out of a program, or into it for good."""
    ended = (e.record for e in trace.events if e.kind == "end")
    return [c for c in ended if isinstance(c, CallRecord) and c.name == name and _counts(c)]


def _counts(call: CallRecord) -> bool:
    return bool(call.size) and "PEEK" not in call.text


def _carried(packet: PacketRecord, source: str) -> bool:
    return packet.origin == source and packet.packet.length > 0 and packet.verdict == "delivered"


def _piles(trace: Trace, source: str) -> Iterator[int]:
    pile = 0
    for event in trace.events:
        record = event.record
        if isinstance(record, PacketRecord) and event.kind == "delivered":
            pile += record.packet.length if _carried(record, source) else 0
        elif isinstance(record, CallRecord) and event.kind == "end" and record.name == "recv":
            if pile and record.host != source and _counts(record):
                yield pile
                pile = 0
    if pile:
        yield pile


def stream(
    trace: Trace, ax: Axes | None = None, *, title: str = "One stream, cut at four places"
) -> Axes:
    """Draw the four rows of ``cuts`` above one another, on one axis of bytes.

    A dashed line goes down from where a ``send`` ended.
    """
    rows = cuts(trace)
    total = max(sum(row.sizes) for row in rows)
    high = _ROW * len(rows) + 0.1 + _FOOT
    within = (_LEFT / looks.WIDE, _FOOT, 1 - _RIGHT / looks.WIDE, 1)
    with looks.picture(ax, looks.WIDE, high, title=title, alt=_told(rows), within=within) as ax:
        ax.set(xlim=(0, total), ylim=(len(rows) - 0.45, -0.45))
        borders = list(accumulate(rows[0].sizes))[:-1]
        for y, row in enumerate(rows):
            _row(ax, y, row, borders if y else [])
            _go_down(ax, y, row, borders)
        marks.rows(ax, "bytes of the stream")
        ax.set_xticks(range(0, total + 1, max(1000, total // 5)))
    return ax


def _row(ax: Axes, y: int, row: Cut, borders: list[int]) -> None:
    at, wide = 0, looks.inches(ax)[0]
    read = row.place == "recv"
    beside = ax.get_yaxis_transform()
    count = f"{len(row.sizes)} piece{'' if len(row.sizes) == 1 else 's'}"
    marks.text(ax, -0.015, y, row.place, "right", bold=read, transform=beside, gid="place")
    marks.text(ax, 1.015, y, count, "left", bold=read, transform=beside, gid="pieces")
    for n, size in enumerate(row.sizes):
        fill, gid = _SHADES[row.place][n % 2], f"piece:{row.place}:{size}"
        marks.box(ax, at, y - 0.38, size, 0.76, fill, edge=looks.PAPER, lw=2.5, gid=gid)
        if size * wide > len(str(size)) * _LETTER:
            shade = looks.PAPER if read else looks.TEXT
            marks.text(
                ax, _free(at, at + size, borders), y, size, color=shade, bold=read, gid="size"
            )
        at += size


def _free(start: int, end: int, borders: list[int]) -> float:
    """The middle of the widest part of a piece that no dashed line crosses."""
    ends = [start, *(b for b in borders if start < b < end), end]
    left, right = max(pairwise(ends), key=lambda part: part[1] - part[0])
    return (left + right) / 2


def _go_down(ax: Axes, y: int, row: Cut, borders: list[int]) -> None:
    """Carry the ends of the sends down through this row, and from the row above."""
    for border in borders if y else []:
        for top, foot, inside in ((y - 0.6, y - 0.38, False), (y - 0.38, y + 0.38, True)):
            colour = looks.PAPER if inside and row.place == "recv" else looks.TEXT
            ax.plot([border, border], [top, foot], color=colour, lw=1.6, ls=looks.DASHES, zorder=4,
                    gid="border")  # fmt: skip


def _told(rows: Sequence[Cut]) -> str:
    """Each place with its pieces, and which borders of the sends are borders below."""
    ends = [set(accumulate(row.sizes[:-1])) for row in rows]
    kept = len(ends[0].intersection(*ends[1:]))
    said = f"{kept} of the borders" if kept else "No border"
    parts = "; ".join(f"{row.place}, {len(row.sizes)} ({_list(row.sizes, 6)})" for row in rows)
    return (
        f"The same {sum(rows[-1].sizes)} bytes in four rows, each cut into its pieces: {parts}. "
        f"{said} between sends {'are borders' if kept else 'is a border'} in every row."
    )


def stream_table(trace: Trace) -> str:
    """The text twin of ``stream``: each place with its pieces."""
    rows = [(row.place, str(len(row.sizes)), _list(row.sizes)) for row in cuts(trace)]
    return table([("where", "pieces", "bytes in each"), *rows])


def _list(sizes: Sequence[int], most: int = 12) -> str:
    shown = " ".join(map(str, sizes[:most]))
    return f"{shown} …" if len(sizes) > most else shown
