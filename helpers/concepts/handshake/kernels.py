"""What differs between kernels in this room: how many SYNs the SYN queue holds.

``listen(n)`` bounds it by n, and since Linux 6.13 by n + 1 (January 2025). Corrected releases of
older kernels have that too (6.1.176 and 6.12.113, and 5.10.46 has not, as measured): so no version
is looked at.
"""

from __future__ import annotations

from dataclasses import dataclass

from helpers.concepts.handshake.handshakes import KEPT, Fates, half_open


@dataclass(frozen=True)
class Kind:
    """One kind of kernel; ``more``: the SYN queue of ``listen(n)`` holds so many more than n."""

    more: int


# From which release on, where nothing was carried back; the newest first.
KINDS = {(6, 13): Kind(more=1), (0, 0): Kind(more=0)}
_SAID = {
    1: "n + 1, as Linux 6.13 and newer, and many older ones that were corrected",
    0: "n, as Linux before 6.13 that was not corrected",
}


def kind_here() -> Kind:
    """What this machine's kernel does, as measured in a lab of its own; blocks some 0.1 s."""
    return Kind(half_open(2, clients=5, cookies=1).count(KEPT) - 2)


def syn_queue(fates: Fates, n: int) -> str:
    """How many a full SYN queue of ``listen(n)`` held, and on which kernels; a line."""
    kept = fates.count(KEPT)
    return f"listen({n}) kept {kept}: {_SAID.get(kept - n, 'not known to us of any kernel')}"
