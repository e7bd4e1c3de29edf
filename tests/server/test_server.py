"""The server at every stage: what it cannot do yet, and what it can from then on."""

from __future__ import annotations

import os
import re
import resource
import signal
import socket
import struct
from pathlib import Path

import pytest

from helpers import Lab, server, wait_until
from helpers.errors import HostDied
from helpers.lab.mirror import Socket

pytestmark = pytest.mark.live
ROOT = Path(__file__).parents[2]
PORT = 8100
SINGLE = [server.bare, server.eight_lines, server.addressed, server.announced]
LASTING = [server.looping, server.impatient, server.by_lines, server.finished]
ANSWERING = [server.by_lines, server.finished]


def name(stage: server.Stage) -> str:
    return stage.__name__


def begun(lab: Lab, stage: server.Stage, *more: object) -> object:
    """The stage, started where the client can reach it."""
    wide = (lab.server.address,) if stage not in SINGLE[:2] else ()
    return lab.server.run(stage, PORT, *wide, *more)


def visit(lab: Lab) -> Socket:
    client = lab.client.socket()
    client.connect(("server", PORT))
    return client


def reset(client: Socket) -> None:
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()


def test_each_stage_differs_from_the_one_before() -> None:
    for stage in server.STAGES[:-1]:
        told = repr(server.difference(stage))
        assert re.search(r"^\+", told, re.M), stage
    assert "+    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)" in repr(
        server.difference(server.bare)
    )


@pytest.mark.parametrize("stage", server.STAGES, ids=name)
def test_each_stage_is_a_program_that_a_student_can_read(stage: server.Stage) -> None:
    lines = (ROOT / "helpers" / "server" / f"{name(stage)}.py").read_text().splitlines()
    full = [line for line in lines if line.strip()]
    assert len(full) <= (60 if stage is server.finished else 45)


@pytest.mark.parametrize("stage", SINGLE, ids=name)
def test_the_first_stages_serve_one_client_and_end(either: Lab, stage: server.Stage) -> None:
    program = begun(either, stage)
    client = visit(either)
    client.send(b"hello")
    assert client.recv(10) == b""
    assert program.result() is None


@pytest.mark.parametrize(("stage", "said"), [(server.bare, False), (server.eight_lines, True)])
def test_after_01_it_starts_again(lab: Lab, stage: server.Stage, said: bool) -> None:
    for attempt in range(2):
        program = begun(lab, stage)
        if attempt and not said:
            assert "Address already in use" in str(program.exception())
            return
        client = visit(lab)
        client.send(b"hello")
        assert client.recv(10) == b""  # the server closes first, and keeps TIME-WAIT
        client.close()
    assert program.result() is None


def test_after_03_it_says_which_port_the_kernel_chose(either: Lab) -> None:
    program = either.server.run(server.announced, 0, either.server.address)
    port = int(program.output.split()[-1])
    client = either.client.socket()
    client.connect(("server", port))
    client.send(b"hello")
    assert program.result() is None


@pytest.mark.parametrize("stage", LASTING, ids=name)
def test_after_04_it_lives_on(either: Lab, stage: server.Stage) -> None:
    """A client that resets at once, one that resets later, one that says nothing."""
    program = begun(either, stage)
    first, second, third = visit(either), visit(either), visit(either)
    reset(first)
    second.send(b"hello\n")
    reset(second)
    third.close()
    last = visit(either)
    last.send(b"hello\n")
    last.shutdown(socket.SHUT_WR)
    want = b"hello\n" if stage in ANSWERING else b""
    assert last.recv(10) == want
    assert not program.done()


@pytest.mark.parametrize("stage", LASTING, ids=name)
def test_after_04_it_lives_through_having_no_descriptor_left(
    either: Lab, stage: server.Stage
) -> None:
    program = begun(either, stage)
    before = resource.prlimit(program.pid, resource.RLIMIT_NOFILE)
    used = [int(fd) for fd in os.listdir(f"/proc/{program.pid}/fd")]
    lowest = next(n for n in range(2000) if n not in used)
    resource.prlimit(program.pid, resource.RLIMIT_NOFILE, (lowest, before[1]))
    first, waits = visit(either), visit(either)
    first.close()  # accept had its descriptor before it began to wait; the next one finds none
    waits.send(b"hello\n")
    wait_until(
        "a refused accept",
        lambda: any(c.error == "EMFILE" for c in either.trace.calls if c.name == "accept"),
    )
    resource.prlimit(program.pid, resource.RLIMIT_NOFILE, before)
    waits.shutdown(socket.SHUT_WR)
    assert waits.recv(10) == (b"hello\n" if stage in ANSWERING else b"")


