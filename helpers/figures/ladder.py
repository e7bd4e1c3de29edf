"""Draws a trace as a ladder: hosts upright, time downward, packets slanted between them.

Beside each host stand its calls, as bars that are open at the end while a call is
blocked; the colour on the rail is the state of the connection; queues and unread
bytes stand at the right. Everything is computed from the trace.
"""

from __future__ import annotations

from collections.abc import Sequence

from helpers.errors import LabError
from helpers.figures import calls, looks, marks, ruler, telling
from helpers.figures.depths import depths
from helpers.figures.gauges import GAUGE, draw_gauges
from helpers.figures.layout import Layout, in_steps, in_time, visible
from helpers.figures.looks import Axes
from helpers.figures.packets import Label, draw_packets
from helpers.figures.strips import Span, spans
from helpers.record.trace import Note, PacketRecord, Record, Trace

_INCHES_PER_ROW = 0.28
# Inches between two rails: what is left of the width of a picture, within these limits.
_NEAR, _FAR = 2.5, 3.7
_HEAD, _HIGH_HEAD = 1.35, 1.9  # rows above the first, for names of two lines or three
_MOST_ROWS = 1500.0  # 450 inches; matplotlib draws no picture of more than 65,536 pixels
_LANE, _RAIL, _NAME_SIZE = 0.045, 0.022, looks.SMALL
_NAME_LETTER, _NAME_HIGH = 0.66 * _NAME_SIZE / 72, 0.19  # inches, of capitals


def ladder(
    trace: Trace,
    ax: Axes | None = None,
    *,
    title: str = "",
    scale: str = "steps",
    hosts: Sequence[str] | None = None,
    queries: bool = False,
    copies: bool = False,
    height: float | None = None,
) -> Axes:
    """Draw a trace; returns the axes. A notebook writes ``ax = ladder(...)``: it shows at once.

    ``title`` says what to see in it.

    ``scale="steps"`` gives each event the same room; ``"time"`` gives room in proportion to
    time, with an axis on which shortened idle time is marked with its length. ``hosts`` are
    the rails and their order; what concerns none of them is left out. ``queries`` shows calls
    that only ask; ``copies`` what TCP sent again while the wire was held, a hollow dot where it
    was folded. ``height`` is in inches; by default the figure grows with what happened.

    Several connections of one host stand side by side as strips, and only the one on the rail
    has its states named; a listener is a pale strip. A packet that was held stands at a dot,
    a lost one ends in a cross, an injected one begins on the wire. In bench mode there are no
    packets to draw, and the figure says so. Given axes are used as they are: make them about
    11 inches wide and 0.3 inches high for each event, or labels will be crowded.

    Raises ``LabError`` for a trace in which nothing happened, or too much for one picture.
    """
    if scale not in ("steps", "time"):
        raise LabError(f"scale must be 'steps' or 'time', not {scale!r}")
    trace = _chosen(trace.with_copies() if copies else trace, hosts)
    if not any(visible(event, queries) for event in trace.events):
        raise LabError("there is nothing to draw: in this trace no call and no packet happened")
    layout = (in_steps if scale == "steps" else in_time)(trace, queries)
    if ax is None and layout.bottom > _MOST_ROWS:
        raise LabError(
            f"this ladder would have {layout.bottom:.0f} rows, and {_MOST_ROWS:.0f} are the most; "
            f"draw a part of it, ladder(trace.since(mark)), or fewer hosts"
        )
    return _Ladder(trace, layout, queries).on(ax, height, title)


def _chosen(trace: Trace, hosts: Sequence[str] | None) -> Trace:
    """The trace as it is now (a live lab may add to it), of ``hosts`` only if they are named."""
    if hosts is None:
        return trace.since(0)
    wanted = [hosts] if isinstance(hosts, str) else list(dict.fromkeys(hosts))
    unknown = [host for host in wanted if host not in trace.hosts]
    if unknown or not wanted:
        known = ", ".join(trace.hosts)
        raise LabError(f"hosts must be some of {known}, not {', '.join(unknown) or 'none'}")
    events = [e for e in trace.events if _concerns(e.record, wanted)]
    return Trace(tuple(wanted), trace.roles, events, trace.wire, sockets=trace.sockets)


