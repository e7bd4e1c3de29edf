"""What differs between kernels in this room, and which of it this kernel does.

Versions lie: distributions carry changes back. So a kernel is asked for what it has, and the
table says from which release on every kernel has it. Seen on 5.10, 6.1, 6.12, 6.18 and 7.2.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from helpers.concepts.backlog.syns import Attempts, waits
from helpers.lab.host import Host
from helpers.lab.lab import Lab

_LINEAR = "net.ipv4.tcp_syn_linear_timeouts"
_CAP = "net.core.somaxconn"


@dataclass(frozen=True)
class Kind:
    """One kind of kernel.

    ``linear``: a client's first waits are all of one second, and ``tcp_syn_linear_timeouts`` says
    how many; else each is twice the one before. ``capped``: a lab may set ``net.core.somaxconn``.
    """

    linear: bool
    capped: bool


# From which release on; the newest first.
KINDS = {
    (6, 5): Kind(linear=True, capped=True),
    (6, 3): Kind(linear=False, capped=True),
    (0, 0): Kind(linear=False, capped=False),
}


def kind_here() -> Kind:
    """What this machine's kernel does, as measured, in a lab of its own; blocks some 50 ms."""
    with Lab() as lab:
        return Kind(linear=_has(lab.client, _LINEAR), capped=_has(lab.server, _CAP))


def can_cap(host: Host) -> bool:
    """Whether this kernel lets a lab set net.core.somaxconn: since Linux 6.3."""
    return _has(host, _CAP)


def linear_waits(host: Host) -> int | None:
    """The host's ``tcp_syn_linear_timeouts``, or None on a kernel without it."""
    return int(host.sysctl[_LINEAR]) if _has(host, _LINEAR) else None


def set_linear(host: Host, linear: int) -> None:
    """Set the number of waits that are not doubled, where the kernel has such a number."""
    with suppress(FileNotFoundError):
        host.sysctl[_LINEAR] = linear


def three_syns(host: Host) -> None:
    """Let the host's clients give up after three SYNs.

    With linear waits ``tcp_syn_retries`` bounds the time, and 1 means three seconds, which has
    room for three SYNs; otherwise it counts those that are repeated, and the third waits longest:
    seven seconds in all.
    """
    host.sysctl["net.ipv4.tcp_syn_retries"] = 2 if linear_waits(host) is None else 1


def schedule(hosts: Mapping[Host, int], hanging: Sequence[Attempts]) -> str:
    """Whether clients that hang waited as every kernel known to us does; a line.

    ``hosts`` says what was set with ``set_linear``, in the order of ``hanging``.
    """
    known = [linear_waits(host) is not None for host in hosts]
    for has, linear, seen in zip(known, hosts.values(), hanging, strict=True):
        if seen.gaps != waits(linear if has else 0, len(seen.gaps)):
            return f"not known to us: {seen.client} waited {seen.gaps} seconds"
    if all(known):
        return "as Linux 6.5 and newer: the sysctl says how many waits are repeated"
    return "as Linux before 6.5, which has no such sysctl: every wait is doubled"


def _has(host: Host, sysctl: str) -> bool:
    try:
        host.sysctl[sysctl]
    except FileNotFoundError:
        return False
    return True
