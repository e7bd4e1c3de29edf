"""Reads from a trace when a client that hangs sent its SYN, and sent it again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from helpers.errors import LabError
from helpers.learning.meanwhile import Meanwhile
from helpers.record.snapshot import table
from helpers.record.trace import Trace
from helpers.waiting import wait_until


def waits(linear: int, count: int) -> tuple[int, ...]:
    """Whole seconds before each of ``count`` SYNs that follow the first.

    ``linear`` as in tcp_syn_linear_timeouts: so many waits are repeated before the doubling begins.
    A kernel without the sysctl does as with 0.
    """
    return tuple(2 ** max(0, k - linear) for k in range(count))


@dataclass(frozen=True)
class Attempts:
    """The SYNs of one client: ``times`` are seconds since its first; ``answered`` if any was.

    What was not waited for is known by a rule: ``linear`` is the client's number of waits that are
    not doubled (None where its kernel has none), ``to_come`` are the whole seconds of the SYNs that
    it would still send, and ``gives_up`` is the second in which its connect would fail, or None if
    nobody asked.
    """

    client: str
    times: tuple[float, ...]
    answered: bool
    linear: int | None = None
    to_come: tuple[int, ...] = ()
    gives_up: int | None = None

    @property
    def gaps(self) -> tuple[int, ...]:
        """Whole seconds from each SYN to the next."""
        pairs = zip(self.times, self.times[1:], strict=False)
        return tuple(round(late - early) for early, late in pairs)

    @property
    def seconds(self) -> tuple[int, ...]:
        """The SYNs in whole seconds."""
        return tuple(sum(self.gaps[:k]) for k in range(len(self.times)))

    def to_the_end(self, linear: int | None, retries: int = 6) -> Attempts:
        """The same with what is to come by the kernel's rule, and when the client gives up.

        ``linear`` is the client's tcp_syn_linear_timeouts, None on a kernel without it, which does
        as with 0; ``retries`` is its tcp_syn_retries. The first wait that ends after
        2^(retries + 1) - 1 seconds is the last. Measured on 6.18 with 6 retries: clients with 0, 1
        and 4 sent as many SYNs as this says, and gave up after 131, 131 and 135 s, where it says
        127, 128 and 131: a timer is late by up to an eighth of its time.
        """
        if min(linear or 0, retries) < 0:
            raise LabError(f"linear and retries must be 0 or more, not {linear} and {retries}")
        most, same = 2 ** (retries + 1) - 1, linear or 0
        gaps = waits(same, retries + 1 + same)  # together they are at least so long
        ends = [sum(gaps[:k]) for k in range(len(gaps) + 1)]
        syns = [second for second in ends if second < most]
        rest = tuple(syns[len(self.times) :])
        return replace(self, linear=linear, to_come=rest, gives_up=ends[len(syns)])

    def until(self, second: int) -> Attempts | None:
        """Its SYNs of the first seconds, ``second`` too; None while one may still come.

        The waits of a client never get shorter: the last gap says when the next SYN comes at
        the earliest.
        """
        if not self.gaps or sum(self.gaps) + self.gaps[-1] <= second:
            return None
        kept = sum(sum(self.gaps[:k]) <= second for k in range(len(self.times)))
        return replace(self, times=self.times[:kept])


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


class Watch(Meanwhile):
    """Clients that hang; ``result()`` waits until all SYNs of their first seconds are there."""

    def __init__(self, trace: Trace, second: int) -> None:
        super().__init__("clients hang, and ask again", second)
        self._trace, self._second = trace, second

    def result(self) -> list[Attempts]:
        """The SYNs of each client up to that second, in the order in which the clients came.

        ``LabError`` if they have not come a while after that, or if no client hangs.
        """
        found: list[Attempts] = wait_until("SYNs", self._all, self._second + 5)
        return found

    def _all(self) -> list[Attempts]:
        cut = [each.until(self._second) for each in syn_times(self._trace)]
        return [each for each in cut if each] if all(cut) else []


def watch_syns(trace: Trace, second: int) -> Watch:
    """Watch the clients that hang already, in a lab's trace that still grows; returns at once."""
    return Watch(trace, second)


def attempt_table(attempts: Sequence[Attempts]) -> str:
    """The text twin of ``attempts``: the SYNs of each client, in whole seconds."""
    heads = ["client", "its SYNs, in seconds after the first"]
    rows = [[each.client, _listed(each.seconds)] for each in attempts]
    if any(each.gives_up for each in attempts):
        heads += ["to come, by the rule", "gives up after about"]
        for row, each in zip(rows, attempts, strict=True):
            row += [_listed(each.to_come), f"{each.gives_up} s" if each.gives_up else ""]
    return table([heads, *rows])


def _listed(seconds: Sequence[int]) -> str:
    return ", ".join(map(str, seconds))
