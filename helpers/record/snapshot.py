"""A frozen copy of a host's socket table; it prints like ``ss``.

Rule of this file: pure. The rows are the kernel's; the names are the lab's.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import overload

from helpers.record.sockstate import Row

_HEADINGS = ("State", "Recv-Q", "Send-Q", "Local", "Peer", "Process")
# Timers that a reader is told of; their milliseconds are not printed, for they never repeat.
_TIMERS = {"timewait": "timer timewait", "on": "timer retransmit", "persist": "timer probe"}


@dataclass(frozen=True, slots=True)
class SocketRow:
    """One line of a snapshot.

    ``recv_q`` and ``send_q`` are bytes, on a LISTEN line the accept queue and its limit.
    ``timer_ms`` are the milliseconds left on ``timer``. ``processes`` are the labels of the
    processes that hold a descriptor of it: empty for a socket that no process owns.
    """

    state: str
    recv_q: int
    send_q: int
    local: str
    peer: str
    processes: tuple[str, ...]
    timer: str
    timer_ms: int
    row: Row

    @property
    def cells(self) -> tuple[str, ...]:
        """What is printed, column by column."""
        owner = ", ".join(self.processes) or "none"
        timer = _TIMERS.get(self.timer, "")
        queues = str(self.recv_q), str(self.send_q)
        return (self.state, *queues, self.local, self.peer, f"{owner}  {timer}".rstrip())


@dataclass(frozen=True)
class Snapshot(Sequence[SocketRow]):
    """The TCP sockets of one host at one moment, in a fixed order."""

    host: str
    rows: tuple[SocketRow, ...]

    def __len__(self) -> int:
        return len(self.rows)

    @overload
    def __getitem__(self, at: int) -> SocketRow: ...
    @overload
    def __getitem__(self, at: slice) -> tuple[SocketRow, ...]: ...
    def __getitem__(self, at: int | slice) -> SocketRow | tuple[SocketRow, ...]:
        return self.rows[at]

    def __iter__(self) -> Iterator[SocketRow]:
        return iter(self.rows)

    def find(self, state: str = "", local: str = "", peer: str = "") -> Snapshot:
        """The rows with this state, and whose local or peer address begins or ends as given."""
        rows = (r for r in self.rows if state in ("", r.state))
        chosen = (r for r in rows if _fits(r.local, local) and _fits(r.peer, peer))
        return Snapshot(self.host, tuple(chosen))

    @property
    def states(self) -> list[str]:
        """The states alone, in the order of the rows."""
        return [row.state for row in self.rows]

    def __str__(self) -> str:
        if not self.rows:
            return f"{self.host}: no sockets"
        return table([_HEADINGS, *(row.cells for row in self.rows)])

    __repr__ = __str__


def _fits(text: str, want: str) -> bool:
    return text.startswith(want) or text.endswith(want)


def table(rows: Sequence[Sequence[str]]) -> str:
    """Left-aligned columns, two spaces apart."""
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    lines = ("  ".join(c.ljust(w) for c, w in zip(r, widths, strict=True)).rstrip() for r in rows)
    return "\n".join(lines)
