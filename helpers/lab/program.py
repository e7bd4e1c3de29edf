"""A whole program that runs in a host: started, waited for, and what became of it."""

from __future__ import annotations

import inspect
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FunctionType
from typing import Any

from helpers.errors import HostDied, LabError, StillBlocked
from helpers.inside.codec import decode, encode, made_again, stays
from helpers.inside.messages import Play
from helpers.lab import doing, kernel
from helpers.lab.belonging import OfLab
from helpers.lab.call import Call
from helpers.lab.engine import Engine
from helpers.lab.parcel import NoSource, Packed, pack
from helpers.lab.process import Process
from helpers.record.trace import CallRecord

# A program that has made one of these has come to what it is for.
_BEGUN = frozenset({"listen", "accept", "connect", "connect_ex"})
_TELLS = (
    "a program runs in a process of its own; of the notebook it has the modules, functions, "
    "classes and plain values that its text names"
)


class Program:
    """A whole program that runs in a host. Its names are those of a future."""

    _engine = OfLab[Engine]()

    def __init__(
        self, engine: Engine, process: Process, call: Call[Any], left: dict[str, str]
    ) -> None:
        self._engine, self._process, self._call, self._left = engine, process, call, left
        self._mark = engine.trace.mark()

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

    @property
    def returncode(self) -> int | None:
        """Its exit status, negative for a signal that ended it, as ``subprocess.Popen`` has it.

        None while it runs, and where that is not known.
        """
        status = None
        if self.done() and self._process.wait_gone():
            status = self._engine.status(self._process)
        return None if status is None else os.waitstatus_to_exitcode(status)

    def result(self, timeout: float | None = None) -> Any:
        """Wait for its end; what it returned, or the exception that ended it.

        ``HostDied`` if it ended without either, and ``StillBlocked`` when the time is over.
        """
        error = self.exception(timeout)
        if error is not None:
            raise error.with_traceback(None)
        return self._call.result()

    def exception(self, timeout: float | None = None) -> BaseException | None:
        """Wait for its end; the exception that ended it, or None."""
        with self._told():
            error = self._call.exception(timeout)
        if type(error) is NameError and not any(_TELLS in n for n in _notes(error)):
            error.add_note(self._missing(str(error)))
        if isinstance(error, HostDied) and error.args == (self._process.obituary(),):
            error.args = (self._ending(),)
        return error

    @contextmanager
    def _told(self) -> Iterator[None]:
        """A program that has not ended need not be blocked: say what is true of it."""
        try:
            yield
        except StillBlocked as error:
            error.args = (
                f"{self._call.text} has not ended: it is {self._doing()}. It goes on; result() "
                f"waits for it again, kill() ends it",
            )
            raise

    def kill(self) -> None:
        """SIGKILL; returns when the kernel has closed all it had."""
        self._engine.sequencer.do(self._end)
        self._engine.status(self._process)

    def _end(self) -> None:
        if self._process.alive:
            self._engine.observer.note(f"{self._process.label} killed (SIGKILL)")
            self._process.kill()

    def __repr__(self) -> str:
        if not self.done():
            return f"{self._call.text} … {self._doing()}"
        error = self.exception()
        return f"{self._call.text} raised {error!r}" if error else f"{self._call.text} ended"

    # ---- what it is doing, and how it ended -------------------------------------------

    def settle(self) -> None:
        """Return when it has ended, listens, is connected, or waits for somebody else.

        A program that sleeps, computes or goes round gets the lab's deadline to come to that;
        then one line is printed that says what it is doing.
        """
        limit = time.monotonic() + self._engine.deadline
        while not self._engine.ask(self._ready):
            if time.monotonic() > limit:
                print(
                    f"{self._process.label} neither listens nor is connected after "
                    f"{self._engine.deadline:g} s: it is {self._doing()}, and goes on"
                )
                return
            time.sleep(0.002)

    def _ready(self) -> bool:
        """On the lab's thread, when the lab is quiet."""
        process = self._process
        if self.done() or not process.alive:
            return True
        if any(kernel.sleeping(thread) for _, thread in list(process.open.values())):
            return True
        if self._begun():
            return True
        family = [process.pid, *doing.family([process.pid])]
        held = kernel.owners(family)
        if any(row.inode in held for row in self._engine.observer.kernels[process.host].rows()):
            return True
        rests = all(doing.of_process(pid).rests for pid in family)
        # One that woke meanwhile, and spoke, waits for the lab and not for somebody else.
        ours = (each for each in self._engine.processes if each.eldest is process)
        return rests and not any(each.has_spoken for each in ours)

    def _begun(self) -> bool:
        events, self._mark = self._engine.trace.events[self._mark :], self._engine.trace.mark()
        records = (e.record for e in events if isinstance(e.record, CallRecord))
        return any(r.process == self._process.label and r.name in _BEGUN for r in records)

    def _doing(self) -> str:
        blocked = [(r.text, t) for r, t in list(self._process.open.values()) if kernel.sleeping(t)]
        if blocked:
            return f"blocked in {blocked[0][0]}"
        if self._process.spins:
            return "spinning: it makes call after call, and none of them makes it wait"
        return doing.of_process(self._process.pid).text

    def _ending(self) -> str:
        """How it ended that sent neither a result nor an exception."""
        name, code = self._process.label, self.returncode
        again = f"{self._process.host}.run({name}) runs it again"
        if code is None:
            return f"{name} has ended, and told neither a result nor an exception; {again}"
        if code >= 0:
            return (
                f"{name} ended itself at once, as by os._exit({code}): its exit status is {code}, "
                f"and there is no result; a program that returns has one. {again}"
            )
        number = signal.Signals(-code) if -code in set(signal.Signals) else None
        said = f"{number.name} ({signal.strsignal(number)})" if number else f"signal {-code}"
        return f"{name} was killed by {said}, so there is no result; {again}"

    def _missing(self, text: str) -> str:
        name = text.split("'")[1] if text.count("'") >= 2 else ""
        if name in self._left:
            return f"{name} stays behind: {self._left[name]}; {_TELLS}"
        return _TELLS


