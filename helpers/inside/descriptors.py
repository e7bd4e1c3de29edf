"""Where the descriptors of a process lead, as /proc/PID/fd tells it."""

from __future__ import annotations

import os


def links_of(pid: int | str) -> list[str]:
    """One link for each descriptor, ``socket:[4711]`` for a socket; empty if the process has gone.

    A descriptor that is closed between the listing and its link is left out, and only that one:
    a process with threads, or one that is looked at from outside, closes them at any moment.
    """
    found: list[str] = []
    try:
        names = os.listdir(f"/proc/{pid}/fd")
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return found
    for name in names:
        try:
            found.append(os.readlink(f"/proc/{pid}/fd/{name}"))
        except OSError:
            continue
    return found