def _concerns(record: Record, hosts: list[str]) -> bool:
    if isinstance(record, PacketRecord):
        return record.origin in hosts or record.destination in hosts
    return isinstance(record, Note) or record.host in hosts


class _Ladder:
    """One drawing in progress. Rails stand at x = 0, 1, 2 …; heights are rows."""

    ax: Axes

    def __init__(self, trace: Trace, layout: Layout, queries: bool) -> None:
        self.trace, self.layout = trace, layout
        self.rails = {host: float(n) for n, host in enumerate(trace.hosts)}
        self.last = float(max(0, len(trace.hosts) - 1))
        self.spans = spans(trace, layout)
        self.bars = calls.bars(trace, layout, queries)
        self.gauges = depths(trace, layout)
        self.words: dict[str, list[calls.Words]] = {}

    def on(self, ax: Axes | None, height: float | None, title: str) -> Axes:
        """Draw on these axes, or on new ones that are as large as it takes."""
        head = _HEAD if len({host for _, host in self.gauges}) < 2 else _HIGH_HEAD
        width, high = (None, height) if ax is None else looks.room(ax)
        if high is None and self.layout.clock:
            high = _INCHES_PER_ROW * (self.layout.rows + head)
        self._word(_INCHES_PER_ROW if high is None else high / (self.layout.bottom + head))
        wide = self._unit(width or looks.WIDE)
        if width is None:
            wide = min(max(wide, _NEAR), _FAR)
        left, right = self._extent(wide)
        size = wide * (right - left), high or _INCHES_PER_ROW * (self.layout.bottom + head)
        alt = telling.ladder(self.trace)
        with looks.picture(ax, *size, margin=0, title=title, alt=alt) as self.ax:
            self.ax.set(xlim=(left, right), ylim=(self.layout.bottom, -head))
            self._draw()
        return self.ax

    def _word(self, inches_per_row: float) -> None:
        """Place the labels of calls; the last ones may make the ladder longer."""
        room = calls.ROOM / inches_per_row
        self.words = {host: calls.labels(self.bars, host, room) for host in self.rails}
        lowest = max((w.y for words in self.words.values() for w in words), default=0.0)
        self.layout.bottom = max(self.layout.bottom, lowest + 0.9)

    def _unit(self, width: float) -> float:
        """How many inches lie between two rails when the whole must be ``width`` wide."""
        (left_1, right_1), (left_2, right_2) = self._extent(1.0), self._extent(2.0)
        lengths = right_1 - left_1, 2 * (right_2 - left_2)
        per_unit = lengths[1] - lengths[0]
        return max(1.0, 1.0 + (width - lengths[0]) / per_unit)

    def _extent(self, wide: float) -> tuple[float, float]:
        """How far left and right the drawing goes with rails ``wide`` inches apart."""
        left, right = -0.2, self.last + 0.2
        for host in self.rails:
            text = calls.longest(self.bars, host) * calls.LETTER / wide + 0.06
            edge = self._column(host) + self.side(host) * text
            left, right = min(left, edge), max(right, edge)
        self.ruler_at = left - 0.03
        self.gauges_at = right + 0.03
        ruled = ruler.ROOM / wide + 0.03 if self.layout.clock else 0.0
        return left - ruled, right + (
            0.03 + GAUGE / wide * len(self.gauges) if self.gauges else 0.0
        )

    def _draw(self) -> None:
        ax = self.ax
        self._rails()
        taken = self._states()
        self._calls()
        self._notes()
        draw_packets(ax, self.trace, self.layout, self.rails, [*taken, *self._taken_by_calls()])
        draw_gauges(ax, self.gauges, self.gauges_at, self.layout.bottom)
        ruler.draw_ruler(ax, self.layout, self.ruler_at)
        breaks = [*self.rails.values(), self.ruler_at]
        ruler.draw_gaps(ax, self.layout.gaps, breaks, self.last / 2)

    def side(self, host: str) -> float:
        """Where a host's calls stand: -1 to the left of its rail, +1 to the right."""
        return -1.0 if self.rails[host] == 0 and self.last > 0 else 1.0

    def _rails(self) -> None:
        bottom = self.layout.bottom - 0.3
        for host, x in self.rails.items():
            self.ax.plot([x, x], [0, bottom], color=looks.FURNITURE, lw=1, zorder=1, gid="rail")
            marks.text(self.ax, x, -0.2, host, va="bottom", bold=True, size=looks.TITLE)
        if not self.trace.wire:
            marks.head(self.ax, self.last / 2, 0.2, "bench mode: no wire, so packets are not seen")

    def _states(self) -> list[Label]:
        """Colour the rails; returns where the names of states stand."""
        taken: list[Label] = []
        for span in self.spans:
            x = self.rails[span.host] + self.side(span.host) * max(0, span.lane) * _LANE
            bottom = self.layout.bottom - 0.3 if span.bottom is None else span.bottom
            tall = max(bottom - span.top, 0.12)
            _strip(self.ax, x, span, tall)
            if (span.lane == 0 and tall > 0.4) or span.lane < 0:
                taken.append(self._name(span, x, taken))
        return taken

    def _name(self, span: Span, x: float, taken: list[Label]) -> Label:
        """Beside the strip on its inner side, above the line of a packet that leaves there.

        It moves down as far as it must to keep off the names that stand there already.
        """
        per_unit, per_row = looks.inches(self.ax)
        toward, shift = -self.side(span.host), _NAME_HIGH / 2 / per_row + 0.05
        half = len(span.state) * _NAME_LETTER / per_unit / 2
        middle = x + toward * (0.018 + half)
        y = span.top + (-shift if self._leaves(span) and span.top > 0.5 else shift)
        for other, height, width in sorted(taken, key=lambda label: label[1]):
            if abs(middle - other) < half + width and abs(y - height) * per_row < _NAME_HIGH:
                y = height + _NAME_HIGH / per_row
        colour = looks.PLAIN if span.state == "LISTEN" else looks.TEXT
        marks.text(
            self.ax, x + toward * 0.018, y, span.state, "left" if toward > 0 else "right",
            size=_NAME_SIZE, halo=3, zorder=7, color=colour, gid=f"state:{span.state}",
            label=f"at:{span.top}",
        )  # fmt: skip
        return middle, y, half

    def _leaves(self, span: Span) -> bool:
        """Whether a packet leaves the host right where this state begins, and none arrives."""
        near = [
            (event.kind, event.record)
            for event, y in zip(self.trace.events, self.layout.heights, strict=True)
            if isinstance(event.record, PacketRecord) and abs(y - span.top) < 0.5
        ]
        leaving = any(kind == "sent" and p.origin == span.host for kind, p in near)
        return leaving and not any(k == "delivered" and p.destination == span.host for k, p in near)

    def _column(self, host: str) -> float:
        lanes = max([1, *(span.lane + 1 for span in self.spans if span.host == host)])
        return self.rails[host] + self.side(host) * (0.035 + _LANE * (lanes - 1))

    def _calls(self) -> None:
        for bar in self.bars:
            calls.draw_bar(self.ax, bar, self._column(bar.call.host), self.layout.bottom)
        for host, words in self.words.items():
            calls.write(self.ax, words, self._column(host), self.side(host))

    def _taken_by_calls(self) -> list[Label]:
        """Where calls are written between the rails, as those of a host in the middle are."""
        letter = calls.LETTER / looks.inches(self.ax)[0] / 2
        found: list[Label] = []
        for host, words in self.words.items():
            x, side = self._column(host), self.side(host)
            for word in words:
                half = letter * len(word.text)
                found.append((x + side * (calls.BESIDE + half), word.y, half))
        return found

    def _notes(self) -> None:
        for event, y in zip(self.trace.events, self.layout.heights, strict=True):
            if isinstance(event.record, Note):
                self.ax.axhline(
                    y, xmin=0.02, xmax=0.98, color=looks.FURNITURE, lw=0.8, ls=looks.DASHES
                )
                marks.text(
                    self.ax, self.last / 2, y, event.record.text, size=looks.SMALL, style="italic",
                    color=looks.TEXT, halo=looks.HALO, zorder=8, gid="note",
                )  # fmt: skip


def _strip(ax: Axes, x: float, span: Span, tall: float) -> None:
    """A state on the rail; a listener's is paler, lies below, and is no connection's."""
    kind, level = ("listener", 1.5) if span.lane < 0 else ("span", 2.0)
    colour, gid = looks.state_colour(span.state), f"{kind}:{span.state}"
    marks.box(ax, x - _RAIL / 2, span.top, _RAIL, tall, colour, zorder=level, gid=gid)
