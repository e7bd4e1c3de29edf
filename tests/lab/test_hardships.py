"""A lab that two threads use, that is stopped, forked, or whose processes misbehave."""

from __future__ import annotations

import multiprocessing
import multiprocessing.connection
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator

import pytest

from helpers import Lab, LabError
from helpers.lab.call import Call
from helpers.waiting import wait_until
from tests.scenes import PORT

pytestmark = pytest.mark.live


def goes_on(lab: Lab, port: int = 9099) -> None:
    """A connection can be made in it, and bytes are sent and received."""
    listener, client = lab.server.socket(), lab.client.socket()
    listener.bind(("", port))
    listener.listen()
    client.connect(("server", port))
    client.send(b"still there?")
    assert listener.accept()[0].recv(100) == b"still there?"
    assert "defect" not in str(lab.trace)


# ---- two threads, a stop, a fork ------------------------------------------------------------


def test_two_threads_get_each_its_own_answers(lab: Lab) -> None:
    lab.server.sysctl["ipv4.tcp_fin_timeout"] = 7
    known = lab.server.sysctl["ipv4.tcp_syncookies"]
    names = {"ipv4.tcp_fin_timeout": "7", "ipv4.tcp_syncookies": known}
    wrong: list[object] = []

    def ask(name: str, value: str) -> None:
        try:
            sock = lab.client.socket()
            for _ in range(50):
                wrong.extend([] if lab.server.sysctl[name] == value else [name])
                wrong.extend([] if sock.getblocking() else [sock])
                lab.server.sockets()
            with lab.fast():
                sock.close()
        except Exception as error:
            wrong.append(error)

    threads = [threading.Thread(target=ask, args=each) for each in names.items()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    goes_on(lab)


def _stop_soon(call_is_there: Callable[[], object]) -> threading.Thread:
    def stop() -> None:
        wait_until("the call to begin", lambda: call_is_there() and _waits())
        os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=stop)
    thread.start()
    return thread


def _waits() -> bool:
    """Whether the notebook's thread is where it waits for a call: the kernel may be there first."""
    frame = sys._current_frames().get(threading.main_thread().ident or 0)
    while frame is not None:
        if frame.f_code is Call.exception.__code__:
            return True
        frame = frame.f_back
    return False


