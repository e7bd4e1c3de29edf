"""What becomes of many SYNs, and how it is drawn."""

from __future__ import annotations

import socket
import struct

import pytest

from helpers import Lab, NotPermitted, wait_until
from helpers.concepts.handshake.figures.fates import fates
from helpers.concepts.handshake.figures.passage import passage, passage_table, passages
from helpers.concepts.handshake.ghosts import ghost
from helpers.concepts.handshake.handshakes import (
    COOKIE,
    DROPPED,
    KEPT,
    Fates,
    answered_twice,
    fates_table,
    flood,
    half_open,
    spoofed,
)
from helpers.errors import LabError
from helpers.lab.mirror import Socket
from helpers.record.packet import decode
from tests.scenes import listening

pytestmark = pytest.mark.live


@pytest.mark.parametrize(
    ("backlog", "settings", "counts", "counters"),
    [
        (3, {"cookies": 1}, (4, 6, 0), {"TCPReqQFullDoCookies": 6, "SyncookiesSent": 6}),
        (3, {"cookies": 0}, (4, 0, 6), {"TCPReqQFullDrop": 6, "ListenDrops": 6}),
        (3, {"cookies": 2}, (0, 10, 0), {"TCPReqQFullDoCookies": 10, "SyncookiesSent": 10}),
        (99, {"cookies": 0, "max_syn_backlog": 4}, (4, 0, 6), {"ListenDrops": 6}),
        (99, {"cookies": 1, "max_syn_backlog": 4}, (10, 0, 0), {}),
    ],
)
def test_every_syn_has_its_fate(
    lab: Lab,
    backlog: int,
    settings: dict[str, int],
    counts: tuple[int, int, int],
    counters: dict[str, int],
) -> None:
    found = half_open(backlog, 10, **settings)
    assert tuple(found.count(fate) for fate in (KEPT, COOKIE, DROPPED)) == counts
    assert found.counters == counters


@pytest.mark.parametrize(
    ("cookies", "rest", "honest"), [(1, COOKIE, "connected"), (0, DROPPED, "waits")]
)
def test_a_flood(lab: Lab, cookies: int, rest: str, honest: str) -> None:
    found = flood(cookies, syns=12, backlog=2)
    assert found.each == (KEPT,) * 3 + (rest,) * 9
    assert found.honest == honest


def three_for_two_places(lab: Lab, abort: int, place: str) -> tuple[Socket, Socket]:
    """Three handshakes, whose ACKs come to an accept queue with room for two: the listener, and
    the client that finds no place. It waits in the SYN queue, or has a cookie."""
    lab.server.sysctl["ipv4.tcp_abort_on_overflow"] = abort
    listener = listening(lab, 5 if place == "SYN queue" else 1)
    lab.wire.hold(lambda packet: packet.pure_ack and packet.dport == 8080)
    clients = [lab.client.socket() for _ in range(3)]
    for client in clients:
        client.connect(("server", 8080))
    assert listener.queues().syn == (3 if place == "SYN queue" else 2)
    listener.listen(1)
    lab.server.mark()
    lab.wire.release()
    assert lab.server.counters()["ListenOverflows"] == 1
    return listener, clients[2]


@pytest.mark.parametrize(
    ("abort", "place", "resets", "left"),
    [(0, "SYN queue", 0, 1), (1, "SYN queue", 1, 0), (0, "cookie", 0, 0), (1, "cookie", 0, 0)],
)
def test_an_ack_that_meets_a_full_accept_queue(
    lab: Lab, abort: int, place: str, resets: int, left: int
) -> None:
    listener, client = three_for_two_places(lab, abort, place)
    assert lab.server.counters()["Tcp.OutRsts"] == resets
    assert (listener.queues().syn, listener.queues().accept) == (left, 2)
    call = client.start("recv", 1)
    assert (
        str(call.exception()) == "[Errno 104] Connection reset by peer"
        if resets
        else (call.blocked)
    )


def test_an_ignored_ack_is_asked_for_again(lab: Lab) -> None:
    """By a second SYN+ACK, a second later; with room by then it is all as if nothing had been."""
    listener, client = three_for_two_places(lab, 0, "SYN queue")
    for _ in range(2):
        listener.accept()
    wait_until("the third connection", lambda: listener.queues().accept)
    answers = [r for r in lab.trace.with_copies().packets if r.packet.kind == "SYN+ACK"]
    port = client.getsockname()[1]
    assert [r.packet.dport for r in answers].count(port) == 2
    client.send(b"x")
    assert listener.accept()[0].recv(1) == b"x"


