"""Draws how deep the queues are, step by step or over time; with the same facts as text."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from helpers.errors import LabError
from helpers.figures import looks, marks
from helpers.figures.depths import ACCEPT, SYN, UNREAD, unread
from helpers.figures.looks import Axes
from helpers.record.given import as_trace
from helpers.record.snapshot import table
from helpers.record.trace import (
    QUERIES,
    CallRecord,
    Change,
    Depth,
    Event,
    Note,
    PacketRecord,
    Record,
    Trace,
)

Column = tuple[str, str, int]  # its name, its colour, and where it stands in the readings
_MANY = 16
_WIDTH, _HEIGHT, _LEFT = 9.0, 2.5, 1.25  # inches
_LIMIT = 1.3  # at the right, for the name of the limit
_LETTER, _NAME_LETTER = 0.58 * looks.SMALL / 72, 0.68 * looks.LABEL / 72


@dataclass(frozen=True, slots=True)
class Reading:
    """Depths after one step: ``cause`` says what had happened, ``at`` is in seconds."""

    cause: str
    at: float
    values: tuple[float, ...]


def queue_readings(trace: Trace, host: str | None = None) -> list[Reading]:
    """SYN queue, accept queue and limit of the listener, after each step that changed them.

    Raises ``LabError`` if no listener of ``host`` (default: the first one found) is in the trace.
    """
    found = [d for d in (e.record for e in trace.events) if isinstance(d, Depth)]
    listeners = list(dict.fromkeys((d.host, d.local) for d in found if host in (None, "", d.host)))
    if not listeners:
        raise LabError(f"no listener{' of ' + host if host else ''} changed in this trace")

    def values(record: Record) -> tuple[float, ...] | None:
        if isinstance(record, Depth) and (record.host, record.local) == listeners[0]:
            return record.queues.syn, record.queues.accept, record.queues.limit
        return None

    return _readings(trace, values)


def buffer_readings(trace: Trace, host: str | None = None) -> list[Reading]:
    """Unread bytes in the receive buffers of ``host``, after each step that changed them.

    ``host`` is by default the one that has any. Raises ``LabError`` if none has.
    """
    changes = [c for c in trace.changes if unread(c.after)]
    hosts = list(dict.fromkeys(c.host for c in changes if host in (None, "", c.host)))
    if not hosts:
        raise LabError(f"no receive buffer{' of ' + host if host else ''} filled in this trace")
    held: dict[tuple[str, str], int] = {}

    def values(record: Record) -> tuple[float, ...] | None:
        if not isinstance(record, Change) or record.host != hosts[0] or record.state == "LISTEN":
            return None
        held[record.local, record.peer] = unread(record.after)
        return (sum(held.values()),)

    return _readings(trace, values)


def _readings(
    trace: Trace, value_of: Callable[[Record], tuple[float, ...] | None]
) -> list[Reading]:
    found: list[Reading] = []
    cause, start = "at the start", trace.events[0].t
    for event in trace.events:
        cause = _cause(event) or cause
        value = value_of(event.record)
        if value is not None and (not found or value != found[-1].values):
            found.append(Reading(cause, (event.t - start) / 1e9, value))
    return found


def _cause(event: Event) -> str:
    record = event.record
    if isinstance(record, PacketRecord) and event.kind == "delivered":
        return f"{record.packet.kind} from {record.source}"
    if isinstance(record, CallRecord) and event.kind == "end" and record.name not in QUERIES:
        return record.text
    return record.text if isinstance(record, Note) else ""


def queues(
    trace: Trace,
    ax: Axes | None = None,
    *,
    by: str = "step",
    host: str | None = None,
    title: str = "How many connections wait in the queues of a listener",
) -> Axes:
    """Draw the SYN queue and the accept queue of a listener, with its backlog as a dashed line.

    ``by="step"`` gives each change the same room and, where there are few, names its cause;
    ``by="time"`` uses the time since the trace began. ``title`` says what to see. A notebook
    writes ``ax = queues(...)``.
    """
    readings = queue_readings(as_trace(trace, "queues"), host)
    lines = ((SYN, looks.SYN_QUEUE, 0), (ACCEPT, looks.ACCEPT_QUEUE, 1))
    return _Staircase(readings, by, title).on(ax, lines, "connections", limit=2)


def buffer(
    trace: Trace,
    ax: Axes | None = None,
    *,
    by: str = "step",
    host: str | None = None,
    title: str = "How many bytes wait to be read",
) -> Axes:
    """Draw the unread bytes in a host's receive buffers, all its connections added up."""
    readings = buffer_readings(as_trace(trace, "buffer"), host)
    return _Staircase(readings, by, title).on(ax, ((UNREAD, looks.BUFFER, 0),), "bytes")


