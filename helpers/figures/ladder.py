"""Draws a trace as a ladder: hosts upright, time downward, packets slanted between them.

Beside each host stand its calls, as bars that are open at the end while a call is
blocked; the colour on the rail is the state of the connection; queues and unread
bytes stand at the right. Everything is computed from the trace.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from helpers.errors import LabError
from helpers.figures import calls, drops, gauges, looks, marks, notes, packets, ruler, telling
from helpers.figures.depths import depths
from helpers.figures.layout import Layout, in_steps, in_time, visible
from helpers.figures.looks import Axes
from helpers.figures.packets import Label
from helpers.figures.rails import Rails
from helpers.figures.states import draw_states
from helpers.figures.strips import names, spans
from helpers.record.given import as_trace
from helpers.record.trace import Note, PacketRecord, Record, Trace

_INCHES_PER_ROW = 0.28
# Inches between the rails of two hosts: what is left of the width of a picture, in these limits.
_NEAR, _NEAREST, _FAR = 2.2, 1.5, 4.0
_HEAD, _HIGH_HEAD = 1.35, 2.1  # rows above the first, for names of two lines or three
_MOST_ROWS = 1500.0  # 450 inches; matplotlib draws no picture of more than 65,536 pixels
_ALL = 1000  # letters: no label is folded
_ALONE = 1.4  # inches at the left of a rail that stands alone, for its states' names
_MARGIN, _NAME_LETTER = 0.08, 0.72 * looks.TITLE / 72  # inches


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

    Each connection of a host has a rail of its own, at which its packets begin and end; more than
    four at once are narrow strips beside the first. A listener is a wide pale strip. A packet that
    was held stands at a dot, an injected one begins on the wire. A cross on the wire is a loss; at
    a host it is what the kernel dropped on arrival. In bench mode there are no packets to draw,
    and the figure says so. Given axes are used as they are: make them 9 inches wide and 0.3
    inches high for each event, or labels will be crowded.

    Raises ``LabError`` for a trace in which nothing happened, or too much for one picture.
    """
    if scale not in ("steps", "time"):
        raise LabError(f"scale must be 'steps' or 'time', not {scale!r}")
    given = as_trace(trace, "ladder")
    trace = _chosen(given.with_copies() if copies else given, hosts)
    if not any(visible(event, queries) for event in trace.events):
        raise LabError("there is nothing to draw: in this trace no call and no packet happened")
    layout = (in_steps if scale == "steps" else in_time)(trace, queries)
    if ax is None and layout.bottom > _MOST_ROWS:
        raise LabError(
            f"this ladder would have {layout.bottom:.0f} rows, and {_MOST_ROWS:.0f} are the most; "
            f"draw a part of it, ladder(trace.since(mark)), or fewer hosts"
        )
    return _Ladder(trace, layout, queries).on(ax, height, title)


def width(trace: Trace, apart: float) -> float:
    """How many inches a ladder in steps takes whose hosts stand ``apart`` inches apart."""
    left, right = _Ladder(trace, in_steps(trace), False).extent(apart)
    return right - left


def _chosen(trace: Trace, hosts: Sequence[str] | None) -> Trace:
    """The trace as it is now (a live lab may add to it), of ``hosts`` only if they are named."""
    if hosts is None:
        return trace.since(0)
    named = [hosts] if isinstance(hosts, str) or not isinstance(hosts, Iterable) else hosts
    wanted = list(dict.fromkeys(str(getattr(each, "name", each)) for each in named))  # Host.name
    unknown = [host for host in wanted if host not in trace.hosts]
    if unknown or not wanted:
        known = ", ".join(trace.hosts)
        raise LabError(f"hosts must be some of {known}, not {', '.join(unknown) or 'none'}")
    events = [e for e in trace.events if _concerns(e.record, wanted)]
    return replace(trace, hosts=tuple(wanted), events=events, meanwhile=[])


def _concerns(record: Record, hosts: list[str]) -> bool:
    if isinstance(record, PacketRecord):
        return record.origin in hosts or record.destination in hosts
    return isinstance(record, Note) or record.host in hosts


