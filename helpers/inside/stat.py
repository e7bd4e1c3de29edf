"""Reads what ``/proc`` says of a process or a thread in one line. Standard library only.

Source: proc_pid_stat(5).
"""

from __future__ import annotations


def fields(of: int | str) -> list[str]:
    """The fields behind the name, the state's letter first; ``of`` is ``pid`` or ``pid/task/tid``.

    The name may hold blanks and brackets, so what follows begins behind the last bracket. Raises
    the kernel's OSError: FileNotFoundError or ProcessLookupError for one that is gone.
    """
    with open(f"/proc/{of}/stat") as file:
        return file.read().rpartition(")")[2].split()
