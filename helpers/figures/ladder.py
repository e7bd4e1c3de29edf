"""Draws a trace as a ladder: hosts upright, time downward, packets slanted between them.

Beside each host stand its calls, as bars that are open at the end while a call is
blocked; the colour on the rail is the state of the connection; queues and unread
bytes stand at the right. Everything is computed from the trace.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpers.errors import LabError
from helpers.figures import looks
from helpers.figures.gauges import GAUGE, draw_gauges
from helpers.figures.layout import Layout, depths, in_steps, in_time, spans, spread, visible
from helpers.figures.packets import draw_packets
from helpers.trace import CallRecord, Note, Trace

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_INCHES_PER_ROW, _INCHES_PER_UNIT = 0.30, 3.9
_CHARACTER = 0.0805 / _INCHES_PER_UNIT  # of a call label, 9.5 points in DejaVu Sans Mono
_LANE, _RAIL = 0.045, 0.022


def ladder(
    trace: Trace, ax: Axes | None = None, *, scale: str = "steps", queries: bool = False
) -> Axes:
    """Draw a trace; returns the axes.

    ``scale="steps"`` gives each event the same room; ``"time"`` gives room in proportion to
    time, idle time shortened and marked with its length. ``queries`` shows calls that only
    ask. Several connections of one host stand side by side as strips. In bench mode there
    are no packets to draw, and the figure says so.

    Raises ``LabError`` for a trace in which nothing happened.
    """
    if scale not in ("steps", "time"):
        raise LabError(f"scale must be 'steps' or 'time', not {scale!r}")
    trace = trace.since(0)  # as it is now: a live lab may add to it
    if not any(visible(event, queries) for event in trace.events):
        raise LabError("there is nothing to draw: in this trace no call and no packet happened")
    layout = (in_steps if scale == "steps" else in_time)(trace, queries)
    drawing = _Ladder(trace, layout, queries)
    gauges = depths(trace, layout)
    left, right = drawing.extent(len(gauges))
    height = 0.55 + _INCHES_PER_ROW * layout.bottom
    ax = looks.canvas(ax, _INCHES_PER_UNIT * (right - left), height)
    with looks.lesson():
        ax.set_xlim(left, right)
        drawing.draw(ax, gauges)
    return ax


class _Ladder:
    """One drawing in progress. Rails stand at x = 0, 1, 2 …; heights are rows."""

    ax: Axes

    def __init__(self, trace: Trace, layout: Layout, queries: bool) -> None:
        self.trace, self.layout, self.queries = trace, layout, queries
        self.rails = {host: float(n) for n, host in enumerate(trace.hosts)}
        self.spans = spans(trace, layout)
        self.last = float(max(0, len(trace.hosts) - 1))

        self.labels = self._all_labels()

    def extent(self, gauges: int) -> tuple[float, float]:
        """How far left and right the drawing goes, its call labels measured."""
        left, right = -0.2, self.last + 0.2
        for host, labels in self.labels.items():
            longest = max([len(text) for _, text, _ in labels], default=0) * _CHARACTER + 0.06
            left = min(left, self._column(host) - longest) if self.side(host) < 0 else left
            right = max(right, self._column(host) + longest) if self.side(host) > 0 else right
        self.gauges_at = right + 0.03
        return left, right + (0.03 + GAUGE * gauges if gauges else 0)

    def draw(self, ax: Axes, gauges: dict[str, list[tuple[float, float]]]) -> None:
        self.ax = ax
        self._frame()
        self._rails()
        self._states()
        self._calls()
        self._notes()
        draw_packets(self.ax, self.trace, self.layout, self.rails)
        draw_gauges(self.ax, gauges, self.gauges_at, self.layout.bottom)
        self._gaps()

    def side(self, host: str) -> float:
        """Where a host's calls stand: -1 to the left of its rail, +1 to the right."""
        return -1.0 if self.rails[host] == 0 and self.last > 0 else 1.0

    def lanes(self, host: str) -> int:
        """How many strips a host needs at most."""
        return max([1, *(span.lane + 1 for span in self.spans if span.host == host)])

    def _frame(self) -> None:
        self.ax.set_ylim(self.layout.bottom, -1.0)
        self.ax.set_axis_off()
        self.ax.set_position((0.0, 0.0, 1.0, 1.0))

    def _rails(self) -> None:
        for host, x in self.rails.items():
            self.ax.plot(
                [x, x], [0, self.layout.bottom - 0.3], color=looks.FURNITURE, lw=1, zorder=1
            )
            self.ax.text(x, -0.45, host, ha="center", va="center", weight="bold", size=14)
        if not self.trace.wire:
            middle = self.last / 2
            text = "bench mode: no wire, so packets are not seen"
            self.ax.text(middle, 0.2, text, ha="center", color=looks.PLAIN, size=9)

    def _states(self) -> None:
        for span in self.spans:
            side = self.side(span.host)
            x = self.rails[span.host] + side * span.lane * _LANE
            bottom = self.layout.bottom - 0.3 if span.bottom is None else span.bottom
            height = max(bottom - span.top, 0.12)
            self.ax.add_patch(_box(x - _RAIL / 2, span.top, _RAIL, height, span.state))
            if span.lane == 0 and height > 0.4:
                self._state_name(span.state, x - side * 0.018, span.top, -side)

    def _state_name(self, state: str, x: float, y: float, toward: float) -> None:
        text = self.ax.text(
            x,
            y + 0.06,
            state,
            ha="left" if toward > 0 else "right",
            va="top",
            size=8.5,
            color=looks.TEXT,
            path_effects=looks.halo(2.5),
            zorder=7,
        )
        text.set_gid(f"state:{state}")

    def _moments(self) -> list[tuple[CallRecord, float | None, float | None]]:
        """Each visible call with the heights of its beginning and its end, where they are here."""
        found: dict[CallRecord, list[float | None]] = {}
        for event, y in zip(self.trace.events, self.layout.heights, strict=True):
            if isinstance(event.record, CallRecord) and visible(event, self.queries):
                found.setdefault(event.record, [None, None])[event.kind == "end"] = y
        return [(call, top, end) for call, (top, end) in found.items()]

    def _all_labels(self) -> dict[str, list[tuple[float, str, str]]]:
        labels: dict[str, list[tuple[float, str, str]]] = {host: [] for host in self.rails}
        for call, top, end in self._moments():
            labels[call.host] += self._labels(call, top, end)
        return labels

    def _calls(self) -> None:
        for call, top, end in self._moments():
            self._bar(call, 0.0 if top is None else top, end)
        for host, wanted in self.labels.items():
            self._write(host, sorted(wanted))

    def _column(self, host: str) -> float:
        return self.rails[host] + self.side(host) * (0.035 + _LANE * (self.lanes(host) - 1))

    def _bar(self, call: CallRecord, top: float, end: float | None) -> None:
        """From beginning to end; to the foot of the ladder, with a point, while blocked."""
        x = self._column(call.host)
        stop = self.layout.bottom - 0.45 if end is None else end
        bar = self.ax.plot([x, x], [top - 0.14, stop + 0.14], color=looks.DATA, lw=4, zorder=4)[0]
        bar.set_gid(f"call:{call.name}:{'open' if end is None else 'ended'}")
        if end is None:
            self.ax.plot([x], [stop + 0.1], marker="v", color=looks.DATA, ms=8, zorder=4)

    def _labels(
        self, call: CallRecord, top: float | None, end: float | None
    ) -> list[tuple[float, str, str]]:
        """``(height, text, colour)``: one label for a call that returned at once, else two."""
        start = 0.0 if top is None else top
        if end is None:
            return [(start, f"{call.text} … blocked", looks.TEXT)]
        if end - start < 0.8:
            return [(start, str(call), looks.STRONG if call.error else looks.TEXT)]
        colour = looks.STRONG if call.error else looks.PLAIN
        return [(start, call.text, looks.TEXT), (end, call.outcome.strip() or "returns", colour)]

    def _write(self, host: str, labels: list[tuple[float, str, str]]) -> None:
        """Write one host's labels; one that had to move down gets a hair line to its call."""
        side, x = self.side(host), self._column(host)
        heights = spread([height for height, _, _ in labels], 0.82)
        for (height, text, colour), y in zip(labels, heights, strict=True):
            if y - height > 0.2:
                ends = [x + side * 0.008, x + side * 0.03], [height, y]
                self.ax.plot(*ends, color=looks.FURNITURE, lw=0.8, zorder=3)
            self.ax.text(
                x + side * 0.034, y, text, ha="right" if side < 0 else "left", va="center",
                family="DejaVu Sans Mono", size=9.5, color=colour, gid="call label",
            )  # fmt: skip

    def _notes(self) -> None:
        for event, y in zip(self.trace.events, self.layout.heights, strict=True):
            if isinstance(event.record, Note):
                self.ax.axhline(
                    y, xmin=0.02, xmax=0.98, color=looks.FURNITURE, lw=0.8, ls=(0, (4, 3))
                )
                self.ax.text(
                    self.last / 2, y, event.record.text, ha="center", va="center", size=9,
                    style="italic", color=looks.TEXT, path_effects=looks.halo(5), zorder=8,
                )  # fmt: skip

    def _gaps(self) -> None:
        for gap in self.layout.gaps:
            middle = (gap.top + gap.bottom) / 2
            for x in self.rails.values():
                self.ax.plot([x], [middle], marker="$\\approx$", ms=15, color=looks.TEXT, zorder=9)
            self.ax.text(
                self.last / 2, middle, f"{_length(gap.seconds)} pass", ha="center", va="center",
                size=8.5, color=looks.PLAIN, path_effects=looks.halo(4), gid="gap", zorder=8,
            )  # fmt: skip


def _box(x: float, y: float, width: float, height: float, state: str):  # type: ignore[no-untyped-def]
    from matplotlib.patches import Rectangle

    colour = looks.state_colour(state)
    return Rectangle((x, y), width, height, color=colour, lw=0, zorder=2, gid=f"span:{state}")


def _length(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds >= 1 else f"{seconds * 1000:.0f} ms"