class _Ladder:
    """One drawing in progress. Rails stand at inches from the first one; heights are rows."""

    ax: Axes
    rails: Rails

    def __init__(self, trace: Trace, layout: Layout, queries: bool) -> None:
        self.trace, self.layout = trace, layout
        self.spans = spans(trace, layout)
        self.names = {
            (host, lane): name
            for (host, lane), name in names(trace, self.spans).items()
            if name and Rails(trace.hosts, self.spans, _NEAR).named(host, 1)
        }
        self.bars = calls.bars(trace, layout, queries)
        self.gauges = depths(trace, layout)
        self.words: dict[str, list[calls.Words]] = {}
        # How long a line of a call's label may be: no longer than a picture's width allows.
        self.most = max((calls.longest(self.bars, host, _ALL) for host in trace.hosts), default=0)

    def on(self, ax: Axes | None, height: float | None, title: str) -> Axes:
        """Draw on these axes, or on new ones that are as large as it takes."""
        high_head = self.names or len({host for _, host in self.gauges}) > 1
        head = _HIGH_HEAD if high_head else _HEAD
        width, high = (None, height) if ax is None else looks.room(ax)
        if high is None and self.layout.clock:
            high = _INCHES_PER_ROW * (self.layout.rows + head)
        apart = self._apart(width or looks.WIDE)
        while apart < _NEAR and self.most > calls.FEWEST:
            self.most -= 1
            apart = self._apart(width or looks.WIDE)
        self._word(_INCHES_PER_ROW if high is None else high / (self.layout.bottom + head))
        left, right = self.extent(apart if width else min(max(apart, _NEAREST), _FAR))
        size = right - left, high or _INCHES_PER_ROW * (self.layout.bottom + head)
        alt = telling.ladder(self.trace)
        with looks.picture(ax, *size, margin=0, title=title, alt=alt) as self.ax:
            self.ax.set(xlim=(left, right), ylim=(self.layout.bottom, -head))
            self._draw()
        return self.ax

    def _word(self, inches_per_row: float) -> None:
        """Place the labels of calls; the last ones may make the ladder longer."""
        self.words = {
            host: calls.labels(self.bars, host, inches_per_row, self.most)
            for host in self.trace.hosts
        }
        lowest = max((w.foot for words in self.words.values() for w in words), default=0.0)
        self.layout.bottom = max(self.layout.bottom, lowest + 0.9)

    def _apart(self, width: float) -> float:
        """How many inches lie between two rails when the whole must be ``width`` wide."""
        (left_1, right_1), (left_2, right_2) = self.extent(1.0), self.extent(2.0)
        grows = (right_2 - left_2) - (right_1 - left_1)
        return max(1.0, 1.0 + (width - (right_1 - left_1)) / grows) if grows > 0 else _FAR

    def extent(self, apart: float) -> tuple[float, float]:
        """How far left and right the drawing goes with rails that far apart, in inches."""
        self.rails = rails = Rails(self.trace.hosts, self.spans, apart)
        left = right = 0.0
        for host in self.trace.hosts:
            text = calls.longest(self.bars, host, self.most) * calls.LETTER
            reach = rails.side(host) * (calls.BESIDE + text + _MARGIN)
            name = len(host) * _NAME_LETTER / 2 + _MARGIN
            edges = rails.calls(host) + reach, rails.x(host) - name, rails.x(host) + name
            left, right = min(left, *edges), max(right, *edges)
        if len(self.trace.hosts) == 1:
            left = min(left, -_ALONE)
            right = max(right, rails.calls(self.trace.hosts[0]) + notes.room(self.trace))
        self.ruler_at, self.gauges_at = left - 0.05, right + 0.12
        ruled = ruler.width(self.layout)
        counted = gauges.width(self.gauges)
        return left - (ruled + 0.05 if ruled else 0.0), right + (counted + 0.12 if counted else 0.0)

    def _draw(self) -> None:
        ax, bottom = self.ax, self.layout.bottom - 0.3
        self._rails(bottom)
        lines = packets.lines(self.trace, self.layout, self.rails)
        taken = draw_states(ax, self.spans, self.rails, lines, bottom)
        self._calls()
        self._notes()
        taken += self._taken_by_calls()
        taken += drops.draw(ax, self.trace, lines, self.rails, taken)
        packets.draw(ax, lines, taken)
        gauges.draw_gauges(ax, self.gauges, self.gauges_at, self.layout.bottom)
        ruler.draw_ruler(ax, self.layout, self.ruler_at)
        breaks = [*self.rails.firsts, self.ruler_at]
        ruler.draw_gaps(ax, self.layout.gaps, breaks, self.rails.middle)

    def _rails(self, bottom: float) -> None:
        for host in self.trace.hosts:
            for x in self.rails.all_of(host):
                self.ax.plot([x, x], [0, bottom], color=looks.FURNITURE, lw=1, zorder=1, gid="rail")
            x = self.rails.x(host)
            marks.text(
                self.ax, x, -0.9 if self.names else -0.2, host, va="bottom", bold=True,
                size=looks.TITLE, gid=f"host:{host}",
            )  # fmt: skip
        for (host, lane), name in self.names.items():
            marks.text(self.ax, self.rails.x(host, lane), -0.15, name, va="bottom",
                       size=looks.SMALL, color=looks.PLAIN, gid="rail name")  # fmt: skip
        if not self.trace.wire:
            words = "bench mode: no wire, so packets are not seen"
            marks.head(self.ax, self.rails.middle, 0.2, words)

    def _calls(self) -> None:
        for bar in self.bars:
            calls.draw_bar(self.ax, bar, self.rails.calls(bar.call.host), self.layout.bottom)
        for host, words in self.words.items():
            calls.write(self.ax, words, self.rails.calls(host), self.rails.side(host))

    def _taken_by_calls(self) -> list[Label]:
        """Where calls are written between the rails, as those of a host in the middle are."""
        letter = calls.LETTER / looks.inches(self.ax)[0] / 2
        found: list[Label] = []
        for host, words in self.words.items():
            x, side = self.rails.calls(host), self.rails.side(host)
            for word in words:
                for n, line in enumerate(word.text.split("\n")):
                    half = letter * len(line)
                    found.append((x + side * (calls.BESIDE + half), word.y + 0.7 * n, half))
        return found

    def _notes(self) -> None:
        for event, y in zip(self.trace.events, self.layout.heights, strict=True):
            if isinstance(event.record, Note):
                notes.draw(self.ax, event.record, y, self.rails)
