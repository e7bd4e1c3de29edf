"""Timers are the kernel's own, read as they run."""

from __future__ import annotations

import pytest

from helpers import LabError
from helpers.concepts.reuse.timers import sample_timer, watch
from helpers.lab.lab import Lab
from helpers.waiting import patience
from tests.live.scenes import connected

pytestmark = pytest.mark.live


def left_in_fin_wait_2(lab: Lab, seconds: int) -> None:
    lab.server.sysctl["ipv4.tcp_fin_timeout"] = seconds
    _, conn, _ = connected(lab)
    conn.close()
    assert lab.server.sockets().find("FIN-WAIT-2")


def test_a_timer_runs_down_one_second_a_second(lab: Lab) -> None:
    left_in_fin_wait_2(lab, 3)
    samples = sample_timer(lab.server, "FIN-WAIT-2", 0.5)
    first, last = samples[0], samples[-1]
    assert len(samples) >= 3 and 2.5 < first.left <= 3.1
    assert abs((first.left - last.left) - (last.at - first.at)) < 0.1


def test_watch_ends_when_the_socket_does(lab: Lab) -> None:
    left_in_fin_wait_2(lab, 1)
    # The kernel's second, and what a busy machine adds to it.
    assert 0.5 < watch(lab.server, "FIN-WAIT-2", local=":8080") < 1.5 + 3 * patience()
    with pytest.raises(LabError, match="has 0 sockets in FIN-WAIT-2"):
        watch(lab.server, "FIN-WAIT-2")


def test_watch_gives_up(lab: Lab) -> None:
    left_in_fin_wait_2(lab, 30)
    with pytest.raises(LabError, match="still in FIN-WAIT-2"):
        watch(lab.server, "FIN-WAIT-2", seconds=0.3)


@pytest.mark.slow
@pytest.mark.timeout(90)
def test_time_wait_lasts_a_minute(lab: Lab) -> None:
    _, conn, client = connected(lab)
    conn.close()
    client.close()
    assert 59.0 < watch(lab.server, "TIME-WAIT") < 63.0
