"""The wire can be held in the hand."""

from __future__ import annotations

import pytest
from scapy.layers.inet import IP, TCP

from helpers import LabError, NotPermitted, wait_until
from helpers.lab.lab import Lab
from helpers.record.packet import Packet
from tests.scenes import PORT, connected, listening

pytestmark = pytest.mark.live


def check_hold(lab: Lab) -> None:
    """A held SYN has not arrived, whatever the client believes."""
    listener = listening(lab)
    lab.wire.hold()
    call = lab.client.socket().start("connect", ("server", PORT))
    assert call.blocked
    assert [p.packet.kind for p in lab.wire.held] == ["SYN"]
    assert listener.queues().syn == 0


def test_hold_step_release(lab: Lab) -> None:
    check_hold(lab)
    assert str(lab.wire.step()) == "client > server  S 0:0(0) win 64240"
    assert lab.server.sockets().states == ["LISTEN", "SYN-RECV"]
    assert [p.packet.kind for p in lab.wire.held] == ["SYN+ACK"]
    lab.wire.release()
    assert lab.wire.held == ()
    assert lab.server.sockets().states == ["LISTEN", "ESTAB"]


def test_connect_returns_before_the_server_has_the_connection(lab: Lab) -> None:
    listening(lab)
    lab.wire.hold()
    call = lab.client.socket().start("connect", ("server", PORT))
    lab.wire.step()
    lab.wire.step()
    assert call.done()
    assert lab.client.sockets().states == ["ESTAB"]
    assert lab.server.sockets().states == ["LISTEN", "SYN-RECV"]


def test_three_held_acks_in_front_of_a_backlog_of_one(make_lab) -> None:  # type: ignore[no-untyped-def]
    """Two embryos fit; the third client gets a SYN cookie, and is connected to nobody."""
    lab = make_lab(("client", "server"))
    lab.server.sysctl["ipv4.tcp_syncookies"] = 1
    listener = listening(lab, 1)
    lab.wire.hold(lambda p: p.pure_ack)
    calls = [lab.client.socket().start("connect", ("server", PORT)) for _ in range(3)]
    assert [call.result() for call in calls] == [None] * 3
    assert (listener.queues().syn, listener.queues().accept) == (2, 0)
    lab.wire.release()
    assert listener.queues().accept == 2
    assert lab.client.sockets().states == ["ESTAB"] * 3
    assert len(lab.server.sockets().find("ESTAB")) == 2
    assert lab.server.counters()["SyncookiesSent"] == 1


def test_a_dropped_packet_is_recorded_and_sent_again(lab: Lab) -> None:
    listening(lab)
    lab.wire.hold()
    call = lab.client.socket().start("connect", ("server", PORT))
    dropped = lab.wire.drop()
    assert dropped.verdict == "dropped"
    again = wait_until("the SYN again", lambda: lab.wire.held)[0]
    assert again.again and again.packet.seq == dropped.packet.seq
    lab.wire.release()
    assert call.result() is None


def test_cut_and_mend(lab: Lab) -> None:
    _, conn, client = connected(lab)
    lab.wire.cut()
    client.send(b"lost at first")
    assert lab.trace.packets[-1].verdict == "cut"
    assert conn.start("recv", 100).blocked
    lab.wire.mend()
    assert client.tcp_info().snd_mss == 1448
    assert "the wire is cut" in str(lab.trace) and "the wire is mended" in str(lab.trace)


def test_delay_keeps_the_order_and_both_times_are_recorded(lab: Lab) -> None:
    _, conn, client = connected(lab)
    client.setsockopt(6, 1, 1)  # TCP_NODELAY: a segment for each send
    lab.wire.delay(0.02)
    mark = lab.trace.mark()
    for n in range(5):
        client.send(bytes([n]) * 100)
    slow = [p for p in lab.trace.since(mark).packets if p.packet.kind == "data"]
    lab.wire.delay(0)
    client.send(b"last")
    got = b""
    while len(got) < 504:
        got += conn.recv(1000)
    assert got == b"".join(bytes([n]) * 100 for n in range(5)) + b"last"
    assert len(slow) >= 5
    assert all((p.delivered or 0) - p.sent >= 20_000_000 for p in slow)
    data = [p for p in lab.trace.since(mark).packets if p.packet.kind == "data"]
    arrived = [p.delivered for p in data if p.delivered is not None]
    assert arrived == sorted(arrived)