def test_a_cookie_is_computed_and_another_number_is_chosen(lab: Lab) -> None:
    plain, baked = answered_twice(cookies=0), answered_twice(cookies=2)
    assert (plain.numbers, baked.numbers) == (2, 1)
    assert set(plain.options) - set(baked.options) == {"sackOK", "wscale"}
    assert str(baked).startswith("cookies 2, listen(5): one number in two answers")


def test_a_spoofed_syn_is_whole() -> None:
    packet = decode(spoofed(3, "192.0.2.2", 99))
    assert (packet.source, packet.sport, packet.dport) == ("203.0.113.4", 10003, 99)
    assert packet.kind == "SYN"
    from scapy.layers.inet import IP, TCP

    again = IP(packet.raw)
    del again.chksum, again[TCP].chksum
    assert bytes(again) == packet.raw


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: half_open(5, 0), "clients must be 1 to 200, not 0"),
        (lambda: half_open(5, 201), "not 201"),
        (lambda: flood(1, syns=1001), "syns must be 1 to 1000, not 1001"),
    ],
)
def test_numbers_out_of_range_are_refused(call, words: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(LabError, match=words):
        call()


def test_an_unknown_setting_is_named(lab: Lab) -> None:
    with pytest.raises(LabError, match="'cookie' is no setting here; there are cookies, max_syn"):
        half_open(5, 2, cookie=1)


def test_bench_mode_has_no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TCP_LAB_BENCH", "1")
    for call in (lambda: half_open(5, cookies=1), lambda: flood(1), lambda: answered_twice(0)):
        with pytest.raises(NotPermitted):
            call()


def test_fates_are_drawn_one_by_one() -> None:
    found = [Fates("a", (KEPT, KEPT, COOKIE)), Fates("b", (DROPPED, DROPPED, DROPPED), {}, "waits")]
    ax = fates(found)
    assert [p.get_gid() for p in ax.patches] == [
        "a:0:kept", "a:1:kept", "a:2:cookie", "b:0:dropped", "b:1:dropped", "b:2:dropped",
        "honest:waits",
    ]  # fmt: skip
    words = [t.get_text() for t in ax.texts]
    assert words[-2:] == ["honest client", "waits"]
    assert fates_table(found).splitlines()[:3] == [
        "setting  kept  cookie  dropped  honest client",
        "a        2     1       0",
        "b        0     0       3        waits",
    ]
    with pytest.raises(LabError, match="nothing to draw"):
        fates([])


def test_a_passage_tells_who_was_taken_who_went_and_who_waits(lab: Lab) -> None:
    listener, mark = listening(lab, 5), lab.trace.mark()
    clients = [lab.client.socket() for _ in range(3)]
    for client in clients:
        client.connect(("server", 8080))
    listener.accept()
    clients[1].setsockopt(1, 13, struct.pack("ii", 1, 0))  # SO_LINGER: close sends RST
    clients[1].close()
    trace = lab.trace.since(mark)
    found = passages(trace)
    assert [[queue for queue, _, _ in each.stays] for each in found] == [
        ["SYN queue", "accept queue"]
    ] * 3
    assert [each.end for each in found] == ["accept", "gone", ""]
    assert all(a <= b <= c for each in found for (_, a, b), (_, _, c) in [each.stays])
    assert passage_table(trace).splitlines()[1:] == [
        "1            SYN queue  accept",
        "1            SYN queue  gone",
        "1            SYN queue  still there",
    ]
    ax = passage(trace)
    bars = [patch.get_gid().split(":")[0] for patch in ax.patches]
    assert bars == ["SYN queue", "accept queue"] * 3
    assert [t.get_text() for t in ax.texts if (t.get_gid() or "").startswith("end:")] == [
        "accept", "gone", "still there",
    ]  # fmt: skip


def test_no_passage_without_a_connection(lab: Lab) -> None:
    listening(lab)
    with pytest.raises(LabError, match="no connection came into a queue of 'server'"):
        passages(lab.trace)


@pytest.mark.parametrize(("lost", "moved"), [(0, "SyncookiesRecv"), (5, "SyncookiesFailed")])
def test_a_cookie_fits_the_segment_that_begins_where_the_handshake_ended(
    lab: Lab, lost: int, moved: str
) -> None:
    _, late, _ = ghost(lab, 8083)
    late.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    lab.server.mark()
    if lost:
        with lab.wire.rule(lambda packet: "drop" if packet.length else None):
            late.send(b"x" * lost)
    late.send(b"second")
    counters = lab.server.counters()
    assert [n for n in ("SyncookiesRecv", "SyncookiesFailed") if counters[n]] == [moved]
