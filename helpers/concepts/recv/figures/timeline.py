"""Draws when the pieces of a small message were sent, for several runs, on one axis of time."""

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


def timeline(traces: Mapping[str, Trace], ax: Axes | None = None) -> Axes:
    """One row a run: a ring where ``send`` was called, a dot where its packet left."""
    looks.need(traces, "no run was made")
    high = 0.9 + 0.85 * len(traces)
    with looks.picture(ax, 8.6, high, within=(0.17, 0.55, 0.97, 1 - 0.05 / high)) as ax:
        for y, (name, trace) in enumerate(traces.items()):
            _row(ax, y, pieces(trace))
            beside = ax.get_yaxis_transform()
            marks.text(ax, -0.02, y, name, "right", size=looks.LABEL, transform=beside)
        last = max(p.left for trace in traces.values() for p in pieces(trace))
        ax.set(xlim=(-last * 0.03, last * 1.12), ylim=(len(traces) - 0.4, -0.75))
        marks.rows(ax, "milliseconds since the first send")
    return ax


def _row(ax: Axes, y: int, sent: list[Piece]) -> None:
    ax.axhline(y, color=looks.FAINT, lw=6, zorder=0)
    for n, piece in enumerate(sent):
        colour = looks.STRONG if piece.waited != "at once" else looks.DATA
        ax.plot([piece.called, piece.left], [y, y], color=colour, lw=4, zorder=2, alpha=0.55)
        ax.plot(piece.called, y, "o", mfc=looks.PAPER, mec=colour, ms=8, mew=1.6, zorder=3)
        ax.plot(piece.left, y, "o", color=colour, ms=8, zorder=4, gid=f"left:{piece.waited}")
        words = piece.data.decode("ascii", "replace")
        above = (0, 9) if n == 0 or piece.left - sent[0].left > PAUSE else (14, -19)
        ax.annotate(words, (piece.left, y), above, textcoords="offset points", ha="center",
                    size=looks.LABEL, color=colour, path_effects=looks.halo())  # fmt: skip


def timeline_table(traces: Mapping[str, Trace]) -> str:
    """The text twin of ``timeline``: in place of milliseconds, a word."""
    rows = [(name, p.data.decode(), p.waited) for name, t in traces.items() for p in pieces(t)]
    return table([("run", "piece", "its packet leaves"), *rows])
