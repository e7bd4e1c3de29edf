"""One socket call on a host, as a future: it may be done, and it may be blocked.

Rule of this file: it waits, with a deadline, and decides nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from typing import Any, Generic, TypeVar

from helpers.errors import HostDied, LabError, StillBlocked
from helpers.inside.codec import Raised, revive
from helpers.lab import kernel
from helpers.record.trace import CallRecord

T = TypeVar("T")


class Call(Generic[T]):
    """A call that has begun. Its names are those of ``concurrent.futures.Future``."""

    def __init__(self, text: str, deadline: float) -> None:
        self.text = text
        self.thread = ""
        self.record: CallRecord | None = None
        self._deadline = deadline
        self._future: Future[Any] = Future()
        self._convert: Callable[[Any], T] = lambda value: value

    def done(self) -> bool:
        """Whether it has returned or raised."""
        return self._future.done()

    def running(self) -> bool:
        """Whether it is still in the kernel."""
        return not self.done()

    @property
    def blocked(self) -> bool:
        """Whether the kernel has put it to sleep: read from /proc, not guessed from the time."""
        return self.running() and bool(self.thread) and kernel.sleeping(self.thread)

    @property
    def where(self) -> str:
        """The kernel function it sleeps in (``inet_csk_accept``), or "" if /proc does not say."""
        return kernel.where(self.thread) if self.running() and self.thread else ""

    def result(self, timeout: float | None = None) -> T:
        """Wait for it to return; at most ``timeout`` seconds (default: the lab's deadline).

        Raises what the call raised, or ``StillBlocked`` when the time is over.
        """
        error = self.exception(timeout)
        if error is not None:
            raise error.with_traceback(None)
        return self._convert(self._future.result())

    def exception(self, timeout: float | None = None) -> BaseException | None:
        """Wait for it to end; the exception that it raised, or None."""
        limit = self._deadline if timeout is None else timeout
        try:
            return self._future.exception(limit)
        except FutureTimeout:
            raise StillBlocked(self, limit) from None
        except KeyboardInterrupt as stop:
            stop.add_note(f"{self.text} goes on in its host, whose .calls has it")
            raise

    def finish(self, value: object, error: BaseException | None) -> None:
        """The lab says how it ended; once."""
        if error is None:
            self._future.set_result(value)
        else:
            self._future.set_exception(error)

    def then(self, convert: Callable[[Any], T]) -> Call[T]:
        """Apply ``convert`` to the result when it is asked for."""
        self._convert = convert
        return self

    def __repr__(self) -> str:
        if not self.done():
            text = self.record.text if self.record else self.text
            return f"{text} … " + ("blocked" if self.blocked else "running")
        if self.record is not None:
            return str(self.record)
        error = self._future.exception()
        return f"{self.text} raised {error!r}" if error else f"{self.text} = {self.result()!r}"


def rebuild(error: Raised, who: str = "the host") -> BaseException:
    """The exception that was raised in a host, as the same type here."""
    if error.kind == "SystemExit":
        status = error.args[0] & 0xFF if isinstance(error.args[0], int) else 1
        return HostDied(f"{who} ended itself by sys.exit({error.args[0]!r}): exit status {status}")
    return revive(error) or LabError(f"{who} raised {error.kind}: {error.text}")
