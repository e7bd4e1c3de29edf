"""Keeps in order who waits to be let go on: programs that ended a call, and their threads.

Rule of this file: a list and what is asked of it; the sequencer puts in and takes out.
"""

from __future__ import annotations

from collections.abc import Iterable

from helpers.lab.process import STRIDES, Process


class Turns:
    """Pairs of a process and the number of its thread, "" where it has one; first come, first."""

    def __init__(self) -> None:
        self._waiting: list[tuple[Process, str]] = []

    def __bool__(self) -> bool:
        """Whether anybody waits."""
        return bool(self._waiting)

    def add(self, process: Process, thread: str = "") -> None:
        """It waits from now on."""
        self._waiting.append((process, thread))

    def take(self, count: int | None) -> list[tuple[Process, str]]:
        """The first ``count`` that wait, or all with None; they wait no longer."""
        taken = self._waiting[:count]
        del self._waiting[:count]
        return taken

    def all_wait(self, process: Process) -> bool:
        """Whether no thread of a process can be about to do something."""
        return not process.threads and any(other is process for other, _ in self._waiting)

    def newcomers(self, process: Process) -> list[str]:
        """Its threads that are at their gates and not in line yet, the eldest first: which of
        them came first is chance."""
        here = {thread for other, thread in self._waiting if other is process}
        return sorted(process.gated.keys() - here, key=_number)

    def spinning(self) -> bool:
        """Whether one that waits makes call after call without ever going to sleep."""
        return any(process.strides.get(thread, 0) > STRIDES for process, thread in self._waiting)

    def rested(self, processes: Iterable[Process]) -> None:
        """Everybody sleeps: who sleeps in the kernel, and not here, does not spin."""
        here = set(self._waiting)
        for process in processes:
            for thread in list(process.strides):
                if (process, thread) not in here and thread not in process.gated:
                    del process.strides[thread]


def _number(thread: str) -> int:
    return int(thread.rpartition("/")[2])
