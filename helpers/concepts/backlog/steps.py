"""How many clients get through to a listener that never accepts, for each argument of listen.

A client got through if its ``connect`` has returned; the first that sleeps instead, with the
wire quiet, ends the count. Nothing is guessed from the time that has passed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from helpers.bar import bar
from helpers.concepts.backlog.kernels import can_cap
from helpers.lab.lab import Lab
from helpers.lab.mirror import Socket
from helpers.lab.staging import listen
from helpers.record.snapshot import table

# More than net.core.somaxconn is anywhere by default: 4096 since Linux 5.4, 128 before.
_MORE = 65535


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


@dataclass(frozen=True, repr=False)
class Capped:
    """A staircase under a cap: net.core.somaxconn is ``cap``, or the kernel's own if that is None.

    ``most`` is the backlog that the kernel keeps when it is asked for 65,535.
    """

    cap: int | None
    steps: tuple[Step, ...]
    most: int

    @property
    def bounded(self) -> bool:
        """Whether each n bounds its queue, as far as the cap lets it."""
        limits = [min(s.asked or 0, self.most) for s in self.steps]
        through = [s.through for s in self.steps]
        held = self.most < _MORE if self.cap is None else self.most == self.cap
        return held and through == [limit + 1 for limit in limits]

    def __repr__(self) -> str:
        text = staircase_table(self.steps)
        if self.cap is None:
            words = f"its own keeps {self.most} of listen({_MORE})"
            text += (
                f"\nno lab may set this kernel's cap (Linux 6.3 is the first to let it); {words}"
            )
        return text


def under_cap(cap: int, asked: Sequence[int]) -> Capped:
    """The staircase of a server whose net.core.somaxconn is ``cap``, where a lab may set that.

    About 0.1 s for each argument, in a lab of its own; ``NotPermitted`` in bench mode.
    """
    with Lab() as lab:
        if can := can_cap(lab.server):
            lab.server.sysctl["net.core.somaxconn"] = cap
        most = listen(lab.server, 7999, _MORE).queues().limit
        steps = tuple(_count(lab, 7000 + k, n) for k, n in enumerate(bar(asked, "listeners")))
    return Capped(cap if can else None, steps, most)


def staircase(asked: Sequence[int | None]) -> list[Step]:
    """Count for each argument, on a listener of its own; about 0.1 s each, in a lab of its own.

    Raises what ``listen`` raises.
    """
    with Lab() as lab:
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