def _notes(error: BaseException) -> list[str]:
    return getattr(error, "__notes__", [])


def locate(program: Callable[..., Any]) -> tuple[str, Packed | None]:
    """Where a host finds a function: by its module, or by its text if it is the notebook's."""
    plain = inspect.isfunction(program) and program.__name__.isidentifier()
    if not plain or program.__qualname__ != program.__name__:
        raise LabError(f"run takes a plain function defined at the top level, not {program!r}")
    if inspect.iscoroutinefunction(program) or inspect.isgeneratorfunction(program):
        kind = "an async function" if inspect.iscoroutinefunction(program) else "a generator"
        raise LabError(
            f"{program.__name__} is {kind}: to call it runs nothing of it. Give run a plain "
            f"function, which may call asyncio.run({program.__name__}())"
        )
    if program.__closure__:
        raise LabError(f"{program.__name__} uses variables from around it; pass them as arguments")
    if program.__module__ != "__main__" and program.__module__ in sys.modules:
        return f"{program.__module__}:{program.__name__}", None
    assert isinstance(program, FunctionType)
    try:
        return "", pack(program)
    except NoSource as missing:
        raise LabError(f"{missing} Define it in a cell or in a module.") from None


def message(
    program: Callable[..., Any], args: tuple[Any, ...], observed: bool
) -> tuple[Play, dict[str, str]]:
    """What a host is sent to run a function, and the names that stay behind, with the reason."""
    target, packed = locate(program)
    parcel = encode(packed.parcel()) if packed else None
    sent = Play(target, parcel, _sendable(program, args), observed)
    return sent, packed.left if packed else {}


def future(program: Callable[..., Any], deadline: float) -> Call[Any]:
    """What its end will be told to."""
    call: Call[Any] = Call(f"{program.__name__}()", deadline)
    return call.then(lambda value: decode(value, made_again))


def _sendable(program: Callable[..., Any], args: tuple[Any, ...]) -> Any:
    """The arguments of a program, encoded; ``LabError`` names the one that cannot travel."""
    names = list(inspect.signature(program).parameters)
    for at, value in enumerate(args):
        if odd := stays(value):
            which = f"{names[at]!r} (argument {at + 1})" if at < len(names) else f"{at + 1}"
            inside = "" if odd.kind == type(value).__name__ else f", in it {odd.text}"
            raise LabError(
                f"run cannot hand {program.__name__} its argument {which}: {_what(value)}{inside} "
                f"belongs to the notebook. What travels: numbers, text, bytes, None, and tuples, "
                f"lists, sets and dicts of them; of a host its name"
            )
    return encode(args)


def _what(value: object) -> str:
    shown = repr(value)
    return shown if len(shown) < 60 else f"a {type(value).__name__}"
