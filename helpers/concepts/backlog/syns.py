"""Reads from a trace when a client that hangs sent its SYN, and sent it again.

Rule of this file: pure; a trace in, numbers and text out.
"""

from __future__ import annotations

from dataclasses import dataclass

from helpers.errors import LabError
from helpers.record.snapshot import table
from helpers.record.trace import Trace


@dataclass(frozen=True)
class Attempts:
    """The SYNs of one client: ``times`` are seconds since its first; ``answered`` if any was."""

    client: str
    times: tuple[float, ...]
    answered: bool

    @property
    def gaps(self) -> tuple[int, ...]:
        """Whole seconds from each SYN to the next."""
        pairs = zip(self.times, self.times[1:], strict=False)
        return tuple(round(late - early) for early, late in pairs)


def syn_times(trace: Trace, hanging: bool = True) -> list[Attempts]:
    """The SYNs of every client that nobody answered, or with ``hanging=False`` of all.

    Raises ``LabError`` if there are none.
    """
    syns = [p for p in trace.packets if p.packet.syn and "." not in p.packet.flags]
    answers = {p.dst for p in trace.packets if p.packet.syn and "." in p.packet.flags}
    found = []
    for client in dict.fromkeys(p.src for p in syns):
        sent = [p.sent for p in syns if p.src == client]
        times = tuple((t - sent[0]) / 1e9 for t in sent)
        found.append(Attempts(client, times, client in answers))
    chosen = [a for a in found if not (hanging and a.answered)]
    if not chosen:
        raise LabError("no client hangs in this trace: every SYN was answered, or none was sent")
    return chosen


def attempt_table(attempts: list[Attempts], most: int = 6) -> str:
    """The text twin of ``attempts``: the first SYNs of each client, in whole seconds."""
    rows = []
    for each in attempts:
        times = [sum(each.gaps[:k]) for k in range(min(most, len(each.times)))]
        more = ", and so on" if len(each.times) >= most else ""
        rows.append((each.client, ", ".join(map(str, times)) + more))
    return table([("client", "its SYNs, in seconds after the first"), *rows])
