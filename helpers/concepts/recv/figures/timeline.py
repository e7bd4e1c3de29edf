"""Draws when the pieces of a small message were sent and left, for several runs, on one clock."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from helpers.errors import LabError
from helpers.figures import looks, marks
from helpers.figures.looks import Axes
from helpers.record.snapshot import table
from helpers.record.trace import CallRecord, PacketRecord, Trace

# Shorter than the least time that Linux delays an acknowledgement (TCP_DELACK_MIN, HZ/25), and
# longer than what a busy machine takes between two lines of a program. Milliseconds.
PAUSE = 20.0

# Inches: a line, what stands left of it, the axis, and the longest words on a line.
_LINE, _LEFT, _FOOT, _WORDS = 0.42, 1.35, 0.62, 4.3


@dataclass(frozen=True, slots=True)
class Piece:
    """One ``send``, and the packet that carried its bytes.

    ``called`` and ``left`` are in milliseconds since the first send began; ``after_ack`` says
    whether an acknowledgement arrived between the call and the packet.
    """

    data: bytes
    called: float
    left: float
    after_ack: bool

    @property
    def waited(self) -> str:
        """What its packet waited for, in words that two runs have in common."""
        if not self.after_ack:
            return "at once"
        return "after a late ACK" if self.left - self.called > PAUSE else "after an ACK"


def pieces(trace: Trace) -> list[Piece]:
    """Each packet with data that the first sender of this trace sent, with the call behind it.

    The trace holds as many such packets as sends, one each; ``LabError`` otherwise.
    """
    sends = [c for c in trace.calls if c.name == "send"]
    sends = [c for c in sends if c.host == sends[0].host]
    sent = [p for p in trace.packets if sends and p.origin == sends[0].host and p.packet.length]
    sent = [p for p in sent if not p.again]
    if not sends or len(sends) != len(sent):
        raise LabError(f"{len(sends)} sends and {len(sent)} packets with data: not one for each")
    return [_piece(trace, call, packet, sends[0].begin) for call, packet in zip(sends, sent)]  # noqa: B905


def _piece(trace: Trace, call: CallRecord, packet: PacketRecord, start: int) -> Piece:
    order = {(e.kind, id(e.record)): n for n, e in enumerate(trace.events)}
    acks = [p for p in trace.packets if p.packet.pure_ack and p.origin != packet.origin]
    begun, gone = order["begin", id(call)], order["sent", id(packet)]
    between = any(begun < order.get(("delivered", id(ack)), -1) < gone for ack in acks)
    called, left = ((t - start) / 1e6 for t in (call.begin, packet.sent))
    return Piece(packet.packet.payload, called, left, between)


def timeline(
    traces: Mapping[str, Trace], ax: Axes | None = None, *, title: str = "When each piece leaves"
) -> Axes:
    """A line for each piece of each run: a ring where ``send`` was called, a dot where its packet
    left, and a bar between the two if it waited."""
    looks.need(traces, "no run was made")
    runs = {name: pieces(trace) for name, trace in traces.items()}
    lines = sum(len(sent) + 1 for sent in runs.values())
    high = lines * _LINE + _FOOT
    within = (_LEFT / looks.WIDE, _FOOT, 1 - 0.2 / looks.WIDE, 1)
    with looks.picture(ax, looks.WIDE, high, title=title, alt=_told(runs), within=within) as ax:
        last = max(p.left for sent in runs.values() for p in sent)
        ax.set(xlim=(-last * 0.02, last * 1.1 or 1), ylim=(lines - 0.4, -0.6))
        beside, y = ax.get_yaxis_transform(), 0
        for name, sent in runs.items():
            marks.text(ax, -0.165, y, name, "left", bold=True, transform=beside, gid="run")
            for n, piece in enumerate(sent, 1):
                words = piece.data.decode("ascii", "replace")
                marks.text(ax, -0.02, y + n, words, "right", transform=beside, gid="piece")
                _line(ax, y + n, piece)
            y += len(sent) + 1
        marks.rows(
            ax, "milliseconds since the first send; ring: send is called, dot: its packet leaves"
        )
    return ax


def _line(ax: Axes, y: int, piece: Piece) -> None:
    wide, (start, end) = looks.inches(ax)[0], ax.get_xlim()
    words, place = f"leaves {piece.waited}", (piece.left, 14, "left")
    if piece.left - piece.called > PAUSE:
        marks.box(ax, piece.called, y - 0.36, piece.left - piece.called, 0.72, looks.FAINT,
                  edge=looks.TEXT, lw=1.6, zorder=2, gid="wait")  # fmt: skip
        words = f"its packet waits, and {words}"
        if (piece.left - piece.called) * wide > _WORDS:
            place = ((piece.called + piece.left) / 2, 0, "center")
        elif (end - piece.left) * wide < _WORDS < (piece.called - start) * wide:
            place = (piece.called, -14, "right")
    ax.annotate(words, (place[0], y), (place[1], 0), textcoords="offset points", ha=place[2],
                va="center", size=looks.LABEL, gid="words", zorder=6)  # fmt: skip
    ax.plot(piece.called, y, "o", mfc=looks.PAPER, mec=looks.DATA, ms=14, mew=2, zorder=4,
            gid="called")  # fmt: skip
    ax.plot(piece.left, y, "o", color=looks.DATA, ms=7.5, zorder=5, gid=f"left:{piece.waited}")


def _told(runs: Mapping[str, list[Piece]]) -> str:
    """What each packet waited for, in the words of the table."""
    rows = "; ".join(
        f"{name}: " + ", ".join(f"{p.data.decode('ascii', 'replace')} {p.waited}" for p in sent)
        for name, sent in runs.items()
    )
    return f"For each piece of a message, when send was called and when its packet left. {rows}."


def timeline_table(traces: Mapping[str, Trace]) -> str:
    """The text twin of ``timeline``: in place of milliseconds, a word."""
    rows = [(name, p.data.decode(), p.waited) for name, t in traces.items() for p in pieces(t)]
    return table([("run", "piece", "its packet leaves"), *rows])
