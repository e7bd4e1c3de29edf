"""Who holds a connection, step by step: descriptors, references, packets, and both ends' states.

The descriptors are counted in ``/proc/PID/fd`` of each process of the host, so the count
is the kernel's and not Python's. Only processes of the lab are looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

from helpers.errors import LabError
from helpers.inside.descriptors import links_of
from helpers.lab.belonging import OfLab
from helpers.lab.call import Call
from helpers.lab.engine import Engine
from helpers.lab.host import Host
from helpers.lab.mirror import Socket
from helpers.record.snapshot import SocketRow, table

T = TypeVar("T")
GONE = "gone"


@dataclass(frozen=True, slots=True)
class Reading:
    """What was seen after one step.

    ``held`` are the descriptors of the socket by the label of the process that has them.
    ``near`` and ``far`` are the states of the two ends. ``sent`` are the kinds of packets
    that this end sent in the step, None where there is no wire to see them on.
    """

    step: str
    held: dict[str, int]
    near: str
    far: str
    sent: tuple[str, ...] | None

    @property
    def references(self) -> int:
        """How many descriptors lead to the socket, in all processes of the lab."""
        return sum(self.held.values())


class Holders:
    """Watches one connected socket while things are done with it, one step at a time."""

    _engine = OfLab[Engine]()

    def __init__(self, host: Host, sock: Socket) -> None:
        """Takes the first reading. Raises ``LabError`` for a socket without a connection."""
        self.host = host.name
        self._engine = host.engine
        self._link = f"socket:[{sock.inode}]"
        own = [row for row in self._engine.snapshot(host.name) if row.row.inode == sock.inode]
        if not own or own[0].state == "LISTEN":
            raise LabError(f"{sock!r} has no connection to watch; connect it first")
        self._key = own[0].row.key
        self.peer = next(h for h in self._engine.trace.hosts if self._row(h, turned=True))
        self.readings: list[Reading] = []
        self._mark = self._engine.trace.mark()
        self._enter("at first")

    def do(self, step: str, act: Callable[..., T], *args: Any) -> T:
        """Call ``act(*args)``, read everything, and enter it under ``step``, its name in tables.

        Returns what ``act`` did, or raises what it raised; then nothing is entered. Of a call
        that was begun with ``start`` and failed, the errno is entered with the step.
        """
        value = act(*args)
        failed = value.record.error if isinstance(value, Call) and value.record else ""
        self._enter(f"{step} = {failed}" if failed else step)
        return value

    def _enter(self, step: str) -> None:
        near, far = self._row(self.host), self._row(self.peer, turned=True)
        sent = self._sent() if self._engine.trace.wire else None
        reading = Reading(step, self._held(), _state(near), _state(far), sent)
        self._mark = self._engine.trace.mark()
        self.readings.append(reading)

    def _row(self, host: str, turned: bool = False) -> SocketRow | None:
        wanted = self._key[::-1] if turned else self._key
        return next((row for row in self._engine.snapshot(host) if row.row.key == wanted), None)

    def _sent(self) -> tuple[str, ...]:
        port = self._key[0][1], self._key[1][1]
        packets = self._engine.trace.since(self._mark).packets
        ours = (p for p in packets if (p.packet.sport, p.packet.dport) == port)
        return tuple(p.packet.kind for p in ours if p.origin == self.host)

    def _held(self) -> dict[str, int]:
        processes = [p for p in self._engine.processes if p.host == self.host and p.alive]
        counts = {p.label: links_of(p.pid).count(self._link) for p in processes}
        return {label: n for label, n in counts.items() if n}

    def __repr__(self) -> str:
        return holder_table(self)


def _state(row: SocketRow | None) -> str:
    return row.state if row else GONE


def holder_table(holders: Holders) -> str:
    """The text twin of the figure: one line a step, one column a process."""
    found = labels(holders.readings)
    heads = ("after", *found, "references", f"{holders.host} sent", holders.host, holders.peer)
    rows = [
        (
            r.step,
            *(str(r.held.get(label, 0)) for label in found),
            str(r.references),
            "not seen" if r.sent is None else ", ".join(r.sent) or "-",
            r.near,
            r.far,
        )
        for r in holders.readings
    ]
    return table([heads, *rows])


def labels(readings: Iterable[Reading]) -> list[str]:
    """Every process that ever held the socket, in the order in which it did."""
    return list(dict.fromkeys(label for reading in readings for label in reading.held))
