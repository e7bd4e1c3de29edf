"""The notebook's handle on one host: a process in its own network namespace."""

from __future__ import annotations

import inspect
import itertools
import socket as _socket
import sys
import textwrap
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from helpers.call import Call
from helpers.errors import HostDied, LabError, NotPermitted, StillBlocked
from helpers.mirror import File, Socket
from helpers.process import Process
from helpers.snapshot import Snapshot
from helpers.table import queues_of
from helpers.trace import Queues

if TYPE_CHECKING:
    from helpers.lab import Lab

_numbers = itertools.count(1)


class Host:
    """One host of a lab. Made by ``Lab``; closed with it."""

    def __init__(self, lab: Lab, name: str, process: Process, addresses: tuple[str, ...]) -> None:
        self._lab, self._process = lab, process
        self._mark: dict[str, int] = {}
        self.name = name
        self.addresses = addresses
        self.sysctl = Sysctls(lab, name)

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
    ) -> Socket:
        """``socket.socket(…)`` in this host; a TCP socket for IPv4 by default. socket(2).

        ``fileno`` is a descriptor that the process has already, one that ``recvmsg`` brought.
        """
        if fileno is not None:
            adopted: Socket = self.begin(None, "socket", (), {"fileno": fileno}).result()
            return adopted
        args = [int(family), int(type), *([proto] if proto else [])]
        made: Socket = self.begin(None, "socket", args, {}).result()
        return made

    def socketpair(self) -> tuple[Socket, Socket]:
        """``socket.socketpair()`` in this host: two Unix sockets, joined. socketpair(2)."""
        made: tuple[Socket, Socket] = self.begin(None, "socketpair", (), {}).result()
        return made

    def close_fd(self, fd: int) -> None:
        """``os.close(fd)`` in this host, behind Python's back."""
        self.begin(None, "close_fd", (fd,), {}).result()

    def begin(self, target: int | None, name: str, args: Any, keywords: Any) -> Call[Any]:
        """Begin any call of this host's process; sockets and files come back as handles."""
        self._lab.check_open()
        if not self._process.alive:
            raise HostDied(self._process.obituary())
        if name in ("bind", "connect", "connect_ex", "sendto") and args:
            self._lab.check_name(args[-1])
        shown = ", ".join(
            [*(_short(a) for a in args), *(f"{k}={v!r}" for k, v in keywords.items())]
        )
        call: Call[Any] = Call(f"{name}({shown})", self._lab.deadline)
        call.then(self._adopt)
        plain = tuple(int(a) if isinstance(a, int) and not isinstance(a, bool) else a for a in args)
        message = ("call", next(_numbers), target, name, plain, keywords)
        try:
            self._lab.sequencer.begin(self._process, call, message)
        except ValueError as error:
            raise LabError(f"{name} cannot take {shown}: {error}") from None
        return call

    def quiet(self) -> None:
        """Return when nothing moves any more: calls sleep or have ended, the wire is empty."""
        self._lab.sequencer.quiet()

    def _adopt(self, value: Any) -> Any:
        if isinstance(value, tuple) and value and value[0] == "socket":
            return Socket(self, value[1], value[2], value[3], value[4:])
        if isinstance(value, tuple) and value and value[0] == "file":
            return File(self, value[1])
        if isinstance(value, tuple) and value and value[0] == "tuple":
            return tuple(self._adopt(v) for v in value[1:])
        return value

    # ---- processes ----------------------------------------------------------------

    def kill(self) -> None:
        """SIGKILL the host's process; returns when the kernel has closed all it had."""
        self._lab.check_open()
        self._lab.sequencer.do(lambda: self._end("killed (SIGKILL)", self._process.kill))

    def exit(self) -> None:
        """Let the process end by itself, without closing anything first."""
        self._lab.check_open()
        self._lab.sequencer.do(lambda: self._end("exits", self._leave))

    def _leave(self) -> None:
        self._process.send(("exit",))
        self._process.wait_gone()

    def _end(self, how: str, act: Callable[[], object]) -> None:
        if self._process.alive:
            self._lab.observer.note(f"{self.label} {how}")
            act()

    def restart(self) -> None:
        """Start a new process in the same host: same addresses, and whatever the kernel kept."""
        self.kill()
        self._lab.observer.note(f"{self.label} starts again")
        self._process = self._lab.start_process(self.name, self.label)

    def fork(self) -> Host:
        """A second process that shares every open socket: fork(2).

        ``sock.at(child)`` is the child's handle on the same socket.
        """
        self._lab.check_open()
        process = self._lab.fork_process(self._process, next(_numbers))
        return Host(self._lab, self.name, process, self.addresses)

    def unprivileged(self) -> Host:
        """A second process in this host that may not bind low ports, as an ordinary user's may
        not: it lacks CAP_NET_BIND_SERVICE, which a lab's processes have. ip(7), capabilities(7).

        ``NotPermitted`` in bench mode, where processes have what the notebook has.
        """
        self._lab.check_open()
        self._lab.need("privileges to take away", self._lab.bench)
        label = f"{self.label}-user"
        process = self._lab.start_process(self.name, label, privileged=False)
        return Host(self._lab, self.name, process, self.addresses)

    def run(self, program: Callable[..., Any], *args: Any, observed: bool = True) -> Program:
        """Run a whole function as a process of its own in this host, and return at once.

        ``program`` is a module-level function, or one defined in the notebook that imports
        what it needs besides ``socket`` and ``os``. Its socket calls are recorded like any
        other, in step with the wire, unless ``observed`` is False. Arguments must be plain values.
        """
        self._lab.check_open()
        target, source = _locate(program)
        call: Call[Any] = Call(f"{program.__name__}()", self._lab.deadline)
        message = ("program", target, source, args, observed)
        process = self._lab.start_process(self.name, program.__name__, call, message)
        self.quiet()
        return Program(self._lab, process, call)

    # ---- what the kernel says ----------------------------------------------------

    def sockets(self) -> Snapshot:
        """Every TCP socket of this host, TIME-WAIT and SYN-RECV included, and who owns each."""
        return self._lab.snapshot(self.name)

    def queues_of(self, listener: Socket) -> Queues:
        """The queues of one of this host's listeners; ``LabError`` if it does not listen."""
        rows = self._lab.rows(self.name)
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
        self._lab.need("counters of its own", self._lab.bench)
        return self._lab.ask(self._lab.observer.kernels[self.name].counters)

    def __repr__(self) -> str:
        state = "" if self.alive else ", dead"
        return f"<host {self.label} {self.address}{state}>"


