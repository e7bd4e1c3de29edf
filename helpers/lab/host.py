"""The notebook's handle on one host: a process in its own network namespace."""

from __future__ import annotations

import itertools
import socket as _socket
from collections.abc import Callable
from operator import index
from typing import Any

from helpers.errors import HostDied, LabError, NotPermitted
from helpers.inside import messages
from helpers.inside.channel import CONTROL_FD
from helpers.inside.codec import Kept, Sent, decode, encode, stays
from helpers.inside.recorded import describe
from helpers.lab import program as programs
from helpers.lab.belonging import OfLab
from helpers.lab.call import Call
from helpers.lab.calltext import spell
from helpers.lab.engine import Engine
from helpers.lab.mirror import File, Socket
from helpers.lab.process import Process
from helpers.lab.program import Program
from helpers.lab.sysctls import Sysctls
from helpers.lab.table import queues_of
from helpers.record.snapshot import Snapshot
from helpers.record.sockets import checked
from helpers.record.trace import Queues
from helpers.waiting import wait_until

_numbers = itertools.count(1)


class Host:
    """One host of a lab. Made by ``Lab``; closed with it."""

    _engine = OfLab[Engine]()

    def __init__(
        self, engine: Engine, name: str, process: Process, addresses: tuple[str, ...]
    ) -> None:
        self._engine, self._process = engine, process
        self._mark: dict[str, int] = {}
        self.name = name
        self.addresses = addresses
        self.sysctl = Sysctls(engine, name)

    @property
    def engine(self) -> Engine:
        """What it shares with the other hosts of its lab; ``LabError`` if the lab is gone."""
        return self._engine

    @property
    def process(self) -> Process:
        """What runs here now; another one after ``restart()``."""
        return self._process

    @property
    def address(self) -> str:
        """Its first IPv4 address."""
        return self.addresses[0]

    @property
    def label(self) -> str:
        """How its process is called in tables."""
        return self._process.label

    @property
    def pid(self) -> int:
        """Its process, as this machine numbers it."""
        return self._process.pid

    @property
    def calls(self) -> tuple[Call[Any], ...]:
        """The calls of its process that have not ended, oldest first: also one whose cell was
        stopped while it waited."""
        return tuple(self._process.waiting.values())

    @property
    def alive(self) -> bool:
        """Whether its process lives; the host's sockets may outlive it."""
        return self._process.alive

    # ---- calls ------------------------------------------------------------------

    def socket(
        self,
        family: int = _socket.AF_INET,
        type: int = _socket.SOCK_STREAM,
        proto: int = 0,
        fileno: int | None = None,
        *,
        name: str | None = None,
    ) -> Socket:
        """``socket.socket(…)`` in this host; a TCP socket for IPv4 by default. socket(2).

        ``fileno`` is a descriptor that the process has already, one that ``recvmsg`` brought.
        ``name`` is what pictures call it; by default ``listener``, ``conn`` or ``client``, by
        what it does.
        """
        called = None if name is None else checked(name)
        if fileno is not None:
            _not_ours(fileno)
            adopted: Socket = self.begin(None, "socket", (), {"fileno": fileno}).result()
            return self._called(adopted, called)
        args = [index(family), index(type), *([proto] if proto else [])]
        made: Socket = self.begin(None, "socket", args, {}).result()
        return self._called(made, called)

    def _called(self, made: Socket, name: str | None) -> Socket:
        if name is not None:
            self._engine.observer.trace.sockets.give(made.inode, name)
        return made

    def socketpair(self) -> tuple[Socket, Socket]:
        """``socket.socketpair()`` in this host: two Unix sockets, joined. socketpair(2)."""
        made: tuple[Socket, Socket] = self.begin(None, "socketpair", (), {}).result()
        return made

    def close_fd(self, fd: int) -> None:
        """``os.close(fd)`` in this host, behind Python's back."""
        _not_ours(fd)
        self.begin(None, "close_fd", (fd,), {}).result()

    def begin(self, target: int | None, name: str, args: Any, keywords: Any) -> Call[Any]:
        """Begin any call of this host's process; sockets and files come back as handles."""
        self._engine.check_open()
        if not self._process.alive:
            raise HostDied(self._process.obituary())
        if name in ("bind", "connect", "connect_ex", "sendto") and args:
            self._engine.check_name(args[-1])
        text = self._spelled(name, args, keywords)
        if odd := stays((tuple(args), keywords)):
            raise LabError(f"{name} cannot take {odd.text}: it is no plain value")
        call: Call[Any] = Call(text, self._engine.deadline)
        call.then(lambda value: decode(value, self._adopt))
        sent = encode(tuple(args)), encode(keywords)
        message = messages.Call(next(_numbers), target, name, *sent)
        self._engine.sequencer.begin(self._process, call, message)
        return call

    def _spelled(self, name: str, args: Any, keywords: Any) -> str:
        """The call as its record will read, for as long as there is none."""
        named = [f"{k}={v!r}" for k, v in keywords.items()]
        if name == "makefile":
            return f"makefile({', '.join([*map(repr, args), *named])})"
        told = decode(describe((*args, *keywords.values())))
        return spell(name, -1, told, lambda address: f"{address[0]}:{address[1]}")[0]

    def quiet(self) -> None:
        """Return when nothing moves any more: calls sleep or have ended, the wire is empty."""
        self._engine.sequencer.quiet()

    def _adopt(self, value: Sent) -> Any:
        if not isinstance(value, Kept):
            return value
        if value.fd < 0:
            return File(self, value.number)
        return Socket(self, value.number, value.fd, value.inode, value.kind)

    # ---- processes ----------------------------------------------------------------

    def kill(self) -> None:
        """SIGKILL the host's process; returns when the kernel has closed all it had."""
        self._engine.check_open()
        self._engine.sequencer.do(lambda: self._end("killed (SIGKILL)", self._process.kill))
        self._ended()

    def exit(self) -> None:
        """Let the process end by itself, without closing anything first."""
        self._engine.check_open()
        self._engine.sequencer.do(lambda: self._end("exits", self._leave))
        self._ended()

    def _leave(self) -> None:
        self._process.send(messages.Exit())
        self._process.wait_gone()

    def _ended(self) -> None:
        """The lab has heard of it: on a slow machine its channel may end a little later."""
        wait_until(f"the end of {self.label}", lambda: not self._process.alive)

    def _end(self, how: str, act: Callable[[], object]) -> None:
        if self._process.alive:
            self._engine.observer.note(f"{self.label} {how}")
            act()

    def restart(self) -> None:
        """Start a new process in the same host: same addresses, and whatever the kernel kept."""
        self.kill()
        self._engine.observer.note(f"{self.label} starts again")
        self._process = self._engine.start_process(self.name, self.label)

    def fork(self) -> Host:
        """A second process that shares every open socket: fork(2).

        ``sock.at(child)`` is the child's handle on the same socket.
        """
        self._engine.check_open()
        process = self._engine.fork_process(self._process, next(_numbers))
        return Host(self._engine, self.name, process, self.addresses)

    def unprivileged(self) -> Host:
        """A second process in this host that may not bind low ports, as an ordinary user's may
        not: it lacks CAP_NET_BIND_SERVICE, which a lab's processes have. ip(7), capabilities(7).

        ``NotPermitted`` in bench mode, where processes have what the notebook has.
        """
        self._engine.check_open()
        self._engine.need("privileges to take away", self._engine.bench)
        label = f"{self.label}-user"
        process = self._engine.start_process(self.name, label, privileged=False)
        return Host(self._engine, self.name, process, self.addresses)

    def run(
        self, program: Callable[..., Any], *args: Any, observed: bool = True, wait: bool = True
    ) -> Program:
        """Run a whole function as a process of its own in this host.

        Returns when it has ended, listens, is connected, or waits for what somebody else must
        do; one that sleeps or computes first is waited for, up to the lab's deadline, and then a
        line is printed that says what it is doing. With ``wait`` False nothing is waited for
        but quiet.

        ``program`` is a module-level function, or one defined in the notebook; the modules,
        functions, classes and plain values of the notebook that it uses go with it, as copies.
        Its socket calls are recorded like any other, in step with the wire, unless ``observed``
        is False. Arguments must be plain values, and so must its result.
        """
        self._engine.check_open()
        message, left = programs.message(program, args, observed)
        call = programs.future(program, self._engine.deadline)
        process = self._engine.start_process(self.name, program.__name__, call, message)
        self.quiet()
        made = Program(self._engine, process, call, left)
        if wait:
            made.settle()
        return made

    # ---- what the kernel says ----------------------------------------------------

    def sockets(self) -> Snapshot:
        """Every TCP socket of this host, TIME-WAIT and SYN-RECV included, and who owns each."""
        return self._engine.snapshot(self.name)

    def queues_of(self, listener: Socket) -> Queues:
        """The queues of one of this host's listeners; ``LabError`` if it does not listen."""
        rows = self._engine.rows(self.name)
        for row in rows:
            if row.state == "LISTEN" and row.inode == listener.inode:
                return queues_of(row, rows)
        raise LabError(f"{listener!r} is not listening; call listen() first")

    def mark(self) -> None:
        """From now on ``counters()`` counts from here."""
        self._mark = self._counters()

    def counters(self) -> Counters:
        """What the kernel has counted in this host since ``mark()`` (or since the lab began).

        Only what moved, by its name in nstat(8). ``NotPermitted`` in bench mode, where the
        counters are the whole machine's.
        """
        now = self._counters()
        return Counters(
            {k: v - self._mark.get(k, 0) for k, v in now.items() if v != self._mark.get(k, 0)}
        )

    def _counters(self) -> dict[str, int]:
        self._engine.need("counters of its own", self._engine.bench)
        return self._engine.ask(self._engine.observer.kernels[self.name].counters)

    def __repr__(self) -> str:
        state = "" if self.alive else ", dead"
        return f"<host {self.label} {self.address}{state}>"


def _not_ours(fd: int) -> None:
    if fd == CONTROL_FD:
        raise LabError(f"descriptor {fd} is the lab's own: through it the host hears of calls")


class Counters(dict[str, int]):
    """Counters that moved, by name; one that did not move reads 0."""

    def __missing__(self, name: str) -> int:
        return 0

    def __repr__(self) -> str:
        width = max(map(len, self), default=0)
        return "\n".join(f"{k:<{width}}  +{v}" for k, v in self.items()) or "no counter moved"


__all__ = ["Counters", "Host", "NotPermitted", "Program", "Sysctls"]
