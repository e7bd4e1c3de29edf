"""A whole program is recorded in the order of what it did."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable

import pytest

from helpers.errors import StillBlocked
from helpers.lab.lab import Lab
from helpers.record.causes import cause_table, causes
from helpers.record.trace import CallRecord, Trace
from tests.scenes import PORT, connected, listening
from tests.scenes.whole import PAIRS, THREADED, eight_lines

pytestmark = pytest.mark.live
# 15 times 14 pairs are 210 runs.
TIMES = 15 if os.environ.get("TCP_LAB_SLOW") else 1
SENDING = {"connect", "connect_ex", "send", "sendall", "close", "shutdown"}


def misplaced(trace: Trace) -> list[str]:
    """Packets that a call sent, by the kernel's stamp, and that the order lays elsewhere; and
    those that it lays to a call which was not under way. Empty if the order is right."""
    wrong = []
    sending = [c for c in trace.calls if c.name in SENDING]
    for cause in causes(trace):
        for packet in cause.packets:
            inside = [c for c in sending if c.host == cause.host and _within(packet.sent, c)]
            own = not packet.packet.pure_ack and not packet.again
            if cause.call and not any(_within(packet.sent, c) for c in trace.calls):
                wrong.append(f"{packet} is laid to {cause.what}, outside of every call")
            elif own and inside and cause.what not in [c.text for c in inside]:
                if "arrives" not in cause.what:
                    wrong.append(f"{packet} was sent by {inside[0]}, and is laid to {cause.what}")
    return wrong


def _within(t: int, call: CallRecord, slack: int = 300_000) -> bool:
    return call.begin - slack <= t <= (call.end or 1 << 62) + slack


@pytest.mark.parametrize("pair", PAIRS * TIMES, ids=lambda pair: pair[0].__name__)
def test_what_a_call_sends_lies_in_that_call(
    make_lab: Callable[..., Lab], pair: tuple[Callable[..., None], Callable[..., None]]
) -> None:
    lab = make_lab()
    server, client = pair
    served = lab.server.run(server, PORT)
    lab.client.run(client, "server", PORT).result()
    served.result()
    assert len(lab.trace.packets) >= 6
    assert not misplaced(lab.trace), lab.trace


def test_a_kernel_answers_before_the_call_that_it_wakes_returns(lab: Lab) -> None:
    """The handshake's ACK leaves before connect returns, and no recv sends the ACK of its data."""
    listener = listening(lab)
    client, accepting = lab.client.socket(), listener.start("accept")
    client.connect(("server", PORT))
    reading = accepting.result()[0].start("recv", 100)
    client.send(b"hello")
    assert reading.result() == b"hello"
    seen = [(event.kind, event.record) for event in lab.trace.events]
    for call in [c for c in lab.trace.calls if c.name in ("connect", "recv")]:
        ack = next(p for p in lab.trace.packets if p.origin == call.host and p.packet.pure_ack)
        sent, ended, arrived = (
            seen.index(each) for each in (("sent", ack), ("end", call), ("delivered", ack))
        )
        assert sent < ended < arrived, lab.trace


@pytest.mark.parametrize(
    "pair",
    THREADED,
    ids=lambda pair: f"{pair[0].__name__}",
)
def test_threads_give_one_text(
    make_lab: Callable[..., Lab], pair: tuple[Callable[..., None], Callable[..., None]]
) -> None:
    texts = set()
    for _ in range(10 if os.environ.get("TCP_LAB_SLOW") else 3):
        with make_lab() as lab:
            served = lab.server.run(pair[0], PORT)
            lab.client.run(pair[1], "server", PORT).result()
            served.result()
            texts.add(str(lab.trace))
    assert len(texts) == 1, "\n\n".join(texts)


def test_eight_lines_run_whole_and_call_by_call_are_one_table(make_lab: Callable[..., Lab]) -> None:
    whole = make_lab()
    whole.server.run(eight_lines, PORT)
    client = whole.client.socket()
    client.connect(("server", PORT))
    client.send(b"hello")
    client.recv(1024)
    client.close()

    single = make_lab()
    listener = listening(single)
    accepting = listener.start("accept")
    client = single.client.socket()
    client.connect(("server", PORT))
    conn, _ = accepting.result()
    reading = conn.start("recv", 1024)
    client.send(b"hello")
    reading.result()
    conn.close()
    listener.close()
    client.recv(1024)
    client.close()
    assert cause_table(whole.trace) == cause_table(single.trace)
    assert str(whole.trace) == str(single.trace)


def test_the_table_names_the_call_that_sent(lab: Lab) -> None:
    def rows() -> list[str]:
        return [c.what for c in causes(lab.trace) if c.call and c.sent == "data"]

    conn = lab.server.run(PAIRS[1][0], PORT)
    lab.client.socket().connect(("server", PORT))
    assert rows() == ["send(b'welcome')"]
    conn.kill()


def test_what_a_timer_sends_is_laid_to_no_call(lab: Lab) -> None:
    _, conn, client = connected(lab)
    conn.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    conn.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 1)
    mark = lab.trace.mark()
    waiting = conn.start("recv", 10)
    limit = time.monotonic() + 20
    while not lab.trace.since(mark).packets and time.monotonic() < limit:
        time.sleep(0.01)
    probed = [c for c in causes(lab.trace.since(mark)) if c.packets and c.host == "server"]
    assert [(c.call, c.sent) for c in probed] == [(False, "ACK")]
    client.close()
    assert waiting.result() == b""


def spins(port: int) -> None:
    conn = socket.create_server(("", port)).accept()[0]
    while True:
        conn.send(b"echo: " + conn.recv(100))


def spins_for_ever(port: int) -> None:
    conn = socket.create_server(("", port)).accept()[0]
    while True:
        conn.recv(100)


def test_a_loop_that_never_sleeps_meets_its_broken_pipe(lab: Lab) -> None:
    """As on plain loopback: the program ends by itself, after as many calls."""
    program = lab.server.run(spins, PORT)
    client = lab.client.socket()
    client.connect(("server", PORT))
    client.send(b"x")
    client.recv(10)
    began = time.monotonic()
    client.close()
    assert isinstance(program.exception(), BrokenPipeError)
    assert time.monotonic() - began < 1
    made = [c for c in lab.trace.calls if c.process == "spins"]
    assert abs(len(made) - plain_calls()) <= 10


def plain_calls() -> int:
    """How many calls the same loop makes on this machine's own loopback."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        with socket.create_connection(listener.getsockname()) as client:
            conn, _ = listener.accept()
            client.send(b"x")
            conn.send(b"echo: " + conn.recv(100))
            client.recv(10)
        count = 7  # socket, setsockopt, bind, listen, accept, recv, send
        data = conn.recv(100)
        with conn:
            while True:
                try:
                    conn.send(b"echo: " + data)
                    data = conn.recv(100)
                    count += 2  # the send, and the recv before it
                except OSError:
                    return count + 2


def test_a_loop_that_spins_keeps_nobody_waiting(lab: Lab) -> None:
    program = lab.server.run(spins_for_ever, PORT)
    client = lab.client.socket()
    client.connect(("server", PORT))
    client.close()
    with pytest.raises(StillBlocked, match="spinning: it makes call after call"):
        program.result(0.2)
    assert lab.server.sockets().find("CLOSE-WAIT")
    program.kill()
    assert str(lab.trace).count("the same, again and again") in (1, 2, 3)
    assert len(str(lab.trace).splitlines()) < 80
