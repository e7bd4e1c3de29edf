"""Says what a process is doing, and which processes it has started, from /proc.

Rule of this file: it only looks. A sleep ends by itself or it does not: the arguments of
the system call tell. Sources: proc(5), syscalls(2).
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass

from helpers.inside import stat
from helpers.lab import kernel

# What a call waits for, and which of its arguments limits the wait: a pointer (NULL is none)
# or milliseconds (-1 is none). No argument: it waits for as long as it takes.
_MS, _POINTER, _NEVER = "milliseconds", "pointer", ""
_CALLS = {
    "epoll_wait": ("waiting in epoll", _MS, 3),
    "epoll_pwait": ("waiting in epoll", _MS, 3),
    "epoll_pwait2": ("waiting in epoll", _POINTER, 3),
    "poll": ("waiting in poll", _MS, 2),
    "ppoll": ("waiting in poll", _POINTER, 2),
    "select": ("waiting in select", _POINTER, 4),
    "pselect6": ("waiting in select", _POINTER, 4),
    "futex": ("waiting for a lock", _POINTER, 3),
    "rt_sigtimedwait": ("waiting for a signal", _POINTER, 2),
    "rt_sigsuspend": ("waiting for a signal", _NEVER, 0),
    "pause": ("waiting for a signal", _NEVER, 0),
    "wait4": ("waiting for a child", _NEVER, 0),
    "waitid": ("waiting for a child", _NEVER, 0),
    "accept": ("blocked in accept", _NEVER, 0),
    "accept4": ("blocked in accept", _NEVER, 0),
    "connect": ("blocked in connect", _NEVER, 0),
    "recvfrom": ("blocked in recv", _NEVER, 0),
    "recvmsg": ("blocked in recvmsg", _NEVER, 0),
    "sendto": ("blocked in send", _NEVER, 0),
    "sendmsg": ("blocked in sendmsg", _NEVER, 0),
    "read": ("blocked in read", _NEVER, 0),
    "write": ("blocked in write", _NEVER, 0),
}
_SLEEPS = ("nanosleep", "clock_nanosleep")
SLEEPING = "asleep in time.sleep"
# Numbers of these calls; Linux gives each architecture its own. asm/unistd.h
_X86 = {
    232: "epoll_wait", 281: "epoll_pwait", 441: "epoll_pwait2", 7: "poll", 271: "ppoll",
    23: "select", 270: "pselect6", 202: "futex", 128: "rt_sigtimedwait", 130: "rt_sigsuspend",
    34: "pause", 61: "wait4", 247: "waitid", 43: "accept", 288: "accept4", 42: "connect",
    45: "recvfrom", 47: "recvmsg", 44: "sendto", 46: "sendmsg", 0: "read", 1: "write",
    35: "nanosleep", 230: "clock_nanosleep",
}  # fmt: skip
_ARM = {
    22: "epoll_pwait", 441: "epoll_pwait2", 73: "ppoll", 72: "pselect6", 98: "futex",
    137: "rt_sigtimedwait", 133: "rt_sigsuspend", 260: "wait4", 95: "waitid", 202: "accept",
    242: "accept4", 203: "connect", 207: "recvfrom", 212: "recvmsg", 206: "sendto",
    211: "sendmsg", 63: "read", 64: "write", 101: "nanosleep", 115: "clock_nanosleep",
}  # fmt: skip
_NUMBERS = {"x86_64": _X86, "aarch64": _ARM}.get(os.uname().machine, {})
# Where /proc does not show a call, the kernel function it sleeps in may still be open.
_PLACES = {
    "nanosleep": SLEEPING,
    "ep_poll": "waiting in epoll",
    "poll_schedule": "waiting in poll or select",
    "futex": "waiting for a lock",
    "do_wait": "waiting for a child",
}


@dataclass(frozen=True)
class Doing:
    """``text`` in words; ``rests`` if it will not go on unless somebody else does something."""

    text: str
    rests: bool


def of_thread(thread: str) -> Doing:
    """What a thread (``pid/task/tid``) is doing; one that is gone rests."""
    try:
        state = stat.fields(thread)[0]
        if state in "RZXTt":
            return Doing({"R": "computing", "T": "stopped"}.get(state, "gone"), state != "R")
        number, *args = _read(f"/proc/{thread}/syscall").split()
    except (FileNotFoundError, ProcessLookupError):
        return Doing("gone", True)
    except PermissionError:
        return _by_place(thread)
    if number == "running":
        return Doing("computing", False)
    name = _NUMBERS.get(int(number), "")
    if name in _SLEEPS:
        return Doing(SLEEPING, False)
    if name not in _CALLS:
        return _by_place(thread) if not _NUMBERS else Doing("working in the kernel", False)
    text, limit, at = _CALLS[name]
    given = int(args[at], 16)
    endless = {_MS: given & 0xFFFFFFFF == 0xFFFFFFFF, _POINTER: given == 0}
    return Doing(text, endless.get(limit, True))


def _by_place(thread: str) -> Doing:
    place = kernel.where(thread)
    for part, text in _PLACES.items():
        if part in place:
            return Doing(text, text != SLEEPING)
    return Doing(f"blocked in {place}" if place else "asleep", True)


def of_process(pid: int) -> Doing:
    """What a process is doing: its main thread, or, if that only waits for a lock, another."""
    found = [of_thread(thread) for thread in _threads(pid)]
    told = [each for each in found if each.text not in ("waiting for a lock", "gone")]
    text = (told or found or [Doing("gone", True)])[0].text
    return Doing(text, all(each.rests for each in found))


def family(pids: Iterable[int]) -> list[int]:
    """Every living process that these have started, children's children too."""
    found: list[int] = []
    ahead = list(pids)
    while ahead:
        started = [child for pid in ahead for child in children(pid)]
        ahead = [pid for pid in started if pid not in found]
        found += ahead
    return found


def children(pid: int) -> list[int]:
    """The children of a process; none where the kernel does not tell (CONFIG_PROC_CHILDREN)."""
    found: list[int] = []
    for thread in _threads(pid):
        try:
            found += map(int, _read(f"/proc/{thread}/children").split())
        except OSError:
            continue
    return sorted(found)


def command(pid: int) -> str:
    """The name of the program that a process runs, "" if it is gone. proc(5), comm."""
    try:
        return _read(f"/proc/{pid}/comm").strip()
    except OSError:
        return ""


def _threads(pid: int) -> list[str]:
    try:
        tasks = os.listdir(f"/proc/{pid}/task")
    except OSError:
        return []
    return [f"{pid}/task/{tid}" for tid in sorted(tasks, key=int)]


def _read(path: str) -> str:
    with open(path) as file:
        return file.read()
