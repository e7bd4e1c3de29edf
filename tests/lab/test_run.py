"""When ``run`` returns, what a program is said to be doing, and what became of it."""

from __future__ import annotations

import enum
import os
import signal
import socket
from collections.abc import Callable

import pytest

from helpers import LabError, StillBlocked, wait_until
from helpers.errors import HostDied
from helpers.lab.lab import Lab
from helpers.server import eight_lines
from tests.scenes import PORT, listening, plays

pytestmark = pytest.mark.live


class Level(enum.IntEnum):
    LOW = 1


@pytest.mark.parametrize("how", ["sleep", "compute", "child", "thread"])
def test_a_client_can_come_as_soon_as_run_returns(either: Lab, how: str) -> None:
    program = either.server.run(plays.serves, 8095, how, 0.2)
    for _ in range(3):
        either.client.socket().connect(("server", 8095))
    wait_until("its next accept", lambda: repr(program) == "serves() … blocked in accept()")


def test_a_server_nobody_records_is_waited_for_as_well(either: Lab) -> None:
    program = either.server.run(plays.serves, 8096, "sleep", 0.2, observed=False)
    either.client.socket().connect(("server", 8096))
    wait_until("its next accept", lambda: repr(program) == "serves() … blocked in accept")


def test_a_client_that_sleeps_first_is_waited_for_until_it_waits_itself(either: Lab) -> None:
    listener = listening(either, port=8097)
    program = either.client.run(plays.calls, 8097)
    assert repr(program) == "calls() … blocked in recv(10)"
    listener.accept()[0].send(b"hello")
    assert program.result() == b"hello"


@pytest.mark.parametrize(
    ("how", "told"),
    [
        ("sleep", "asleep in time.sleep"),
        ("late", "waiting in epoll"),
    ],
)
def test_one_that_sleeps_for_long_is_told_of(
    make_lab: Callable[..., Lab], capsys: pytest.CaptureFixture[str], how: str, told: str
) -> None:
    lab = make_lab(deadline=0.2)
    program = lab.client.run(plays.rests, how)
    assert repr(program) == f"rests() … {told}"
    line = capsys.readouterr().out
    assert line.startswith("rests neither listens nor is connected after ")
    assert line.endswith(f"it is {told}, and goes on\n")
    with pytest.raises(StillBlocked, match=f"has not ended: it is {told}. It goes on"):
        program.result(0.01)


