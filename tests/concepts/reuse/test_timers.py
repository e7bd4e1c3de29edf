"""Timers are the kernel's own, read as they run."""

from __future__ import annotations

import errno

import pytest

from helpers import LabError, NotPermitted, wait_until
from helpers.concepts.reuse.newcomers import newcomer_matrix, newcomer_table
from helpers.concepts.reuse.reconnects import (
    BIND,
    CONNECT,
    LOOPBACK,
    reconnect_matrix,
    reconnect_table,
)
from helpers.concepts.reuse.timers import sample_timer, watch
from helpers.lab.lab import Lab
from helpers.waiting import patience
from tests.scenes import connected

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


def test_the_newer_of_two_syns_is_let_in(lab: Lab) -> None:
    found = newcomer_matrix()
    let_in = [(each.number, each.stamp) for each in found if each.answer == "SYN+ACK"]
    assert let_in == [("later", "none"), ("later", "later"), ("earlier", "later")]
    assert {each.left for each in found if each.answer == "SYN+ACK"} == {"SYN-RECV"}
    assert {
        (each.answer, each.left) for each in found if (each.number, each.stamp) not in let_in
    } == {("ACK", "TIME-WAIT")}
    lines = newcomer_table(found).splitlines()
    assert lines[0].split("  ")[0] == "sequence number"
    assert lines[3].split() == ["later", "earlier", "ACK", "TIME-WAIT"]


def test_a_port_is_used_again_where_tcp_tw_reuse_says_so(lab: Lab) -> None:
    found = {(each.call, each.setting): each for each in reconnect_matrix()}
    works = {kind for kind, each in found.items() if each.later == "works"}
    assert works == {(CONNECT, 1), (LOOPBACK, 1), (LOOPBACK, 2)}
    assert {each.later for kind, each in found.items() if kind not in works} == {
        "EADDRNOTAVAIL",
        "EADDRINUSE",
    }
    assert all(
        ("EADDRINUSE" in (each.at_once, each.later)) == (each.call == BIND)
        for each in found.values()
    )
    assert reconnect_table([found[LOOPBACK, 2]]).splitlines()[1].split("  ")[0] == LOOPBACK


def test_without_time_stamps_it_is_not(lab: Lab) -> None:
    """So the notebook's reason for the second is the right one."""
    for setting in ("tcp_tw_reuse", "tcp_timestamps"):
        lab.client.sysctl[f"ipv4.{setting}"] = int(setting == "tcp_tw_reuse")
    lab.client.sysctl["ipv4.ip_local_port_range"] = "40000 40000"
    listener, conn, client = connected(lab)
    client.close()
    conn.close()
    wait_until("a second", lambda: lab.client.sockets().find("TIME-WAIT")[0].timer_ms < 58_950)
    assert lab.client.socket().connect_ex(("server", 8080)) == errno.EADDRNOTAVAIL
    listener.close()


def test_bench_mode_cannot_try_either(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TCP_LAB_BENCH", "1")
    for call in (newcomer_matrix, reconnect_matrix):
        with pytest.raises(NotPermitted):
            call()