def test_segments_can_be_put_in_another_order(lab: Lab) -> None:
    _, conn, client = connected(lab)
    lab.wire.hold()
    for text in (b"AAA", b"BBB"):
        client.setsockopt(6, 1, 1)
        client.send(text)
    first, second = lab.wire.held
    lab.wire.step(second)
    assert conn.start("recv", 100).blocked
    lab.wire.step(first)
    assert lab.server.sockets().find("ESTAB")[0].recv_q == 0
    lab.wire.release()


def test_a_rule_ends_with_its_block(lab: Lab) -> None:
    listening(lab)
    seen: list[str] = []

    def judge(packet: Packet) -> str | None:
        seen.append(packet.kind)
        return "drop" if len(seen) == 1 else None

    with lab.wire.rule(judge):
        lab.client.socket().connect(("server", PORT))
    assert seen[:2] == ["SYN", "SYN"]
    count = len(seen)
    lab.client.socket().connect(("server", PORT))
    assert len(seen) == count


def test_a_rule_is_obeyed_while_the_wire_holds(lab: Lab) -> None:
    _, _, client = connected(lab)
    lab.wire.hold()
    with lab.wire.rule(lambda packet: "drop" if packet.payload else None):
        client.send(b"never")
    data = next(p for p in lab.trace.packets if p.packet.payload)
    assert data.verdict == "dropped" and lab.wire.held == ()
    client.close()
    assert [p.packet.kind for p in lab.wire.held] == ["FIN"]
    lab.wire.release()


def test_what_a_rule_holds_waits_on_the_wire(lab: Lab) -> None:
    listening(lab)
    with lab.wire.rule(lambda packet: "hold" if packet.kind == "SYN+ACK" else None):
        call = lab.client.socket().start("connect", ("server", PORT))
        assert [p.packet.kind for p in lab.wire.held] == ["SYN+ACK"] and not call.done()
    lab.wire.step()
    assert call.result() is None


def test_step_takes_the_oldest(lab: Lab) -> None:
    listening(lab)
    lab.wire.hold()
    for _ in range(3):
        lab.client.socket().start("connect", ("server", PORT))
    oldest, second, _ = lab.wire.held
    assert all(p.waited for p in (oldest, second))
    assert lab.wire.step() is oldest and oldest.delivered and not second.delivered
    lab.wire.release()


def test_a_rule_that_failed_is_not_asked_again(lab: Lab) -> None:
    listening(lab)
    asked: list[str] = []

    def fails(packet: Packet) -> None:
        asked.append(packet.kind)
        raise ZeroDivisionError

    with pytest.raises(LabError, match="ZeroDivisionError"), lab.wire.rule(fails):
        lab.client.socket().connect(("server", PORT))
    assert asked == ["SYN"]


def test_a_rules_delay_is_kept(lab: Lab) -> None:
    listening(lab)
    with lab.wire.rule(lambda packet: 0.3 if packet.kind == "SYN" else None):
        lab.client.socket().connect(("server", PORT))
    syn = next(p for p in lab.trace.packets if p.packet.kind == "SYN")
    assert (syn.delivered or 0) - syn.sent >= 300_000_000


@pytest.mark.parametrize("end", ["source", "destination"])
@pytest.mark.parametrize("host", ["client", "server"])
def test_a_delay_is_of_one_source_or_to_one_destination(lab: Lab, end: str, host: str) -> None:
    listening(lab)
    lab.wire.delay(0.4, **{end: host})
    lab.client.socket().connect(("server", PORT))
    lab.wire.delay(0)
    syn, answer = lab.trace.packets[:2]
    late = syn if (end == "source") == (host == "client") else answer
    took = {id(p): (p.delivered or 0) - p.sent for p in (syn, answer)}
    assert took[id(late)] >= 400_000_000
    assert min(took.values()) < took[id(late)] / 2


