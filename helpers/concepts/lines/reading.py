"""The card that says how a ladder is read: the first packets of a run, with numbers beside them.

The picture is the ladder itself. A number finds its place by the text that it explains, so that
nothing here knows where a ladder puts what.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from helpers.errors import LabError
from helpers.figures import looks, marks
from helpers.figures.ladder import ladder
from helpers.figures.packets import caption
from helpers.learning.question import Unseen
from helpers.record.snapshot import table
from helpers.record.trace import CallRecord, Event, PacketRecord, Trace

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_HEADINGS = ("number", "what it is", "in the picture", "in the text")
_TITLE = "How to read a ladder: seven things, and where they stand"
_MARGIN = 0.3  # inches: room for a number at the left edge
# Of the key, in inches: from line to line, to the first colour, a letter.
_LINE, _FIRST, _APART = 0.25, 0.95, 0.089


@dataclass(frozen=True, slots=True)
class Sign:
    """One thing to read: what it is, as the ladder shows it, and as the trace writes it."""

    what: str
    shown: str
    written: str


def card(trace: Trace) -> Axes:
    """Draw the first handshake and the first data of a trace, with the numbers of ``card_table``.

    Raises ``LabError`` for a trace without them.
    """
    part = _excerpt(trace)
    with looks.unfinished():
        return _keyed(_numbered(part, ladder(part, title=_TITLE)))


def _numbered(part: Trace, ax: Axes) -> Axes:
    left, right = ax.get_xlim()
    ax.set_xlim(left - _MARGIN, right)
    for number, sign in enumerate(_signs(part), 1):
        # A call may be folded, and a socket have its name before it.
        wanted = "".join(sign.shown.split())
        label = next(t for t in ax.texts if "".join(t.get_text().split()).endswith(wanted))
        # At the end that is away from the rail, and from the edge of the picture.
        behind = label.get_horizontalalignment() == "left" and label.get_gid() != "gauge name"
        end, away = (1.0, 11) if behind else (0.0, -11)
        ax.annotate(
            str(number), xy=(end, 0.5), xycoords=label, xytext=(away, 0),
            textcoords="offset points", ha="center", va="center", size=looks.SMALL, weight="bold",
            color=looks.PAPER, zorder=10, gid=f"number:{sign.shown}",
            bbox={"boxstyle": "circle,pad=0.25", "facecolor": looks.TEXT, "edgecolor": "none"},
        )  # fmt: skip
    return ax


def _keyed(ax: Axes) -> Axes:
    """The same picture with the meaning of all colours in three lines at its foot."""
    figure: Any = ax.figure
    wide, high = figure.get_size_inches()
    foot = _LINE * (len(looks.KEY) + 0.15)
    place = ax.get_position()
    figure.set_size_inches(wide, high + foot)
    share = high / (high + foot)
    ax.set_position((place.x0, 1 - (1 - place.y0) * share, place.width, place.height * share))
    key = figure.add_axes((0, 0, 1, 1 - share))
    key.set(xlim=(0, wide), ylim=(len(looks.KEY) - 0.3, -0.6))
    key.set_axis_off()
    for y, (heading, colours) in enumerate(looks.KEY.items()):
        marks.head(key, 0.08, y, heading, "left", va="center")
        x = _FIRST
        for words, colour in colours.items():
            line = heading == "packets"
            tall = 0.14 if line else 0.55
            marks.box(key, x, y - tall / 2, 0.24, tall, colour, gid=f"key:{words}")
            marks.text(key, x + 0.31, y, words, "left", size=looks.SMALL, color=looks.TEXT,
                       gid="key")  # fmt: skip
            x += _APART * len(words) + 0.47
    return ax


def card_table(trace: Trace) -> str:
    """What the numbers of ``card`` stand beside, as an aligned table."""
    signs = enumerate(_signs(_excerpt(trace)), 1)
    return table(
        [_HEADINGS, *((str(n), s.what, s.shown.replace("\n", " "), s.written) for n, s in signs)]
    )


def scenes(trace: Trace) -> tuple[Trace, Trace]:
    """A run in two parts, each of which fits a screen: until the client's first ``send``, and from
    there on. Raises ``LabError`` if nothing is sent in it."""
    calls = ((n, e.record) for n, e in enumerate(trace.events) if isinstance(e.record, CallRecord))
    first = next((n for n, call in calls if call.name in ("send", "sendall")), None)
    if first is None:
        raise LabError("there are no two scenes: nobody sends anything in this trace")
    return replace(trace, events=trace.events[:first], meanwhile=[]), trace.since(first)


def _excerpt(trace: Trace) -> Trace:
    """From the first ``connect`` to the ACK of the first data."""
    steps = iter(enumerate(trace.events))
    begin = next((n for n, event in steps if _is_connect(event)), None)
    data = next((n for n, event in steps if _arrives(event, "data")), None)
    end = next((n for n, event in steps if _arrives(event, "ACK")), None)
    if begin is None or data is None or end is None:
        raise LabError("a card needs a trace with a connect, data, and the ACK that answers it")
    return replace(trace, events=trace.events[begin : end + 1], meanwhile=[])


def _is_connect(event: Event) -> bool:
    return isinstance(event.record, CallRecord) and event.record.name == "connect"


def _arrives(event: Event, kind: str) -> bool:
    record = event.record
    if event.kind != "delivered" or not isinstance(record, PacketRecord):
        return False
    return record.packet.kind == kind


def _signs(part: Trace) -> list[Sign]:
    call = next(c for c in part.calls if c.name == "connect")
    data = next(p for p in part.packets if p.packet.kind == "data")
    answer = next(p for p in part.packets if p.origin == data.destination and p.sent > data.sent)
    packets = [part.packets[0], data, answer]
    begins, carries, answers = (Sign("", caption(p), p.text) for p in packets)
    return [
        Sign("a host", call.host, call.host),
        Sign("a call", call.text, call.line),
        replace(begins, what="a packet: the first"),
        Sign("a state of a socket", "ESTAB", "state … ESTAB"),
        replace(carries, what="a packet with data"),
        replace(answers, what="its answer"),
        Sign("how many wait", "SYN\nqueue", "queues … SYN queue 1"),
    ]


def sends(trace: Trace, host: str = "server") -> bool | Unseen:
    """Whether ``host`` sent a packet in this trace; ``Unseen`` in bench mode, which has no wire."""
    if not trace.wire:
        return Unseen.RECORDED
    return any(packet.origin == host for packet in trace.packets)