class Counters(dict[str, int]):
    """Counters that moved, by name; one that did not move reads 0."""

    def __missing__(self, name: str) -> int:
        return 0

    def __repr__(self) -> str:
        width = max(map(len, self), default=0)
        return "\n".join(f"{k:<{width}}  +{v}" for k, v in self.items()) or "no counter moved"


class Program:
    """A whole program that runs in a host. Its names are those of a future."""

    def __init__(self, lab: Lab, process: Process, call: Call[Any]) -> None:
        self._lab, self._process, self._call = lab, process, call

    @property
    def pid(self) -> int:
        """Its process, as this machine numbers it."""
        return self._process.pid

    @property
    def output(self) -> str:
        """What it has printed so far."""
        return self._process.output

    @property
    def traceback(self) -> str:
        """Python's own account of the exception that ended it, or ""."""
        return self._process.traceback

    def done(self) -> bool:
        """Whether it has ended."""
        return self._call.done()

    def result(self, timeout: float | None = None) -> Any:
        """Wait for its end; what it returned, or the exception that ended it."""
        __tracebackhide__ = True
        with self._told():
            return self._call.result(timeout)

    def exception(self, timeout: float | None = None) -> BaseException | None:
        """Wait for its end; the exception that ended it, or None."""
        __tracebackhide__ = True
        with self._told():
            return self._call.exception(timeout)

    @contextmanager
    def _told(self) -> Iterator[None]:
        """A program that has not ended need not be blocked: say what is true of it."""
        try:
            yield
        except StillBlocked as error:
            if self._process.strides:
                error.args = (
                    f"{self._call.text} runs still: it makes call after call, and none of them "
                    f"makes it wait; kill() ends it",
                )
            raise

    def kill(self) -> None:
        """SIGKILL; returns when the kernel has closed all it had."""
        self._lab.sequencer.do(self._end)

    def _end(self) -> None:
        if self._process.alive:
            self._lab.observer.note(f"{self._process.label} killed (SIGKILL)")
            self._process.kill()

    def __repr__(self) -> str:
        if not self.done():
            where = next((r.text for r, _ in self._process.open.values()), "")
            return f"{self._call.text} … " + (f"blocked in {where}" if where else "running")
        error = self.exception()
        return f"{self._call.text} raised {error!r}" if error else f"{self._call.text} ended"


class Sysctls:
    """The sysctls of one host: ``host.sysctl["net.ipv4.tcp_syncookies"] = 0``.

    ``net.`` may be left out. Values read as text. Writing raises the kernel's OSError for an
    unknown name or a refused value, and ``NotPermitted`` in bench mode.
    """

    def __init__(self, lab: Lab, host: str) -> None:
        self._lab, self._host = lab, host

    def __getitem__(self, name: str) -> str:
        return self._lab.sysctl(self._host, self._path(name), None)

    def __setitem__(self, name: str, value: int | str) -> None:
        self._lab.need("a sysctl of its own", self._lab.bench)
        self._lab.sysctl(self._host, self._path(name), str(value))

    def __iter__(self) -> Iterator[str]:
        raise LabError("name the sysctl you want: host.sysctl['ipv4.tcp_syncookies']")

    @staticmethod
    def _path(name: str) -> str:
        parts = name.replace("/", ".").removeprefix("net.").split(".")
        if not all(p.replace("_", "").replace("-", "").isalnum() for p in parts):
            raise LabError(f"{name!r} is not a sysctl; write it like 'net.ipv4.tcp_syncookies'")
        return ".".join(["net", *parts])


def _short(value: object) -> str:
    if isinstance(value, bytes) and len(value) > 16:
        return f"{len(value)} bytes"
    if isinstance(value, tuple) and len(value) == 2 and isinstance(value[0], str):
        return f"{value[0]}:{value[1]}"
    return repr(value)


def _locate(program: Callable[..., Any]) -> tuple[str, str]:
    """Where a host finds a function: by its module, or by its source if it is the notebook's."""
    plain = inspect.isfunction(program) and program.__name__.isidentifier()
    if not plain or program.__qualname__ != program.__name__:
        raise LabError(f"run takes a plain function defined at the top level, not {program!r}")
    if program.__closure__:
        raise LabError(f"{program.__name__} uses variables from around it; pass them as arguments")
    if program.__module__ != "__main__" and program.__module__ in sys.modules:
        return f"{program.__module__}:{program.__name__}", ""
    return f":{program.__name__}", textwrap.dedent(inspect.getsource(program))


__all__ = ["Counters", "Host", "NotPermitted", "Program", "Sysctls"]