class _Staircase:
    """One drawing in progress: values that stay until the next reading."""

    ax: Axes
    level: bool  # whether what had happened stands level below its step

    def __init__(self, readings: Sequence[Reading], by: str, title: str) -> None:
        if by not in ("step", "time"):
            raise LabError(f"by must be 'step' or 'time', not {by!r}")
        self.readings, self.by, self.title = readings, by, title
        self.unit, factor = ("seconds", 1) if readings[-1].at >= 1 else ("milliseconds", 1000)
        times = [r.at * factor for r in readings]
        self.xs = [float(n) for n in range(len(readings))] if by == "step" else times
        width = self.xs[-1] - self.xs[0]
        self.end = self.xs[-1] + (1.0 if by == "step" else width * 0.08 or 1.0)
        self.named = by == "step" and len(readings) <= _MANY

    def on(
        self, ax: Axes | None, lines: Sequence[Column], unit: str, limit: int | None = None
    ) -> Axes:
        """Draw these columns of the readings, and one as a limit, on old or new axes."""
        longest = max(len(r.cause) for r in self.readings) if self.named else 0
        right = 1.0 if limit is None else _LIMIT
        step = (_WIDTH - _LEFT - right) / len(self.readings)
        self.level = longest * _LETTER < step
        foot = 0.55 if self.level else 0.55 + longest * _LETTER * 0.6
        place = _LEFT / _WIDTH, foot, 1 - right / _WIDTH, 0.96
        size, alt = (_WIDTH, _HEIGHT + foot), self._alt(lines, unit, limit)
        with looks.picture(ax, *size, title=self.title, alt=alt, within=place) as self.ax:
            self._axes(unit)
            for name, colour, column in lines:
                ys = self._values(column)
                marks.steps(self.ax, self._ends, ys, colour, alpha=0.18, gid=name, zorder=3)
            self._names(lines)
            if limit is not None:
                self._limit(limit)
        return self.ax

    def _alt(self, lines: Sequence[Column], unit: str, limit: int | None) -> str:
        """Each line with its highest and its last value, and what had happened before them."""
        told: list[str] = []
        for name, _, column in lines:
            top = max(self.readings, key=lambda reading: reading.values[column])
            rises = f"rises to {top.values[column]:g} after {top.cause}"
            told.append(f"{name}: {rises}, and is {self.readings[-1].values[column]:g} at the end")
        line = f" The backlog is {self.readings[-1].values[limit]:g}." if limit is not None else ""
        steps = f"{len(self.readings)} changes"
        return f"{unit.capitalize()} that wait, as stairs over {steps}. {'. '.join(told)}.{line}"

    @property
    def _ends(self) -> list[float]:
        return [*self.xs, self.end]

    def _values(self, column: int) -> list[float]:
        values = [reading.values[column] for reading in self.readings]
        return [*values, values[-1]]

    def _names(self, lines: Sequence[Column]) -> None:
        """Each at the peak of its line; one that would cover another stands above it."""
        wide, high = looks.inches(self.ax)
        placed: list[tuple[float, float, float]] = []
        for name, colour, column in lines:
            ys = self._values(column)
            x = self.xs[max(range(len(self.xs)), key=lambda at: ys[at])]
            y, length = max(ys), len(name) * _NAME_LETTER / wide
            x = min(x, self.end - length)
            while any(abs(y - b) * high < 0.2 and x < c and a < x + length for a, b, c in placed):
                y += 0.21 / high
            placed.append((x, y, x + length))
            marks.text(
                self.ax, x, y + 0.03 / high, f" {name}", "left", va="bottom",
                color=looks.letters(colour), bold=True, gid=f"name:{name}", zorder=6,
            )  # fmt: skip

    def _limit(self, column: int) -> None:
        """A line that steps if ``listen`` was called again; named at its end."""
        ys = self._values(column)
        self.ax.step(self._ends, ys, where="post", color=looks.PLAIN, lw=1.2, ls=looks.DASHES,
                     gid="backlog", zorder=4)  # fmt: skip
        self.ax.annotate(
            f"backlog {ys[-1]:g}", (self.end, ys[-1]), (5, 0), textcoords="offset points",
            va="center", size=looks.LABEL, color=looks.PLAIN, annotation_clip=False,
            gid="name:backlog",
        )  # fmt: skip

    def _axes(self, unit: str) -> None:
        top = max(max(reading.values) for reading in self.readings)
        self.ax.set(xlim=(self.xs[0], self.end), ylim=(0, top * 1.25 + 0.15), ylabel=unit)
        if top < 10:
            self.ax.set_yticks(range(int(top) + 1))
        if self.named:
            causes = [reading.cause for reading in self.readings]
            slant: dict[str, Any] = {"rotation": 35, "ha": "right", "rotation_mode": "anchor"}
            level: dict[str, Any] = {"ha": "left"}
            look = level if self.level else slant
            self.ax.set_xticks(self.xs, causes, size=looks.SMALL, **look)
        else:
            self.ax.set_xlabel(self.unit if self.by == "time" else "steps")


def queue_table(trace: Trace, host: str | None = None) -> str:
    """The text twin of ``queues``: each step with the depths after it."""
    readings = queue_readings(as_trace(trace, "queue_table"), host)
    rows = [(r.cause, *(f"{v:g}" for v in r.values)) for r in readings]
    return table([("after", "SYN queue", "accept queue", "backlog"), *rows])


def buffer_table(trace: Trace, host: str | None = None) -> str:
    """The text twin of ``buffer``."""
    readings = buffer_readings(as_trace(trace, "buffer_table"), host)
    rows = [(r.cause, f"{r.values[0]:g}") for r in readings]
    return table([("after", "unread bytes"), *rows])