@pytest.mark.parametrize("stage", LASTING[1:3], ids=name)
def test_after_05_a_silent_client_keeps_nobody_waiting_for_ever(
    either: Lab, stage: server.Stage
) -> None:
    program = begun(either, stage, 128, 0.2)
    mute, other = visit(either), visit(either)
    other.send(b"hello\n")
    other.shutdown(socket.SHUT_WR)
    assert other.recv(10) == (b"hello\n" if stage in ANSWERING else b"")
    assert mute.recv(10) == b"" and not program.done()


@pytest.mark.parametrize("stage", ANSWERING, ids=name)
def test_after_06_a_message_is_a_line_however_it_comes(either: Lab, stage: server.Stage) -> None:
    program = begun(either, stage)
    client = visit(either)
    for piece in (b"on", b"e\ntwo\nthr", b"ee\n\n"):
        client.send(piece)
    assert client.recv(15, socket.MSG_WAITALL) == b"one\ntwo\nthree\n\n"
    client.send(b"cut off")
    client.shutdown(socket.SHUT_WR)
    assert client.recv(10) == b"" and not program.done()
    endless = visit(either)
    endless.send(b"x" * 3000)
    assert wait_until("its end", lambda: ended(endless)) and not program.done()


def ended(client: Socket) -> bool:
    try:
        return client.recv(10) == b""
    except ConnectionResetError:
        return True


def test_after_07_many_are_served_at_once_over_both_families(either: Lab) -> None:
    if either.bench:
        pytest.skip("in bench mode :: is the host's IPv4 address only")
    program = either.server.run(server.finished, PORT, "::")
    four = [visit(either) for _ in range(4)]
    six = either.client.socket(socket.AF_INET6)
    six.connect(("server", PORT))
    for client in (*four, six):
        client.send(b"hello\n")
        assert client.recv(10) == b"hello\n"
    assert not program.done()


def test_after_07_it_loses_no_byte_of_whom_it_has_accepted(either: Lab) -> None:
    """SIGTERM while a client is half way through its line: it is answered, and then is the end."""
    program = begun(either, server.finished)
    client = visit(either)
    client.send(b"half")
    os.kill(program.pid, signal.SIGTERM)
    wait_until("the listener's end", lambda: not either.server.sockets().find("LISTEN"))
    client.send(b" and whole\n")
    assert client.recv(100) == b"half and whole\n"
    client.shutdown(socket.SHUT_WR)
    assert client.recv(100) == b""
    assert program.result() is None


def test_after_07_it_serves_whoever_still_waits_in_its_queue(either: Lab) -> None:
    """SIGTERM comes while three are in the queue: each has its answer before the end."""
    program = begun(either, server.finished)
    os.kill(program.pid, signal.SIGSTOP)
    waiting = [visit(either) for _ in range(3)]
    for client in waiting:
        client.send(b"hello\n")
    os.kill(program.pid, signal.SIGTERM)
    os.kill(program.pid, signal.SIGCONT)
    assert [client.recv(10) for client in waiting] == [b"hello\n"] * 3
    for client in waiting:
        client.close()
    assert program.result() is None


def test_after_07_one_that_serves_nobody_ends_at_sigterm(either: Lab) -> None:
    program = begun(either, server.finished)
    os.kill(program.pid, signal.SIGTERM)
    assert program.result() is None


def test_after_07_a_line_that_is_too_long_ends_without_a_reset(either: Lab) -> None:
    begun(either, server.finished)
    client = visit(either)
    client.send(b"ok\n" + b"x" * 20_000)
    assert client.recv(10) == b"ok\n"
    assert client.recv(10) == b""


def test_before_07_sigterm_cuts_it_off(either: Lab) -> None:
    program = begun(either, server.by_lines)
    visit(either).send(b"half")
    os.kill(program.pid, signal.SIGTERM)
    assert isinstance(program.exception(), HostDied)
