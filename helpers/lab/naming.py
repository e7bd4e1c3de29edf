"""Says which hosts a lab can have, before anything is built.

Rule of this file: pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from helpers.errors import LabError

_NAME = re.compile(r"[a-z][a-z0-9-]{0,11}\Z")
# Names that a host cannot have, besides those of Lab's own methods: its attributes, devices that
# are there already, and what sysctls and the resolver call something else.
_TAKEN = (
    "trace",
    "deadline",
    "bench",
    "observer",
    "sequencer",
    "lo",
    "all",
    "default",
    "localhost",
)


def check_arguments(hosts: object, deadline: object, bench: object, taken: Iterable[str]) -> None:
    """Raise ``LabError`` for what ``Lab`` cannot take; ``taken`` are the names that it has."""
    if not isinstance(hosts, list | tuple) or not 1 <= len(hosts) <= 60:
        raise LabError(f"hosts must be a list of 1 to 60 names, not {hosts!r}")
    for name in hosts:
        if not isinstance(name, str) or not _NAME.match(name) or list(hosts).count(name) > 1:
            raise LabError(
                f"{name!r} cannot be a host's name: it must be lower-case letters, digits and "
                f"dashes, at most 12, and no two alike"
            )
        if name in (*_TAKEN, *taken):
            raise LabError(f"{name!r} cannot be a host's name: it means something else already")
    check_deadline(deadline)
    if bench not in (None, True, False):
        raise LabError(f"bench must be True, False or None, not {bench!r}")


def check_deadline(deadline: object) -> None:
    """Raise ``LabError`` for what is no time in which a call may block."""
    number = isinstance(deadline, int | float) and not isinstance(deadline, bool)
    if not number or not 0 < deadline <= 3600:  # type: ignore[operator]
        raise LabError(f"deadline must be above 0 and at most 3600 seconds, not {deadline!r}")
