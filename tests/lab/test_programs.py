"""Whole programs, forks, and the end of everything."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from helpers import LabError, wait_until
from helpers.errors import HostDied
from helpers.lab.lab import Lab
from helpers.server import eight_lines
from tests.scenes import PORT, connected, listening
from tests.scenes.plays import pre_forking

pytestmark = pytest.mark.live
ROOT = Path(__file__).parents[2]


def fails() -> None:
    print("about to fail")
    raise OSError(98, "Address already in use")


def test_the_eight_lines_serve_one_client_and_end(either: Lab) -> None:
    program = either.server.run(eight_lines)
    assert repr(program) == "eight_lines() … blocked in accept()"
    client = either.client.socket()
    client.connect(("server", PORT))
    client.send(b"hello")
    assert client.recv(10) == b""
    assert program.result() is None and program.done()
    assert repr(program) == "eight_lines() ended"
    lines = [c.line for c in either.trace.calls if c.process == "eight_lines"]
    assert lines[:4] == [
        "socket()",
        "setsockopt(3, SOL_SOCKET, SO_REUSEADDR, 1)",
        "bind(3, 0.0.0.0:8080)",
        "listen(3, 1)",
    ]


def test_a_program_that_fails_tells_how(either: Lab) -> None:
    program = either.server.run(fails)
    with pytest.raises(OSError, match="Address already in use") as caught:
        program.result()
    assert caught.value.errno == 98
    assert program.output == "about to fail\n"
    assert "raise OSError(98" in program.traceback
    assert "raised OSError" in repr(program)


def test_a_program_can_be_killed(either: Lab) -> None:
    program = either.server.run(eight_lines)
    program.kill()
    assert isinstance(program.exception(), HostDied)
    assert not psutil.pid_exists(program.pid)
    assert not either.server.sockets().find("LISTEN")


@pytest.mark.parametrize("bad", [print, lambda: None, 7])
def test_run_takes_a_plain_function(either: Lab, bad: object) -> None:
    with pytest.raises(LabError, match="run takes a plain function"):
        either.server.run(bad)  # type: ignore[arg-type]


def test_a_kill_sends_what_close_would(lab: Lab) -> None:
    connected(lab)
    lab.server.kill()
    assert lab.server.sockets().states == ["FIN-WAIT-2"]
    assert lab.client.sockets().states == ["CLOSE-WAIT"]
    assert "server killed (SIGKILL)" in str(lab.trace)
    lab.server.restart()
    fresh = lab.server.socket()
    with pytest.raises(OSError, match="Address already in use"):
        fresh.bind(("0.0.0.0", PORT))


def test_exit_ends_the_process_by_itself(either: Lab) -> None:
    listening(either)
    either.server.exit()
    assert not either.server.alive
    assert not either.server.sockets().find("LISTEN")


def test_a_forked_child_shares_the_sockets(either: Lab) -> None:
    _, conn, client = connected(either)
    child = either.server.fork()
    assert child.pid != either.server.pid and child.alive
    conn.close()
    conn.at(child).send(b"from the child")
    assert client.recv(100) == b"from the child"
    child.kill()
    assert client.recv(100) == b""
    assert either.server.alive


def test_a_second_close_does_nothing_and_a_closed_lab_says_so(make_lab) -> None:  # type: ignore[no-untyped-def]
    lab = make_lab()
    sock = lab.client.socket()
    lab.close()
    lab.close()
    for refused in (
        lambda: sock.send(b"x"),
        lambda: lab.wire,
        lambda: lab.server.sockets(),
        lambda: lab.server.kill(),
        lambda: lab.server.run(eight_lines),
    ):
        with pytest.raises(LabError, match="the lab is closed"):
            refused()
    assert "closed" in repr(lab)


def test_calls_that_wait_end_with_the_lab(make_lab) -> None:  # type: ignore[no-untyped-def]
    lab = make_lab()
    call = listening(lab).start("accept")
    lab.close()
    assert isinstance(call.exception(), HostDied)


def _python(code: str, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", code, *arguments],
        cwd=ROOT, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip


_INTERRUPTED = """
import os, signal, threading
from helpers import Lab
signal.signal(signal.SIGINT, signal.default_int_handler)  # a background job ignores it
lab = Lab()
listener = lab.server.socket()
listener.bind(("0.0.0.0", 8080))
listener.listen()
threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT)).start()
try:
    listener.accept()
except KeyboardInterrupt:
    print("interrupted")
client = lab.client.socket()
client.connect(("server", 8080))
print(client.send(b"x"))
lab.close()
"""


def test_an_interrupted_cell_leaves_the_lab_usable() -> None:
    done = _python(_INTERRUPTED)
    output, _ = done.communicate(timeout=30)
    assert output.split()[-2:] == ["interrupted", "1"]


_KILLED = """
import sys
from helpers import Lab
from helpers.concepts.reuse import restart_matrix
from helpers.server import eight_lines
print("begun", flush=True)
while True:
    with Lab() as lab:
        program = lab.server.run(eight_lines)
        child = lab.client.fork()
        lab.client.socket().connect(("server", 8080))
        call = lab.server.socket().start("recv", 1)
"""


@pytest.mark.parametrize("moment", range(10))
def test_nothing_outlives_the_notebook(moment: int) -> None:
    """SIGKILL at ten different moments: within a second no process is left, and no namespace."""
    spaces_before = _namespaces()
    doomed = _python(_KILLED)
    assert doomed.stdout is not None and doomed.stdout.readline() == "begun\n"
    time.sleep(0.031 * moment)  # ten different moments: the pause is the experiment
    family = psutil.Process(doomed.pid).children(recursive=True)
    doomed.kill()
    doomed.wait()
    doomed.stdout.close()
    limit = time.monotonic() + 1.0
    while time.monotonic() < limit and (_alive(family) or _ours(_namespaces() - spaces_before)):
        time.sleep(0.005)
    assert not _alive(family)


def _alive(family: list[psutil.Process]) -> list[psutil.Process]:
    return [p for p in family if _is_alive(p)]


def _is_alive(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:  # it has ended in between
        return False


def _namespaces() -> set[str]:
    found = set()
    for entry in Path("/proc").iterdir():
        try:
            found.add(os.readlink(entry / "ns" / "net"))
        except OSError:
            continue
    return found


def _ours(spaces: set[str]) -> bool:
    """Other tests run beside this one; only their own leak checks can tell theirs."""
    return False if os.environ.get("PYTEST_XDIST_WORKER") else bool(spaces)


def test_workers_are_forked_in_a_host_and_go_with_the_lab(either: Lab) -> None:
    program = either.server.run(pre_forking, 8093, 3, observed=False)
    parent = psutil.Process(program.pid)
    workers = wait_until("three workers", lambda: (w := parent.children()) and len(w) == 3 and w)
    clients = [either.client.socket() for _ in range(3)]
    for client in clients:
        client.connect(("server", 8093))
        client.send(b"hello")
        assert client.recv(10) == b"hello"
    either.close()
    assert not psutil.wait_procs(workers, timeout=2)[1]


def test_sigterm_is_enough() -> None:
    doomed = _python(_KILLED)
    assert doomed.stdout is not None and doomed.stdout.readline() == "begun\n"
    family = psutil.Process(doomed.pid).children(recursive=True)
    doomed.send_signal(signal.SIGTERM)
    doomed.wait()
    doomed.stdout.close()
    assert not psutil.wait_procs(family, timeout=2)[1]