def test_nothing_is_waited_for_if_so_asked(lab: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    program = lab.client.run(plays.rests, "sleep", wait=False)
    assert repr(program) == "rests() … asleep in time.sleep"
    assert not capsys.readouterr().out


def test_computing_and_spinning_are_told_apart(
    make_lab: Callable[..., Lab], capsys: pytest.CaptureFixture[str]
) -> None:
    lab = make_lab(deadline=0.2)
    spins = lab.server.run(plays.spins, PORT)
    assert not capsys.readouterr().out  # it listens
    assert "spins() … spinning: it makes call after call" in repr(spins)
    spins.kill()
    computes = lab.server.run(plays.computes)
    assert "it is computing, and goes on" in capsys.readouterr().out
    assert repr(computes) == "computes() … computing"


@pytest.mark.parametrize(
    ("how", "told"),
    [
        ("epoll", "waiting in epoll"),
        ("poll", "waiting in poll"),
        ("select", "waiting in select"),
        ("lock", "waiting for a lock"),
        ("signal", "waiting for a signal"),
        ("child", "waiting for a child"),
    ],
)
def test_what_a_program_waits_in_is_read_from_proc(
    either: Lab, capsys: pytest.CaptureFixture[str], how: str, told: str
) -> None:
    assert repr(either.client.run(plays.rests, how)) == f"rests() … {told}"
    assert not capsys.readouterr().out  # run has not waited: nothing would have come of it


@pytest.mark.parametrize(
    ("how", "told"),
    [
        ("exit", r"dies ended itself by sys\.exit\(3\): exit status 3"),
        ("exit with a text", r"dies ended itself by sys\.exit\('no way'\): exit status 1"),
        ("_exit", r"its exit status is 3.* server\.run\(dies\) runs it again"),
        ("SIGSEGV", r"dies was killed by SIGSEGV \(Segmentation fault\).* server\.run\(dies\)"),
        ("SIGKILL", r"dies was killed by SIGKILL \(Killed\)"),
    ],
)
def test_how_a_program_died_is_said(either: Lab, how: str, told: str) -> None:
    program = either.server.run(plays.dies, how)
    with pytest.raises(HostDied, match=told) as caught:
        program.result()
    assert "restart()" not in str(caught.value)
    assert str(caught.value) in repr(program) or "no way" in how


def test_an_exit_without_a_status_is_a_success(lab: Lab) -> None:
    assert lab.server.run(plays.dies, "exit well").result() is None


def test_a_kill_is_said_to_be_one(lab: Lab) -> None:
    program = lab.server.run(eight_lines)
    assert program.returncode is None
    program.kill()
    assert "eight_lines was killed by SIGKILL" in str(program.exception())
    assert program.returncode == -signal.SIGKILL


def test_an_exit_status_is_the_process_s_own(either: Lab) -> None:
    ended = either.server.run(plays.dies, "_exit", wait=False)
    assert ended.exception() and ended.returncode == 3


def test_what_is_missing_in_a_program_is_said(lab: Lab) -> None:
    missing = lab.server.run(plays.dies, "import")
    assert isinstance(missing.exception(), ModuleNotFoundError)
    assert "puppet.py" not in missing.traceback and "plays.py" in missing.traceback
    error = lab.server.run(plays.dies, "name").exception()
    assert isinstance(error, NameError)
    assert "a program runs in a process of its own" in error.__notes__[0]


def test_a_result_comes_back_as_it_was_returned(lab: Lab) -> None:
    for at, value in enumerate(plays.VALUES):
        back = lab.server.run(plays.gives, at).result()
        assert back == value and type(back) is type(value)
    assert lab.server.run(plays.gives, Level.LOW).result() == ("socket", 1, 2)


def test_an_argument_that_cannot_travel_is_named(lab: Lab) -> None:
    with pytest.raises(LabError, match=r"run cannot hand gives its argument 'at' \(argument 1\)"):
        lab.server.run(plays.gives, lab.server)
    with pytest.raises(LabError, match="in it <host server"):
        lab.server.run(plays.gives, [lab.server])


def test_flags_print_by_name_while_a_call_is_blocked_and_after(either: Lab) -> None:
    listener = listening(either)
    client = either.client.socket(socket.AF_INET)
    client.connect(("server", PORT))
    conn = listener.accept()[0]
    call = conn.start("recv", 10, socket.MSG_PEEK | socket.MSG_NOSIGNAL)
    assert repr(call) == "recv(10, MSG_PEEK|MSG_NOSIGNAL) … blocked"
    with pytest.raises(StillBlocked, match=r"recv\(10, MSG_PEEK\|MSG_NOSIGNAL\)"):
        call.result(0.01)
    client.send(b"x", socket.MSG_DONTWAIT)
    assert repr(call) == "recv(10, MSG_PEEK|MSG_NOSIGNAL) = b'x'"
    assert "send(b'x', MSG_DONTWAIT) = 1" in [str(c) for c in either.trace.calls]
    either.client.socket(socket.AF_INET, socket.SOCK_DGRAM)
    assert str(either.trace.calls[-1]).startswith("socket(AF_INET, SOCK_DGRAM)")


def test_the_process_column_names_the_children_of_a_program(either: Lab) -> None:
    program = either.server.run(plays.shares, 8098, observed=False)
    wait_until("its children", lambda: "shared" in program.output)

    def holders() -> tuple[str, ...]:
        return either.server.sockets().find("LISTEN", local=":8098")[0].processes

    wait_until("the exec", lambda: "sleep" in holders())
    assert holders() == ("shares", "shares-child1", "shares-child2", "sleep")
    program.kill()
    left = ("shares-child1", "shares-child2", "sleep")
    assert holders() == left  # the program is gone, and they keep their names


def test_localhost_is_answered_by_the_lab_and_sends_nothing(either: Lab) -> None:
    found, peers, later, names = either.server.run(plays.local, 8099, observed=False).result()
    assert found == ["::1", "127.0.0.1"] and later == "127.0.0.1"
    assert peers == ["127.0.0.1", "::1", "127.0.0.1"] and names == ("127.0.0.1", "localhost")
    assert not either.trace.packets


def test_a_name_of_twelve_letters_stands_clear(make_lab: Callable[..., Lab]) -> None:
    lab = make_lab(("client", "twelve-lette"))
    listener = lab["twelve-lette"].socket()
    listener.bind(("", PORT))
    listener.listen(1)
    lab.client.socket().connect(("twelve-lette", PORT))
    lines = str(lab.trace).splitlines()
    assert lines[0] == "twelve-lette socket() = 3" and all(line[12] == " " for line in lines)
    assert "             client > twelve-lette  S 0:0(0) win 64240" in lines


def test_a_signal_of_the_notebook_reaches_a_program(lab: Lab) -> None:
    program = lab.server.run(plays.rests, "signal")
    os.kill(program.pid, signal.SIGTERM)
    assert "killed by SIGTERM (Terminated)" in str(program.exception())
