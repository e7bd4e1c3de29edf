"""Says whether every thread of a process rests, so that none of them is about to say something.

A thread that wakes another one and falls asleep itself must not be seen before the other and
after itself: so all are looked at twice, and none may have run in between. Waiting with a
time-out for a lock is how a thread waits for Python's own lock (every 5 ms it asks for it), and
how it waits for an event: the first one runs again. Source: proc(5), ctxt switches.
"""

from __future__ import annotations

import os
import re

from helpers.lab import doing, kernel

_SWITCHES = re.compile(r"ctxt_switches:\s*(\d+)")


class Threads:
    """Those of one process."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._parked: dict[str, int] = {}

    def rest(self) -> bool:
        """Whether all of them sleep, those at a gate of the notebook's among them: one that has
        just spoken may still hold a lock for which another one waits."""
        first = self._look()
        return None not in first.values() and first == self._look()

    def locked(self) -> bool:
        """Whether all of them sleep, some perhaps for a lock with a time-out."""
        return all(kernel.sleeping(thread, locks=True) for thread in self.all())

    def park(self) -> None:
        """Those that wait for a lock with a time-out now count as resting until they run."""
        self._parked = {t: self._switches(t) for t in self.all() if kernel.sleeping(t, locks=True)}

    def _look(self) -> dict[str, int | None]:
        """How often each has run, None for one that is about to do something."""
        return {t: self._at_rest(t) for t in self.all()}

    def _at_rest(self, thread: str) -> int | None:
        switches = self._switches(thread)
        rests = kernel.sleeping(thread) or doing.of_thread(thread).rests
        return switches if rests or self._parked.get(thread) == switches else None

    def _switches(self, thread: str) -> int:
        try:
            with open(f"/proc/{thread}/status") as file:
                return sum(map(int, _SWITCHES.findall(file.read())))
        except OSError:
            return -1  # it has ended

    def all(self) -> list[str]:
        """Each as ``pid/task/tid``."""
        try:
            tasks = os.listdir(f"/proc/{self._pid}/task")
        except OSError:
            return []
        return [f"{self._pid}/task/{tid}" for tid in tasks]


def threads_of(pid: int) -> Threads | None:
    """Those of a process that has several; None if it has one, or is gone."""
    threads = Threads(pid)
    return threads if len(threads.all()) > 1 else None
