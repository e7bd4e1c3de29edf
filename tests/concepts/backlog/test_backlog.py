"""Backlogs, bursts and workers: what notebook 04 shows, on real listeners."""

from __future__ import annotations

import time

import pytest

from helpers.concepts.backlog.bursts import burst, burst_table, start_bursts
from helpers.concepts.backlog.figures.crowds import crowds
from helpers.concepts.backlog.figures.schedule import attempts
from helpers.concepts.backlog.figures.stairs import backlogs, stairs
from helpers.concepts.backlog.figures.workers import cost_table, costs, crews
from helpers.concepts.backlog.kernels import linear_waits, set_linear
from helpers.concepts.backlog.late import late_client
from helpers.concepts.backlog.racing import race
from helpers.concepts.backlog.schemes import accept_cost, scheme_table, worker_schemes
from helpers.concepts.backlog.steps import staircase, under_cap
from helpers.concepts.backlog.syns import Attempts, attempt_table, syn_times, watch_syns
from helpers.errors import LabError, NotPermitted
from helpers.lab.lab import Lab
from helpers.lab.mirror import Socket
from tests.conftest import REASON, namespaces_allowed

pytestmark = pytest.mark.live


@pytest.fixture(params=["wire", "bench"])
def mode(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """For what makes labs of its own: with namespaces, and without."""
    if request.param == "bench":
        monkeypatch.setenv("TCP_LAB_BENCH", "1")
    elif not namespaces_allowed():
        pytest.skip(REASON)
    return str(request.param)


@pytest.fixture
def wire(nothing_left: None) -> None:
    """Skips where there are no namespaces."""
    if not namespaces_allowed():
        pytest.skip(REASON)


# ---- the staircase --------------------------------------------------------------------------


def test_bursts_are_played_without_cookies(wire: None) -> None:
    waiting = start_bursts([1, 2], clients=3, pace=0, seconds=1)
    try:
        for host in ("n1", "n2"):
            assert waiting._lab[host].sysctl["net.ipv4.tcp_syncookies"] == "0"
    finally:
        waiting.close()


def test_one_more_than_n_gets_through(nothing_left: None, mode: str) -> None:
    steps = staircase([0, 1, 5, -1])
    assert [s.through for s in steps] == [1, 2, 6, 1]
    assert [s.limit for s in steps] == [0, 1, 5, 0]


def test_without_an_argument_it_is_128(nothing_left: None, mode: str) -> None:
    (step,) = staircase([None])
    assert (step.call, step.limit, step.through) == ("listen()", 128, 129)


def test_somaxconn_caps_what_was_asked_for(wire: None) -> None:
    capped = under_cap(10, [9, 10, 50])
    if capped.cap is not None:  # else this kernel lets no lab set it
        assert [s.through for s in capped.steps] == [10, 11, 11]
    assert capped.bounded


def test_bench_mode_has_no_somaxconn(nothing_left: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TCP_LAB_BENCH", "1")
    with pytest.raises(NotPermitted):
        under_cap(10, [1])


# ---- the client that hangs ------------------------------------------------------------------


def _full(lab: Lab) -> Socket:
    listener = lab.server.socket()
    listener.bind(("0.0.0.0", 8080))
    listener.listen(0)
    lab.client.socket().connect(("server", 8080))
    return listener


def test_only_the_client_that_hangs_is_found(lab: Lab) -> None:
    _full(lab)
    with pytest.raises(LabError, match="no client hangs"):
        syn_times(lab.trace)
    lab.client.socket().start("connect", ("server", 8080))
    (found,) = syn_times(lab.trace)
    assert (found.client, found.times, found.answered) == ("client:ephemeral-2", (0.0,), False)
    assert [a.answered for a in syn_times(lab.trace, hanging=False)] == [True, False]


def test_gaps_are_told_in_whole_seconds() -> None:
    found = Attempts("client:a", (0.0, 1.02, 2.04, 3.05, 4.06, 5.07, 7.1), False)
    assert found.gaps == (1, 1, 1, 1, 1, 2)
    assert attempt_table([found]).splitlines()[-1].endswith("  0, 1, 2, 3, 4, 5, 7")


@pytest.mark.parametrize(
    ("times", "kept"),
    [
        ((0.0,), None),  # its next SYN may come in second 1
        ((0.0, 1.0, 3.0), 3),  # the next one in 5 at the earliest
        ((0.0, 1.0, 2.0, 3.0), None),
        ((0.0, 1.0, 2.0, 4.1), 4),
        ((0.0, 1.03, 2.05, 3.08, 4.11, 5.13, 7.2), 5),
    ],
)
def test_the_first_seconds_are_told_once_no_syn_is_missing(
    times: tuple[float, ...], kept: int | None
) -> None:
    found = Attempts("client:a", times, False).until(4)
    assert (found and found.times) == (kept and times[:kept])


def test_waits_are_watched_for_as_long_as_it_takes(lab: Lab) -> None:
    _full(lab)
    set_linear(lab.client, 0)
    lab.client.socket().start("connect", ("server", 8080))
    watch = watch_syns(lab.trace, 1)
    assert repr(watch) == "meanwhile: clients hang, and ask again (about 1 s)"
    (found,) = watch.result()
    assert found.gaps == (1,)


def test_a_client_that_comes_too_early_waits_a_second_though_there_is_room(lab: Lab) -> None:
    door, client = _full(lab), lab.client.socket()
    mark = lab.trace.mark()
    call = client.start("connect", ("server", 8080))
    with pytest.raises(LabError, match="no connect has returned"):
        late_client(lab.trace.since(mark))
    door.accept()
    call.result(5)
    found = late_client(lab.trace.since(mark))
    first, second = found.syns
    assert first == 0 < found.accepted < second < found.through
    assert second > 0.9 and found.through - second < second / 2
    with pytest.raises(LabError, match="one client is wanted, and in this trace 2 sent a SYN"):
        late_client(lab.trace)


def test_who_gets_in_with_the_first_syn_is_not_late(lab: Lab) -> None:
    door = lab.server.socket()
    door.bind(("0.0.0.0", 8080))
    door.listen(1)
    lab.client.socket().connect(("server", 8080))
    door.accept()
    with pytest.raises(LabError, match="its first SYN got in"):
        late_client(lab.trace)


def test_by_default_waits_are_doubled_after_those_that_are_not(lab: Lab) -> None:
    _full(lab)
    lab.client.socket().start("connect", ("server", 8080))
    (found,) = watch_syns(lab.trace, 7).result()
    linear = linear_waits(lab.client)
    assert found.gaps == ((1,) * 5 + (2,) if linear == 4 else (1, 2, 4))
    assert linear in (4, None)


def test_abort_on_overflow_answers_the_last_ack_only(lab: Lab) -> None:
    reset, ignored = race(lab, 1, 9001), race(lab, 0, 9000)
    assert (reset.answer, reset.loser, reset.dropped) == ("RST", "ECONNRESET", 1)
    assert (ignored.answer, ignored.loser, ignored.dropped) == ("nothing", "nothing", 1)
    _full(lab)
    lab.server.sysctl["net.ipv4.tcp_abort_on_overflow"] = 1
    mark = lab.trace.mark()
    assert lab.client.socket().start("connect", ("server", 8080)).blocked
    assert [p.origin for p in lab.trace.since(mark).packets if p.packet.rst] == []


# ---- bursts ---------------------------------------------------------------------------------


def test_a_burst_gets_in_as_far_as_n_plus_one(nothing_left: None, mode: str) -> None:
    small, large = start_bursts([4, 99], clients=100, pace=0.0005, seconds=0.9).result()
    assert (small.at_once, large.at_once) == (5, 100)
    assert small.left == 95
    assert large.left == 0
    assert burst_table([small]).endswith("some still waited at the end")
    assert burst_table([large]).endswith("at the server's own pace")
    if mode == "wire":
        assert (small.dropped, large.dropped) == (95, 0)
    else:
        assert small.dropped is None


def test_a_client_that_was_dropped_comes_in_a_second_later(wire: None) -> None:
    (late,) = start_bursts([4], clients=8, seconds=2.5).result()
    assert late.left == 0
    assert sorted(t >= 1.0 for t in late.connected) == [False] * 5 + [True] * 3
    assert 1.0 < late.worst < 1.9
    assert "in second 2" in repr(late)


def test_two_thousand_clients_are_all_served(wire: None) -> None:
    crowd = burst(2048, clients=2000, pace=0.0001)
    assert crowd.at_once == 2000
    assert crowd.left == 0


@pytest.mark.bench
def test_two_thousand_clients_are_served_within_two_seconds(wire: None) -> None:
    began = time.monotonic()
    burst(2048, clients=2000, pace=0.0001)
    assert time.monotonic() - began < 2


def test_four_workers_serve_side_by_side(nothing_left: None, mode: str) -> None:
    one, four = burst(99, 60, pace=0.01), burst(99, 60, pace=0.01, workers=4)
    assert one.worst > 0.6
    assert four.worst < one.worst / 2


def test_crowds_draw_every_client(wire: None) -> None:
    bursts = start_bursts([4, 99], clients=50, seconds=0.6).result()
    ax = crowds(bursts)
    ends = {line.get_gid(): line for line in ax.lines if line.get_gid()}
    assert len(ends["served:4"].get_xdata()) == 5
    assert len(ends["served:99"].get_xdata()) == 50
    words = {t.get_text() for t in ax.texts}
    assert {"n = 4", "5 in at once", "45 still wait", "n = 99", "0 SYNs dropped"} <= words


# ---- workers --------------------------------------------------------------------------------


def test_schemes_differ_in_shares_wakeups_and_who_is_left(nothing_left: None, mode: str) -> None:
    blocking, epoll, exclusive, reuseport = shares = worker_schemes()
    assert blocking.taken == (50, 50, 50, 50)
    assert max(exclusive.taken) == 200
    assert [round(s.needless) for s in shares] == [0, 3, 0, 0]
    assert [s.unserved > 0 for s in shares] == [False, False, False, True]
    assert 20 < reuseport.unserved < 90
    assert sum(epoll.taken) == sum(reuseport.taken) == 200
    widths = {p.get_width() for p in crews(shares).patches if "blocking" in p.get_gid()}
    assert len(widths) == 1
    assert scheme_table(shares).splitlines()[2].split()[:4] == ["epoll", "no", "3", "a"]


def test_accept_is_a_small_part_of_a_connection(nothing_left: None, mode: str) -> None:
    cost = accept_cost(50)
    assert 0 < cost.share < 0.25
    one = burst(49, 20, pace=0.01)
    assert cost_table(cost, one, one).endswith("half the time or more of one")
    assert "accept" in {t.get_text() for t in costs(cost, one, one).texts}


@pytest.mark.parametrize("draw", [stairs, crowds, crews, backlogs, attempts])
def test_nothing_is_no_picture(draw) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(LabError, match="nothing to draw"):
        draw([])
