"""Asks the kernel: socket tables, counters, and where a call sleeps, without disturbing it.

Rule of this file: it only looks. No probe connection, no packet, no change. It
works on descriptors that were opened inside a host's namespace, so it sees a
host's sockets even when every process of that host is dead.

Sources: sock_diag(7), proc(5).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable

from helpers.inside import stat
from helpers.inside.descriptors import links_of
from helpers.links.openings import Openings
from helpers.record.sockstate import Row, decode_counters, decode_row, dump_request, split

_REQUEST = dump_request()
_FUTEX = "202" if os.uname().machine == "x86_64" else "98"


class Kernel:
    """What one network namespace tells of itself."""

    def __init__(self, openings: Openings, view: Callable[[Row], Row | None] | None = None) -> None:
        """``view`` picks a host's rows where the namespace is shared: bench mode."""
        self._openings = openings
        self._view = view
        self._parts: list[tuple[bytes, list[bytes], bool]] = []
        self._told: dict[bytes, Row] = {}

    def rows(self) -> list[Row]:
        """Every TCP socket here, TIME-WAIT and SYN-RECV included; about 0.1 ms."""
        return list(self.table().values())

    def table(self) -> dict[bytes, Row]:
        """The same, by the kernel's own words for each. What it tells as last time is the very
        same object, so that only what differs is decoded."""
        parts = self._dump()
        if parts != self._parts:
            bodies, known = [body for _, bodies, _ in parts for body in bodies], self._told
            self._told = {body: known.get(body) or decode_row(body) for body in bodies}
            self._parts = parts
        if self._view is None:
            return self._told
        seen = ((body, self._view(row)) for body, row in self._told.items())
        return {body: row for body, row in seen if row is not None}

    def _dump(self) -> list[tuple[bytes, list[bytes], bool]]:
        """The datagrams of one dump, each with its messages, and whether it is the last."""
        self._openings.diag.send(_REQUEST)
        parts: list[tuple[bytes, list[bytes], bool]] = []
        while not parts or not parts[-1][2]:
            data = self._openings.diag.recv(1 << 18)
            before = self._parts[len(parts)] if len(parts) < len(self._parts) else None
            parts.append(before if before and before[0] == data else (data, *split(data)))
        return parts

    def counters(self) -> dict[str, int]:
        """Every counter of ``/proc/net/snmp`` and ``/proc/net/netstat``, by name."""
        return decode_counters(self.counters_text())

    def counters_text(self) -> str:
        """The two files themselves; about 60 µs."""
        return (self._file("snmp") + self._file("netstat")).decode()

    def _file(self, name: str) -> bytes:
        fd = os.open(f"{self._openings.counters}/{name}", os.O_RDONLY)
        try:
            return _read(fd)
        finally:
            os.close(fd)

    def transmitted(self) -> int:
        """Packets that have left by ``eth0``, towards the wire; about 20 µs."""
        line = _read(self._openings.dev).partition(b"eth0:")[2]
        return int(line.split(None, 10)[9]) if line else 0  # somebody has removed it

    def close(self) -> None:
        """Close the descriptors; a namespace with no process in it goes with them."""
        self._openings.close()


def _read(fd: int) -> bytes:
    """A file of /proc/net that comes in one piece: seq_file's single_open."""
    return os.pread(fd, 1 << 16, 0)


def sleeping(thread: str, locks: bool = False) -> bool:
    """Whether a thread (``pid/task/tid``) is blocked in a system call; one that is gone is.

    Waiting for a lock of its own process does not count unless ``locks``. The state letter
    comes from ``/proc/…/stat``, which calls a thread that is being woken running already, and
    one that reads a file or starts a process uninterruptible (D): it goes on by itself;
    ``/proc/…/syscall``, where it is open to us, tells a lock from anything else.
    """
    try:
        if stat.fields(thread)[0] in "RD":
            return False
        number = _text(f"/proc/{thread}/syscall").partition(" ")[0].strip()
        return number != "running" and (locks or number != _FUTEX)
    except PermissionError:
        return True
    except (FileNotFoundError, ProcessLookupError):
        return True


def where(thread: str) -> str:
    """The kernel function in which a thread sleeps, or "" where the kernel does not tell."""
    try:
        name = _text(f"/proc/{thread}/wchan")
    except OSError:
        return ""
    return "" if name == "0" else name


def born(pid: int) -> str:
    """When a process began, in the kernel's ticks, "" if it is no more: proc_pid_stat(5)."""
    try:
        return stat.fields(pid)[19]
    except (FileNotFoundError, ProcessLookupError):
        return ""


def _text(path: str) -> str:
    with open(path) as file:
        return file.read()


def owners(pids: Iterable[int]) -> dict[int, list[int]]:
    """Which of these processes hold a descriptor of each socket: pids by inode."""
    found: dict[int, list[int]] = {}
    for pid in pids:
        for inode in _inodes(pid):
            if pid not in found.setdefault(inode, []):
                found[inode].append(pid)
    return found


def _inodes(pid: int) -> list[int]:
    return [int(link[8:-1]) for link in links_of(pid) if link.startswith("socket:[")]
