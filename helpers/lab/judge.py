"""Asks a reader's function about a packet: on a thread of its own, and for a limited time.

The function may raise, loop, sleep or ask the lab; the lab's thread waits for its answer at
most ``SECONDS``. A function that has not answered by then is set aside, and so is one whose
answer is no verdict.
"""

from __future__ import annotations

import ctypes
import math
import threading
from collections.abc import Callable
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Any, Literal

from helpers.errors import LabError
from helpers.lab.mishaps import spoken
from helpers.record.packet import Packet
from helpers.waiting import patience

# What a reader's rule returns: nothing, "drop", "hold", or a delay in seconds.
Answer = str | float | None
# How long a function may think about one packet.
SECONDS = 2.0
# The longest delay, in seconds.
LONGEST = 60


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of a packet: it is dropped, it waits to be let through, or it passes, late by
    so many ``seconds`` if it is not as late as the wire makes it anyway."""

    kind: Literal["drop", "hold", "pass"]
    seconds: float = 0.0


DROP, HOLD, PASS = Verdict("drop"), Verdict("hold"), Verdict("pass")


@dataclass(eq=False)
class Rule:
    """A reader's function, how its answers are read, and what was wrong with it."""

    function: Callable[[Packet], object]
    read: Callable[[object], Verdict | None]
    wants: str
    wrong: str = ""
    cause: BaseException | None = None

    @property
    def name(self) -> str:
        """The function's own name, as a traceback has it."""
        return str(getattr(self.function, "__name__", type(self.function).__name__))

    @property
    def fault(self) -> str:
        """What to tell the reader; "" while nothing is wrong."""
        return f"the rule {self.name} was set aside: {self.wrong}" if self.wrong else ""

    def error(self) -> LabError:
        """The same as an exception, its cause attached."""
        error = LabError(f"{self.fault}. {self.wants}")
        error.__cause__ = self.cause
        return error


class Judge:
    """One wire's thread for readers' functions; it starts with the first of them."""

    def __init__(self) -> None:
        self._thread: _Thread | None = None

    def verdict(self, rule: Rule, packet: Packet) -> Verdict | None:
        """What ``rule`` says of ``packet``; None, with ``rule.wrong`` set, if that is nothing."""
        thread = self._thread = self._thread or _Thread(self)
        thread.asked.put((rule, packet))
        try:
            verdict, rule.wrong, rule.cause = thread.said.get(timeout=SECONDS * patience())
        except Empty:
            self._thread = None
            thread.leave()
            rule.wrong = f"it had not answered after {SECONDS * patience():g} s"
            return None
        return verdict

    def inside(self) -> bool:
        """Whether it is one of these functions that asks."""
        return getattr(threading.current_thread(), "judge", None) is self

    def stop(self) -> None:
        """End the thread; one that was left ends when its function does."""
        if self._thread:
            self._thread.asked.put(None)
            self._thread.join(SECONDS)
            self._thread = None


class _Thread(threading.Thread):
    def __init__(self, judge: Judge) -> None:
        super().__init__(name="tcp-lab-rules", daemon=True)
        self.judge = judge
        self.asked: SimpleQueue[tuple[Rule, Packet] | None] = SimpleQueue()
        self.said: SimpleQueue[tuple[Verdict | None, str, BaseException | None]] = SimpleQueue()
        self._left = False
        self.start()

    def run(self) -> None:
        while not self._left and (question := self.asked.get()):
            self.said.put(_answer(*question))

    def leave(self) -> None:
        """Wait for it no longer. A loop in Python is ended, for it would slow every thread of
        the notebook; what sleeps, or sits in C, hears of it when it wakes."""
        self._left = True
        stop = ctypes.py_object(SystemExit)
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(self.ident or 0), stop)


def _answer(rule: Rule, packet: Packet) -> tuple[Verdict | None, str, BaseException | None]:
    try:
        return rule.read(rule.function(packet)), "", None
    except _NoVerdictError as error:
        return None, str(error), None
    except BaseException as error:
        return None, spoken(error), error.with_traceback(None)


class _NoVerdictError(Exception):
    pass


def is_delay(value: Any) -> bool:
    """Whether it is a number of seconds that a packet can take."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return number and math.isfinite(value) and 0 <= value <= LONGEST


def as_verdict(value: object) -> Verdict | None:
    """Read a rule's answer; raises if it is none."""
    if value is None:
        return None
    if isinstance(value, str) and value in (DROP.kind, HOLD.kind):
        return DROP if value == DROP.kind else HOLD
    if is_delay(value):
        return Verdict("pass", float(value))  # type: ignore[arg-type]
    raise _NoVerdictError(f"it returned {value!r}")


def as_hold(value: object) -> Verdict | None:
    """Read the answer of a function given to ``hold``: anything that is true or false."""
    return HOLD if value else None
