"""Names the processes that a lab's programs have started, as a socket table shows them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from helpers.lab import doing
from helpers.lab.kernel import owners
from helpers.lab.process import Process


class Family:
    """Descendants of one lab's processes; a name, once given, stays as long as its process."""

    def __init__(self, keeper: int) -> None:
        """``keeper`` is the process to which the children of dead programs fall."""
        self._keeper = keeper
        self._names: dict[int, str] = {}
        self._counts: dict[str, int] = {}

    def holders(self, host: str, processes: Iterable[Process]) -> dict[int, tuple[str, ...]]:
        """Who holds a descriptor of each socket of a host: labels by inode."""
        living = [p for p in processes if p.alive]
        known = {p.pid: p.label for p in living}
        started = self._labels(known, [p.pid for p in living if p.program])
        labels = {p.pid: p.label for p in living if p.host == host} | started
        return {i: tuple(labels[pid] for pid in pids) for i, pids in owners(labels).items()}

    def _labels(self, known: Mapping[int, str], programs: list[int]) -> dict[int, str]:
        """Each further process, by pid: ``serve-child1``, in the order of their beginning, or
        the name of what it has become by exec: ``cat``. ``known`` are those that have a label.
        """
        found: dict[int, str] = {}
        ahead = [(child, pid) for pid in programs for child in doing.children(pid)]
        ahead += [(pid, self._keeper) for pid in doing.children(self._keeper)]
        for pid, parent in ahead:  # it grows while it is read
            if pid in known or pid in found:
                continue
            found[pid] = self._name(pid, {**known, **found}.get(parent, ""))
            ahead += [(child, pid) for child in doing.children(pid)]
        self._names = {pid: name for pid, name in self._names.items() if pid in found}
        own = doing.command(self._keeper) if found else ""
        became = {pid: doing.command(pid) for pid in found}
        return {pid: n if became[pid] in ("", own) else became[pid] for pid, n in found.items()}

    def _name(self, pid: int, parent: str) -> str:
        """One that was forked has its parent's name and a number."""
        if pid not in self._names:
            label = f"{parent or 'orphan'}-child"
            self._counts[label] = self._counts.get(label, 0) + 1
            self._names[pid] = f"{label}{self._counts[label]}"
        return self._names[pid]
