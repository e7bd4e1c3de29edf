"""Plays bursts: many clients at once, against servers that differ in their backlog.

Each server has a host of its own, and its clients come from the same host, over loopback. There
a handshake is over before the next client begins, so the first to get in are as many as the
accept queue holds. SYN cookies are switched off, so that no client believes itself connected
that the server knows nothing of; in bench mode they are as this machine has them.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from helpers.concepts.backlog.crowd import arrive, serve
from helpers.concepts.backlog.kernels import linear_waits
from helpers.concepts.backlog.syns import waits
from helpers.errors import NotPermitted
from helpers.lab.host import Program
from helpers.lab.lab import Lab
from helpers.learning.meanwhile import Meanwhile
from helpers.record.snapshot import table
from helpers.waiting import patience, wait_until

_PORT = 8080
# A client that got in later than this, in seconds, had to send its SYN again.
AT_ONCE = 0.95
# A watch ends so long after a client has sent its fourth SYN, in seconds: time to be served.
_AFTER, _END = 1.2, "until a client's fourth SYN"


@dataclass(frozen=True, repr=False)
class Burst:
    """What became of each client of one burst.

    ``connected`` and ``served`` are seconds since the burst began, in the order of the clients;
    -1.0 for what had not happened when the watch ended, after ``seconds``. ``pace`` is the time
    that the server spends on a client, in seconds, and ``workers`` how many serve. ``dropped``
    are the SYNs that the kernel dropped, or None in bench mode.
    """

    n: int
    pace: float
    workers: int
    seconds: float
    connected: tuple[float, ...]
    served: tuple[float, ...]
    dropped: int | None

    @property
    def size(self) -> int:
        """How many clients came."""
        return len(self.served)

    @property
    def at_once(self) -> int:
        """How many got in with their first SYN."""
        return sum(0 <= t < AT_ONCE for t in self.connected)

    @property
    def left(self) -> int:
        """How many had not been served when the watch ended."""
        return sum(t < 0 for t in self.served)

    @property
    def worst(self) -> float:
        """When the last one was served, in seconds; ``seconds`` if somebody was not."""
        return self.seconds if self.left else max(self.served)

    def __repr__(self) -> str:
        """In whole seconds, for they are what a client feels."""
        last = f"{self.left} were not served in {self.seconds:g} s"
        if not self.left:
            last = f"the last one was served in second {int(self.worst) + 1}"
        late = self.size - self.at_once
        return (
            f"{self.size} clients, n = {self.n}, {self.pace * 1000:g} ms each\n"
            f"in at once: {self.at_once}\nsent a SYN again: {late}\n{last}"
        )


class Waiting(Meanwhile):
    """Bursts that are under way; ``result()`` waits for their end and closes their lab."""

    def __init__(self, lab: Lab, ns: Sequence[int], pace: float, workers: int, seconds: float):
        super().__init__(f"bursts against n = {', '.join(map(str, ns))}", seconds, _END)
        self._lab, self._ns, self._facts = lab, tuple(ns), (pace, workers, seconds)
        self._programs: list[Program] = []
        self._results: list[Burst] = []

    def begin(self, clients: int) -> None:
        """Start the servers, wait until they listen, and let the clients go."""
        pace, workers, seconds = self._facts
        servers = [self._run(n, serve, n, pace, workers) for n in self._ns]
        for server in servers:
            wait_until("a server that listens", partial(_listens, server))
        self._programs = [self._run(n, arrive, clients, seconds) for n in self._ns]

    def _run(self, n: int, program: object, *args: object) -> Program:
        host = self._lab[f"n{n}"]
        return host.run(program, host.name, _PORT, *args, observed=False, wait=False)  # type: ignore[arg-type]

    def result(self) -> list[Burst]:
        """One ``Burst`` for each backlog, in their order; blocks until the watch has ended."""
        if not self._results:
            with self._lab:
                self._results = [
                    self._one(*pair) for pair in zip(self._ns, self._programs, strict=True)
                ]
        return self._results

    def close(self) -> None:
        """End the bursts, whatever has become of them."""
        self._lab.close()

    def _one(self, n: int, program: Program) -> Burst:
        pace, workers, seconds = self._facts
        times = program.result((seconds + 5) * patience())
        dropped = None if self._lab.bench else self._lab[f"n{n}"].counters()["ListenDrops"]
        return Burst(
            n, pace, workers, seconds,
            tuple(float(t[0]) for t in times), tuple(float(t[1]) for t in times),
            dropped,
        )  # fmt: skip


def _listens(server: Program) -> bool:
    return "listens" in server.output


def start_bursts(
    ns: Sequence[int],
    clients: int = 500,
    pace: float = 0.001,
    seconds: float | None = None,
    workers: int = 1,
) -> Waiting:
    """Begin one burst of ``clients`` for each backlog in ``ns``, all at the same time.

    A server begins to accept when its burst has arrived; it spends ``pace`` seconds on each
    client. The clients are watched until all are served, at most for ``seconds``; if that is None,
    until each may have sent four SYNs: 4.2 s, and 8.2 s before Linux 6.5. Returns at once, in
    about 0.5 s; ``result()`` has what came of it. In a lab of its own.
    """
    lab = Lab([f"n{n}" for n in ns])
    try:
        for n in ns:
            with suppress(NotPermitted):  # where it cannot be set the burst does without
                lab[f"n{n}"].sysctl["net.ipv4.tcp_syncookies"] = 0
        if seconds is None:
            seconds = sum(waits(linear_waits(lab[f"n{ns[0]}"]) or 0, 3)) + _AFTER * patience()
        waiting = Waiting(lab, ns, pace, workers, seconds)
        waiting.begin(clients)
    except BaseException:
        lab.close()
        raise
    return waiting


def burst(
    n: int,
    clients: int = 500,
    pace: float = 0.001,
    seconds: float | None = None,
    workers: int = 1,
) -> Burst:
    """One burst; blocks until all its clients are served, or as ``start_bursts`` says."""
    return start_bursts([n], clients, pace, seconds, workers).result()[0]


def burst_table(bursts: Sequence[Burst]) -> str:
    """The text twin of ``crowds``; times in words that are true in every run."""
    heads = ("n", "clients", "in at once", "sent a SYN again", "the last one was served")
    rows = [
        (str(b.n), str(b.size), str(b.at_once), str(b.size - b.at_once), _last(b)) for b in bursts
    ]
    return table([heads, *rows])


def _last(burst: Burst) -> str:
    if burst.left:
        return "some still waited at the end"
    return "at the server's own pace" if burst.at_once == burst.size else "in a later second"
