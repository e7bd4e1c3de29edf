"""Says whether every thread of a process rests, so that none of them is about to say something.

A thread that wakes another one and falls asleep itself must not be seen before the other and
after itself: so all are looked at twice, and none may have run in between. Waiting with a
time-out for a lock is how a thread waits for Python's own lock, and how it waits for an event: the
first asks again every 5 ms, so one that has not run for ten times as long waits for an event.
Source: proc(5), ctxt switches.
"""

from __future__ import annotations

import os
import re
import time

from helpers.lab import doing, kernel

# Seconds after which a thread that waits with a time-out counts as resting until it runs.
LOCKED = 0.05
_SWITCHES = re.compile(r"ctxt_switches:\s*(\d+)")


class Threads:
    """Those of one process."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._since: dict[str, tuple[int, float]] = {}  # who waits with a time-out, unmoved

    def rest(self) -> bool:
        """Whether all of them sleep, those at a gate of the notebook's among them: one that has
        just spoken may still hold a lock for which another one waits."""
        first = self._look()
        return None not in first.values() and first == self._look()

    def _look(self) -> dict[str, int | None]:
        """How often each has run, None for one that is about to do something."""
        return {t: self._at_rest(t) for t in self.all()}

    def _at_rest(self, thread: str) -> int | None:
        switches = self._switches(thread)
        if kernel.sleeping(thread) or doing.of_thread(thread).rests:
            return switches
        if not kernel.sleeping(thread, locks=True):
            self._since.pop(thread, None)
            return None
        before, since = self._since.setdefault(thread, (switches, time.monotonic()))
        if before != switches:
            self._since[thread] = switches, time.monotonic()
            return None
        return switches if time.monotonic() - since > LOCKED else None

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
