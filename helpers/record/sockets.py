"""Names sockets by what they were asked to do: ``listener``, ``conn``, ``client``.

A name belongs to the socket and not to a call, so a call that was made before ``listen`` has it
too, and a slice of a trace knows what the whole of it knew.

Rule of this file: pure; it learns from calls, in the order in which they begin and end.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from helpers.errors import LabError

LISTENER, ACCEPTED, CLIENT = "listener", "conn", "client"
_ASKED = {"listen": LISTENER, "connect": CLIENT, "connect_ex": CLIENT}
_LONGEST = 20


class Asked(Protocol):
    """One call of a socket: ``helpers.record.trace.CallRecord``, as far as is needed here."""

    host: str
    name: str
    fd: int
    inode: int
    made: int
    result: str


class Sockets:
    """What is known of the sockets of one lab, each by the number of its inode."""

    def __init__(self) -> None:
        self._given: dict[int, str] = {}
        self._roles: dict[int, str] = {}

    def give(self, inode: int, name: str) -> None:
        """Call this socket ``name`` from now on, whatever it does."""
        self._given[inode] = name

    def learn(self, call: Asked) -> None:
        """Take from a call what its socket is: one that listens, that connects, that was accepted.

        The first of them counts; ``made`` is the socket that the call has returned.
        """
        if call.inode and call.name in _ASKED:
            self._roles.setdefault(call.inode, _ASKED[call.name])
        if call.made and call.name == "accept":
            self._roles.setdefault(call.made, ACCEPTED)

    def role(self, inode: int) -> str:
        """The name that it was given, or what it is; "" if it has done nothing that tells."""
        return self._given.get(inode) or self._roles.get(inode, "")

    def names(self, calls: Iterable[Asked]) -> dict[int, str]:
        """A name for each socket of these calls: ``conn``, ``conn-2``, or ``fd5`` by descriptor.

        Those of one host that have the same role are counted in the order in which they come.
        """
        found: dict[int, str] = {}
        counts: dict[tuple[str, str], int] = {}
        descriptors: dict[int, str] = {}
        for call in calls:
            if call.made and call.result:
                descriptors.setdefault(call.made, f"fd{call.result.partition(' ')[0]}")
            if call.inode and call.fd >= 0:
                descriptors.setdefault(call.inode, f"fd{call.fd}")
            for inode in filter(None, (call.inode, call.made)):
                if inode not in found and (role := self.role(inode)):
                    count = counts[call.host, role] = counts.get((call.host, role), 0) + 1
                    found[inode] = role if count == 1 else f"{role}-{count}"
        return {inode: found.get(inode) or descriptors[inode] for inode in {**descriptors, **found}}


def checked(name: object) -> str:
    """A name for a socket: a short Python name. ``LabError`` for anything else."""
    if not isinstance(name, str) or not name.isidentifier() or len(name) > _LONGEST:
        raise LabError(
            f"name must be a Python name of at most {_LONGEST} letters, such as 'listener', "
            f"not {name!r}"
        )
    return name
