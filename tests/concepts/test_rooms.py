"""What experiments make of what they measured, from numbers made by hand."""

from __future__ import annotations

import pytest

from helpers.concepts.backlog.bursts import Burst, burst_table
from helpers.concepts.backlog.schemes import Shares
from helpers.concepts.ports.ephemeral import Exhaustion, Ports, exhaust_table, ports_table


def burst(connected: tuple[float, ...], served: tuple[float, ...]) -> Burst:
    return Burst(1, 0.001, 1, 4.0, connected, served, 0)


def test_who_waits_at_the_end_has_waited_longest() -> None:
    over = burst((0.1, 1.2), (0.2, 1.3))
    assert (over.left, over.worst, over.at_once) == (0, 1.3, 1)
    waits = burst((0.1, -1.0, 1.2), (0.2, -1.0, 1.3))
    assert (waits.left, waits.worst, waits.at_once) == (1, 4.0, 1)
    assert burst_table([waits]).splitlines()[1].split() == [
        "1", "3", "1", "2", *"some still waited at the end".split(),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("taken", "again", "even"),
    [((5, 5), (5, 5), True), ((5, 5), (4, 6), False), ((4, 6), (5, 5), False)],
)
def test_shares_are_even_if_they_were_so_twice(
    taken: tuple[int, ...], again: tuple[int, ...], even: bool
) -> None:
    shares = Shares("epoll", taken, again, (7, 9), 0)
    assert shares.even == even and shares.needless == 0.6


@pytest.mark.parametrize(
    ("port", "words"), [(40001, "all"), (39999, "not all"), (40006, "not all")]
)
def test_a_port_beyond_either_end_is_told(port: int, words: str) -> None:
    table = ports_table(Ports(40000, 40005, 1024, (40001,), (40002, port)))
    rows = [line.split("  ") for line in table.splitlines()[1:]]
    assert [[cell.strip() for cell in row if cell.strip()] for row in rows] == [
        ["bind to port 0", "1", "0", "all"],
        ["connect", str(port % 2), str(2 - port % 2), words],
    ]


def test_sockets_and_ports_are_counted_apart() -> None:
    line = exhaust_table([Exhaustion("connect", (1, 2, 1, 2, 1), "EADDRNOTAVAIL")]).splitlines()[1]
    assert line.split() == ["connect", "5", "2", "EADDRNOTAVAIL"]
