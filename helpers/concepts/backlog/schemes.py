"""Plays the ways in which several worker processes can wait for clients on one port.

Four workers each; clients come one after another, each when all workers that are free sleep in
the kernel. Then the same with one worker that is stuck in its first client.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from helpers.bar import bar
from helpers.concepts.backlog.crew import crew, takes
from helpers.lab.lab import Lab
from helpers.record.snapshot import table

SCHEMES = ("blocking accept", "epoll", "epoll, exclusive", "reuseport")
WORKERS, CLIENTS = 4, 200


@dataclass(frozen=True)
class Shares:
    """What one scheme did with ``CLIENTS`` clients.

    ``taken`` are the connections that each worker took, ``woken`` how often the kernel woke it
    for one; ``again`` are those of a second play, and ``unserved`` the clients that nobody served
    in a third one, when one worker was stuck and all others were free.
    """

    scheme: str
    taken: tuple[int, ...]
    again: tuple[int, ...]
    woken: tuple[int, ...]
    unserved: int

    @property
    def even(self) -> bool:
        """Whether all workers took the same number, twice.

        Once it is so by chance too: in 4 of 10,000 plays where a hash of the addresses decides.
        """
        return len(set(self.taken)) == len(set(self.again)) == 1

    @property
    def needless(self) -> float:
        """Wake-ups for nothing, for each client that came."""
        return max(0, sum(self.woken) - sum(self.taken)) / sum(self.taken)


def worker_schemes(schemes: Sequence[str] = SCHEMES) -> list[Shares]:
    """Play each scheme with all workers free, twice, and with one stuck; about 0.7 s in all."""
    with Lab(["server"]) as lab:
        return [
            _play(lab, scheme, 8000 + 3 * k) for k, scheme in enumerate(bar(schemes, "schemes"))
        ]


def _play(lab: Lab, scheme: str, port: int) -> Shares:
    free, again, stuck = (
        lab.server.run(
            crew, "server", port + n, scheme, WORKERS, CLIENTS, late, observed=False, wait=False
        ).result()
        for n, late in enumerate((False, False, True))
    )
    taken, woken = zip(*free[:-1], strict=True)
    return Shares(scheme, taken, tuple(each[0] for each in again[:-1]), woken, stuck[-1][1])


def scheme_table(shares: Sequence[Shares]) -> str:
    """The text twin of ``crews``; what is chance stands there in words."""
    heads = ("how the workers wait", "equal shares", "needless wake-ups", "one stuck: unserved")
    rows = [
        (s.scheme, _yes(s.even), f"{s.needless:.0f} a client", "some" if s.unserved else "none")
        for s in shares
    ]
    return table([heads, *rows])


def _yes(fact: bool) -> str:
    return "yes" if fact else "no"


@dataclass(frozen=True)
class Cost:
    """Seconds in ``accept`` and in serving, the median of the clients of one worker."""

    accept: float
    serve: float

    @property
    def share(self) -> float:
        """The part of a connection's time that is spent in accept, from 0 to 1."""
        return self.accept / (self.accept + self.serve)


def accept_cost(clients: int = 200) -> Cost:
    """Let one worker take clients that wait already, and time accept and serving; 0.1 s.

    Serving is reading a request, making an answer of 400 lines, compressing and sending it.
    """
    with Lab(["server"]) as lab:
        times = lab.server.run(takes, "server", 8000, clients, observed=False, wait=False).result()
    accepts, serves = zip(*times, strict=True)
    return Cost(median(accepts) / 1e9, median(serves) / 1e9)
