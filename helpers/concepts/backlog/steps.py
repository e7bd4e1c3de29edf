"""How many clients get through to a listener that never accepts, for each argument of listen.

A client got through if its ``connect`` has returned; the first that sleeps instead, with the
wire quiet, ends the count. Nothing is guessed from the time that has passed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from helpers.lab.lab import Lab
from helpers.lab.mirror import Socket
from helpers.lab.staging import listen
from helpers.learning.bar import bar
from helpers.record.snapshot import table


@dataclass(frozen=True)
class Step:
    """One count: what ``listen`` was given (None: no argument), and what came of it.

    ``limit`` is the backlog that the kernel keeps (``Send-Q`` of the LISTEN row), and
    ``through`` the number of clients that got through.
    """

    asked: int | None
    limit: int
    through: int

    @property
    def call(self) -> str:
        """``listen(5)``, or ``listen()``."""
        return f"listen({'' if self.asked is None else self.asked})"


def staircase(asked: Sequence[int | None], somaxconn: int | None = None) -> list[Step]:
    """Count for each argument, on a listener of its own; about 0.1 s each, in a lab of its own.

    ``somaxconn`` sets net.core.somaxconn of that lab's server first; ``NotPermitted`` in bench
    mode, which has no sysctls of its own. Raises what ``listen`` raises.
    """
    with Lab() as lab:
        if somaxconn is not None:
            lab.server.sysctl["net.core.somaxconn"] = somaxconn
        return [_count(lab, 7000 + k, n) for k, n in enumerate(bar(asked, "listeners"))]


def _count(lab: Lab, port: int, asked: int | None) -> Step:
    listener = listen(lab.server, port, asked)
    limit = listener.queues().limit
    clients = _certain(lab, port, limit)
    while True:
        clients.append(lab.client.socket())
        if not clients[-1].start("connect", ("server", port)).done():
            break
    through = len(clients) - 1
    _forget(lab, [*clients[:-1], listener])
    return Step(asked, limit, through)


def _certain(lab: Lab, port: int, limit: int) -> list[Socket]:
    """The clients that are in no doubt, one after another: quickly, without looking at each."""
    with lab.fast():
        clients = [lab.client.socket() for _ in range(limit)]
        for client in clients:
            client.connect(("server", port))
    return clients


def _forget(lab: Lab, sockets: Sequence[Socket]) -> None:
    """Close what would make the next look at all sockets slower."""
    with lab.fast():
        for sock in sockets:
            sock.close()


def staircase_table(steps: Sequence[Step]) -> str:
    """The text twin of ``stairs``: one line for each count."""
    rows = [(s.call, str(s.limit), str(s.through)) for s in steps]
    return table([("call", "backlog kept", "clients that got through"), *rows])
