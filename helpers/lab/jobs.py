"""What other threads ask of the lab's one thread: a queue with a gate that closes.

Rule of this file: whoever has put a job in gets an answer. After the gate has closed nobody
can put one in, and those that are left are told why.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

from helpers.errors import LabError
from helpers.lab.belonging import check_owner


class Jobs:
    """The queue; ``wake`` is the descriptor that rouses the lab's thread: eventfd(2)."""

    def __init__(self) -> None:
        self.wake = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
        self.closed = False
        self._why = ""
        self._owner = os.getpid()
        # Reentrant: while this thread holds it the garbage collector may close a lab.
        self._gate = threading.RLock()
        self._jobs: deque[tuple[Callable[[], Any], Future[Any], bool]] = deque()

    def put(self, act: Callable[[], Any], changes: bool) -> Future[Any]:
        """Ask for ``act``; ``changes`` says that the sockets are to be looked at afterwards."""
        future: Future[Any] = Future()
        check_owner(self._owner)
        with self._gate:
            if self.closed:
                raise LabError(f"the lab is closed{self._why}; make a new one with Lab()")
            self._jobs.append((act, future, changes))
            os.eventfd_write(self.wake, 1)
        return future

    def close(self, why: str = "") -> None:
        """Take no more jobs; ``why`` is the reason, if it is not that the lab was closed."""
        with self._gate:
            self.closed, self._why = True, self._why or why
            os.eventfd_write(self.wake, 1)

    def next(self) -> tuple[bool, bool]:
        """Do the next job, if there is one: whether there was, and whether it may change things."""
        if not self._jobs:
            return False, False
        act, future, changes = self._jobs.popleft()
        try:
            value = act()
        except BaseException as error:
            future.set_exception(error)
        else:
            del act  # it may hold the lab, which whoever asked may drop as soon as it is answered
            future.set_result(value)
        return True, changes

    def refuse(self) -> None:
        """Answer those that are left when the thread has ended."""
        self.fail(LabError(f"the lab is closed{self._why}"))

    def fail(self, error: BaseException) -> None:
        """Answer all that wait: they cannot be done now."""
        while self._jobs:
            self._jobs.popleft()[1].set_exception(error)