@pytest.mark.parametrize("wrong", ["raises", "returns", "asks"])
def test_a_rule_that_fails_is_set_aside_and_named(lab: Lab, wrong: str) -> None:
    listening(lab)

    def faulty(packet: Packet) -> object:
        if wrong == "asks":
            return lab.wire.held
        return packet.nonsense if wrong == "raises" else "dorp"  # type: ignore[attr-defined]

    with pytest.raises(LabError, match="the rule faulty was set aside"):
        with lab.wire.rule(faulty):  # type: ignore[arg-type]
            lab.client.socket().start("connect", ("server", PORT)).result()
    lab.client.socket().connect(("server", PORT))


def test_inject_from_a_host_that_does_not_exist(lab: Lab) -> None:
    listening(lab)
    syn = IP(src="198.51.100.7", dst=lab.server.address) / TCP(sport=999, dport=PORT, flags="S")
    record = lab.wire.inject(syn)
    assert record.injected and record.verdict == "delivered"
    assert lab.server.sockets().find("SYN-RECV")[0].peer == "198.51.100.7:999"
    assert lab.trace.packets[-1].verdict == "nobody"


def test_bad_requests_say_what_to_do(lab: Lab) -> None:
    for refused, words in (
        (lambda: lab.wire.step(), "no packet is on the wire"),
        (lambda: lab.wire.drop(), "no packet is on the wire"),
        (lambda: lab.wire.delay(-1), "between 0 and 60 seconds"),
        (lambda: lab.wire.delay(1, source="mars"), "no host 'mars'"),
        (lambda: lab.wire.inject(b"xx"), "takes an IP packet"),
        (lambda: lab.wire.inject(IP(dst="192.0.2.1"), to="mars"), "no host 'mars'"),
    ):
        with pytest.raises(LabError, match=words):
            refused()
    lab.wire.hold()
    lab.client.socket().start("connect", ("server", PORT))
    syn = lab.wire.step()
    with pytest.raises(LabError, match="it is not held, it is delivered"):
        lab.wire.step(syn)
    assert "held" in repr(lab.wire)


def test_bench_mode_has_no_wire_and_says_how_to_get_one(bench: Lab) -> None:
    for refused in (
        lambda: bench.wire,
        lambda: bench.server.counters(),
        lambda: bench.server.sysctl.__setitem__("ipv4.tcp_syncookies", 0),
        lambda: bench.add_address("server", "127.0.0.9"),
    ):
        with pytest.raises(NotPermitted, match="user namespaces"):
            refused()
    assert int(bench.server.sysctl["ipv4.tcp_syncookies"]) in (0, 1, 2)


def test_a_burst_is_recorded_packet_for_packet(lab: Lab) -> None:
    listener = listening(lab, 512)
    with lab.fast():
        clients = [lab.client.socket() for _ in range(300)]
        for client in clients:
            client.setblocking(False)
            client.connect_ex(("server", PORT))
    assert listener.queues().accept == 300
    assert sum(p.packet.kind == "SYN" for p in lab.trace.packets) == 300
    received, lost = lab.engine.relay.losses()
    assert lost == 0 and received >= 900


def test_a_program_that_polls_does_not_stall_the_wire(lab: Lab) -> None:
    program = lab.server.run(polls)
    client = lab.client.socket()
    client.connect(("server", PORT))
    client.send(b"x")
    assert program.result() == b"x"


def polls() -> bytes:
    import socket

    listener = socket.create_server(("0.0.0.0", PORT))
    listener.setblocking(False)
    while True:
        try:
            conn = listener.accept()[0]
            break
        except BlockingIOError:
            continue
    conn.setblocking(False)
    while True:
        try:
            return conn.recv(1)
        except BlockingIOError:
            continue