@pytest.fixture
def stoppable() -> Iterator[None]:
    """SIGINT stops what runs: a shell's background job, and what it starts, ignores it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("stoppable")
def test_a_call_that_was_stopped_stays_reachable(make_lab: Callable[..., Lab]) -> None:
    lab = make_lab(deadline=60)
    listener = lab.server.socket()
    listener.bind(("", PORT))
    listener.listen()
    thread = _stop_soon(lambda: [c for c in lab.server.calls if c.blocked])
    with pytest.raises(KeyboardInterrupt) as stopped:
        listener.accept()
    thread.join()
    assert stopped.value.__notes__ == ["accept() goes on in its host, whose .calls has it"]
    (call,) = lab.server.calls
    client = lab.client.socket()
    client.connect(("server", PORT))
    assert call.result()[1][0] == lab.client.address
    goes_on(lab)
    thread = _stop_soon(lambda: [c for c in lab.server.calls if c.blocked])
    with pytest.raises(KeyboardInterrupt):
        listener.accept()
    thread.join()
    lab.close()
    with pytest.raises(LabError, match="closed"):
        listener.fileno()


def _use(lab: Lab, said: multiprocessing.connection.Connection) -> None:
    try:
        lab.server.socket()
    except LabError as error:
        said.send(str(error))
    lab.close()


def test_a_process_that_is_forked_from_the_notebook_cannot_end_the_lab(lab: Lab) -> None:
    said, told = multiprocessing.Pipe(duplex=False)
    child = multiprocessing.get_context("fork").Process(target=_use, args=(lab, told))
    child.start()
    assert f"this lab belongs to process {os.getpid()}" in said.recv()
    child.join()
    assert child.exitcode == 0
    goes_on(lab)
    ready, go = os.pipe(), os.pipe()
    pid = os.fork()
    if not pid:  # it lives on while the lab is closed, and must not hold it open
        os.write(ready[1], b"x")
        os.read(go[0], 1)
        os._exit(0)
    os.read(ready[0], 1)
    lab.close()
    os.write(go[1], b"x")
    assert os.waitpid(pid, 0)[1] == 0
    for fd in (*ready, *go):
        os.close(fd)


# ---- processes that misbehave ---------------------------------------------------------------


def test_a_keeper_that_is_dead_or_stopped_is_named(
    make_lab: Callable[..., Lab], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("helpers.links.line.ANSWER", 0.5)
    stopped, dead = make_lab(), make_lab()
    sock, keeper = dead.server.socket(), dead.engine._keeper
    os.kill(stopped.engine._keeper.pid, signal.SIGSTOP)
    with pytest.raises(LabError, match=r"keeper is stopped \(SIGSTOP to process \d+\).*close\(\)"):
        stopped.server.sysctl["ipv4.tcp_syncookies"]
    stopped.close()
    os.kill(keeper.pid, signal.SIGKILL)
    wait_until("the keeper to end", lambda: keeper._process.poll() is not None)
    for use in (sock.fileno, dead.client.socket, dead.server.restart, dead.server.sockets):
        with pytest.raises(LabError, match=r"keeper has ended.*Lab\(\) makes a new one"):
            use()
    dead.close()


def test_a_stopped_host_keeps_nobody_waiting(make_lab: Callable[..., Lab]) -> None:
    lab = make_lab(deadline=0.3)
    os.kill(lab.server.pid, signal.SIGSTOP)
    with pytest.raises(LabError):
        lab.server.socket()
    lab.client.socket()
    lab.server.restart()
    goes_on(lab)


def _closes_everything() -> None:
    os.closerange(0, 2000)


def _is_replaced() -> None:
    os.execv("/bin/true", ["true"])


@pytest.mark.parametrize("program", [_closes_everything, _is_replaced, os.abort])
def test_a_program_that_leaves_the_lab(lab: Lab, program: Callable[[], None]) -> None:
    with pytest.raises(LabError):
        lab.server.run(program).result()
    goes_on(lab)


def _sends_to_a_closed_port(name: str) -> str:
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.connect((name, 9))
    sock.send(b"anybody?")
    try:
        return str(sock.recv(1))
    except ConnectionRefusedError:
        return "refused"


def test_a_datagram_to_a_closed_port(lab: Lab) -> None:
    assert lab.client.run(_sends_to_a_closed_port, "server").result() == "refused"
    goes_on(lab)


# ---- programs that fork ---------------------------------------------------------------------


def _child_returns() -> str:
    listener = socket.create_server(("", PORT))
    pid = os.fork()
    conn, _ = listener.accept()
    conn.send(b"from the child" if pid == 0 else b"from the parent")
    conn.close()
    if pid:
        os.waitpid(pid, 0)
        return "the parent's"
    return "the child's"


def test_a_child_that_returns_ends_alone_and_is_recorded_by_its_own_name(lab: Lab) -> None:
    program = lab.server.run(_child_returns)
    said = set()
    for _ in range(2):
        client = lab.client.socket()
        client.connect(("server", PORT))
        said.add(client.recv(100))
    assert said == {b"from the child", b"from the parent"}
    assert program.result() == "the parent's"
    accepted = {c.process for c in lab.trace.calls if c.name == "accept"}
    assert len(accepted) == 2
    assert all(c.end for c in lab.trace.calls)
    goes_on(lab)


def _forks_five() -> None:
    listener = socket.create_server(("", PORT))
    for _ in range(5):
        conn, _ = listener.accept()
        if os.fork() == 0:
            listener.close()
            conn.sendall(conn.recv(10))
            conn.close()
            os._exit(0)
        conn.close()
    for _ in range(5):
        os.wait()


def test_children_at_work_together_hear_each_their_own_replies(lab: Lab) -> None:
    program = lab.server.run(_forks_five)
    clients = [lab.client.socket() for _ in range(5)]
    for client in clients:
        client.connect(("server", PORT))
    for n, client in reversed(list(enumerate(clients))):
        client.send(b"%d" % n)
        assert client.recv(9) == b"%d" % n
    program.result()
    calls = lab.trace.calls
    assert all(c.end for c in calls), [str(c) for c in calls if not c.end]
    sends = [c.process for c in calls if c.name == "sendall" and c.process != "client"]
    assert len(set(sends)) == 5
    goes_on(lab)
