"""Draws one stream of bytes four times: as it was sent, carried, stored, and read.

Each row cuts the same bytes, from the first to the last, into the pieces of that place.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from helpers.errors import LabError
from helpers.figures import looks, marks
from helpers.figures.looks import Axes
from helpers.record.snapshot import table
from helpers.record.trace import CallRecord, PacketRecord, Trace

_LETTER = 0.095  # inches
_GREYS = ("#D5D9DF", "#C3C9D1")
_SHADES = {
    "send": _GREYS,
    "on the wire": _GREYS,
    "in the buffer": ("#BCD3EC", "#A3C3E4"),
    "recv": (looks.STRONG, "#DD7A4C"),
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


def stream(trace: Trace, ax: Axes | None = None) -> Axes:
    """Draw the four rows of ``cuts`` above one another, on one axis of bytes."""
    rows = cuts(trace)
    total = max(sum(row.sizes) for row in rows)
    with looks.picture(ax, 9.4, 3.1, within=(0.02, 0.527, 0.98, 0.98)) as ax:
        ax.set(xlim=(-total * 0.155, total * 1.01), ylim=(len(rows) - 0.3, -0.55))
        for y, row in enumerate(rows):
            _row(ax, y, row)
        marks.rows(ax, "bytes of the stream")
        ax.set_xticks(range(0, total + 1, max(1000, total // 5)))
    return ax


def _row(ax: Axes, y: int, row: Cut) -> None:
    at, wide = 0, looks.inches(ax)[0]
    read = row.place == "recv"
    marks.text(ax, -60, y, row.place, "right", size=looks.LABEL, bold=read)
    for n, size in enumerate(row.sizes):
        fill, gid = _SHADES[row.place][n % 2], f"piece:{row.place}:{size}"
        marks.box(ax, at, y - 0.36, size, 0.72, fill, edge=looks.PAPER, lw=2, gid=gid)
        if size * wide > len(str(size)) * _LETTER:
            shade = looks.PAPER if read else looks.TEXT
            marks.text(ax, at + size / 2, y, size, size=looks.LABEL, color=shade, bold=read)
        at += size


def stream_table(trace: Trace) -> str:
    """The text twin of ``stream``: each place with its pieces."""
    rows = [(row.place, str(len(row.sizes)), _list(row.sizes)) for row in cuts(trace)]
    return table([("where", "pieces", "bytes in each"), *rows])


def _list(sizes: Sequence[int]) -> str:
    shown = " ".join(map(str, sizes[:12]))
    return f"{shown} …" if len(sizes) > 12 else shown
