"""A lab waits for its reader: what TCP sends again and what it lets expire change no result."""

from __future__ import annotations

import time

import pytest

from helpers.figures.ladder import ladder
from helpers.lab.lab import Lab
from helpers.waiting import wait_until
from tests.scenes import PORT, connected, listening

pytestmark = pytest.mark.live


def folded(lab: Lab, n: int) -> None:
    """Wait until so many copies have been folded in all."""
    wait_until(f"{n} copies", lambda: sum(p.copies for p in lab.trace.packets) >= n, 10)


def test_each_step_of_a_handshake_lets_something_new_through(lab: Lab) -> None:
    listening(lab)
    lab.wire.hold()
    call = lab.client.socket().start("connect", ("server", PORT))
    folded(lab, 2)
    assert [(p.packet.kind, p.copies) for p in lab.wire.held] == [("SYN", 2)]
    lab.wire.step()
    folded(lab, 4)
    assert [p.packet.kind for p in lab.wire.held] == ["SYN+ACK"]
    lab.wire.step()
    assert call.done() and [p.packet.kind for p in lab.wire.held] == ["ACK"]
    lab.wire.step()
    assert [p.packet.kind for p in lab.trace.packets] == ["SYN", "SYN+ACK", "ACK"]
    assert "again" not in str(lab.trace)
    told = list(lab.trace.lines(copies=True))
    assert sum("(again)  [folded]" in line for line in told) == len(lab.trace.meanwhile) / 2 >= 4


def test_copies_can_be_had(lab: Lab) -> None:
    listening(lab)
    lab.wire.hold(copies=True)
    lab.client.socket().start("connect", ("server", PORT))
    wait_until("a second SYN", lambda: len(lab.wire.held) == 2)
    assert not lab.trace.meanwhile
    lab.wire.hold()
    lab.wire.release()


def test_data_and_fin_are_held_once_and_arrive_once(lab: Lab) -> None:
    _, conn, client = connected(lab)
    lab.wire.hold()
    client.send(b"one")
    client.close()
    folded(lab, 2)
    assert {p.packet.kind for p in lab.wire.held} <= {"data", "FIN"}
    lab.wire.release()
    assert (conn.recv(100), conn.recv(100)) == (b"one", b"")


def test_a_repair_is_no_copy(lab: Lab) -> None:
    """What was lost is sent again, and that must get through."""
    _, conn, client = connected(lab)
    lab.wire.hold()
    client.send(b"hello")
    lab.wire.drop()
    wait_until("the data again", lambda: lab.wire.held)
    lab.wire.release()
    assert conn.recv(100) == b"hello"


def test_retransmissions_that_were_folded_are_not_counted(lab: Lab) -> None:
    _, _, client = connected(lab)
    lab.wire.hold()
    client.send(b"hello")
    folded(lab, 1)
    lab.wire.release()
    assert "RetransSegs" not in str(lab.trace)


def test_copies_are_drawn_when_they_are_asked_for(lab: Lab) -> None:
    listening(lab)
    lab.wire.hold()
    lab.client.socket().start("connect", ("server", PORT))
    folded(lab, 1)
    assert not [a for a in ladder(lab.trace).lines if a.get_gid() == "folded"]
    assert [a for a in ladder(lab.trace, copies=True).lines if a.get_gid() == "folded"]


def test_a_capture_has_the_copies(lab: Lab, tmp_path) -> None:  # type: ignore[no-untyped-def]
    from scapy.utils import rdpcap

    listening(lab)
    lab.wire.hold()
    lab.client.socket().start("connect", ("server", PORT))
    folded(lab, 1)
    lab.trace.save(tmp_path / "held.pcapng")
    assert len(rdpcap(str(tmp_path / "held.pcapng"))) == 1 + lab.wire.held[0].copies


def test_what_a_timer_ends_is_seen_when_it_ends(lab: Lab) -> None:
    """And not when somebody next asks; its label stays taken, however long that was."""
    lab.server.sysctl["net.ipv4.tcp_fin_timeout"] = 1
    _, conn, _ = connected(lab)
    conn.close()
    before = time.monotonic_ns()
    wait_until("the end", lambda: lab.trace.changes[-1].state == "gone", 10)
    gone = lab.trace.changes[-1]
    mark = lab.trace.mark()
    assert gone.expired and gone.before is not None and gone.before.state == "FIN-WAIT-2"
    event = next(e for e in lab.trace.events if e.record is gone)
    assert event.t - before < 5e9
    assert not lab.server.sockets().find("FIN-WAIT-2")
    lab.client.socket().connect(("server", PORT))
    assert "client:ephemeral-2" in str(lab.trace.since(mark)) and "gone" not in str(
        lab.trace.since(mark)
    )


def test_nothing_gives_up_within_an_hour(lab: Lab) -> None:
    """What the kernel was told; that it holds was seen once, in 65 minutes."""
    for host in (lab.client, lab.server):
        for name, least in (
            ("tcp_syn_retries", 127),
            ("tcp_synack_retries", 127),
            ("tcp_retries2", 255),
            ("tcp_orphan_retries", 255),
            ("tcp_fin_timeout", 3600),
        ):
            assert int(host.sysctl[f"net.ipv4.{name}"]) >= least
