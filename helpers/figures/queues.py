"""Draws how deep the queues are, step by step or over time; with the same facts as text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from helpers.errors import LabError
from helpers.figures import looks
from helpers.snapshot import table
from helpers.trace import QUERIES, CallRecord, Change, Depth, Event, Note, PacketRecord, Trace

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_MANY = 16


@dataclass(frozen=True, slots=True)
class Reading:
    """Depths after one step: ``cause`` says what had happened, ``at`` is in seconds."""

    cause: str
    at: float
    values: tuple[float, ...]


def queue_readings(trace: Trace, host: str = "") -> list[Reading]:
    """SYN queue, accept queue and limit of the listener, after each step that changed them.

    Raises ``LabError`` if no listener of ``host`` (default: the first one found) is in the trace.
    """
    found = [d for d in (e.record for e in trace.events) if isinstance(d, Depth)]
    listeners = list(dict.fromkeys((d.host, d.local) for d in found if host in ("", d.host)))
    if not listeners:
        raise LabError(f"no listener{' of ' + host if host else ''} changed in this trace")
    chosen = listeners[0]
    return _readings(trace, lambda record: _depth_of(record, chosen))


def buffer_readings(trace: Trace, host: str = "") -> list[Reading]:
    """Unread bytes in the receive buffers of ``host``, after each step that changed them.

    ``host`` is by default the one that has any. Raises ``LabError`` if none has.
    """
    changes = [c for c in trace.changes if c.after and c.state == "ESTAB" and c.after.recv_q]
    hosts = list(dict.fromkeys(c.host for c in changes if host in ("", c.host)))
    if not hosts:
        raise LabError(f"no receive buffer{' of ' + host if host else ''} filled in this trace")
    return _readings(trace, lambda record: _unread(record, hosts[0]))


def _depth_of(record: object, listener: tuple[str, str]) -> tuple[float, ...] | None:
    if isinstance(record, Depth) and (record.host, record.local) == listener:
        queues = record.queues
        return queues.syn, queues.accept, queues.limit
    return None


def _unread(record: object, host: str) -> tuple[float, ...] | None:
    if not isinstance(record, Change) or record.host != host or record.state == "LISTEN":
        return None
    return (record.after.recv_q if record.after and record.state == "ESTAB" else 0,)


def _readings(trace: Trace, value_of) -> list[Reading]:  # type: ignore[no-untyped-def]
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


def queues(trace: Trace, ax: Axes | None = None, *, by: str = "step", host: str = "") -> Axes:
    """Draw the SYN queue and the accept queue of a listener, with its limit.

    ``by="step"`` gives each change the same room and names its cause; ``by="time"`` uses
    seconds since the trace began.
    """
    readings = queue_readings(trace, host)
    lines = (("SYN queue", looks.SYN_QUEUE, 0), ("accept queue", looks.ACCEPT_QUEUE, 1))
    ax = looks.canvas(ax, 8.0, 3.6)
    with looks.lesson():
        _steps(ax, readings, lines, by)
        limit = readings[-1].values[2]
        ax.axhline(limit, color=looks.FURNITURE, lw=1, ls=(0, (4, 3)), zorder=1)
        ax.text(0.002, limit, f"backlog {limit:g}", transform=ax.get_yaxis_transform(), va="bottom",
                size=9, color=looks.PLAIN)  # fmt: skip
        ax.set_ylabel("connections")
    return ax


def buffer(trace: Trace, ax: Axes | None = None, *, by: str = "step", host: str = "") -> Axes:
    """Draw the unread bytes in a host's receive buffers, as ``queues`` does."""
    readings = buffer_readings(trace, host)
    ax = looks.canvas(ax, 8.0, 3.6)
    with looks.lesson():
        _steps(ax, readings, (("unread bytes", looks.BUFFER, 0),), by)
        ax.set_ylabel("bytes")
    return ax


def _steps(
    ax: Axes, readings: Sequence[Reading], lines: Sequence[tuple[str, str, int]], by: str
) -> None:
    if by not in ("step", "time"):
        raise LabError(f"by must be 'step' or 'time', not {by!r}")
    xs = [float(n) if by == "step" else r.at for n, r in enumerate(readings)]
    end = xs[-1] + (1.0 if by == "step" else max(xs[-1] * 0.05, 1e-4))
    for name, colour, column in lines:
        ys = [reading.values[column] for reading in readings]
        ax.step([*xs, end], [*ys, ys[-1]], where="post", color=colour, lw=2.5, gid=name, zorder=3)
        ax.fill_between([*xs, end], [*ys, ys[-1]], step="post", color=colour, alpha=0.18, lw=0)
        peak = max(range(len(ys)), key=lambda at: ys[at])
        ax.text(
            xs[peak], ys[peak], f" {name}", color=colour, va="bottom", size=10.5, weight="bold",
            path_effects=looks.halo(), gid=f"name:{name}", zorder=6,
        )  # fmt: skip
    _axes(ax, readings, xs, end, by)


def _axes(ax: Axes, readings: Sequence[Reading], xs: list[float], end: float, by: str) -> None:
    top = max(max(r.values) for r in readings)
    ax.set_xlim(xs[0], end)
    ax.set_ylim(0, top * 1.2 + 0.15)
    ax.figure.subplots_adjust(
        left=0.12, right=0.97, top=0.96, bottom=0.42 if by == "step" else 0.16
    )
    if top < 10:
        ax.set_yticks(range(int(top) + 1))
    if by == "time":
        ax.set_xlabel("seconds")
    elif len(readings) <= _MANY:
        ax.set_xticks(xs, [r.cause for r in readings], rotation=35, ha="right", size=9)
    else:
        ax.set_xlabel("steps")


def queue_table(trace: Trace, host: str = "") -> str:
    """The text twin of ``queues``: each step with the depths after it."""
    rows = [(r.cause, *(f"{v:g}" for v in r.values)) for r in queue_readings(trace, host)]
    return table([("after", "SYN queue", "accept queue", "backlog"), *rows])


def buffer_table(trace: Trace, host: str = "") -> str:
    """The text twin of ``buffer``."""
    rows = [(r.cause, f"{r.values[0]:g}") for r in buffer_readings(trace, host)]
    return table([("after", "unread bytes"), *rows])
