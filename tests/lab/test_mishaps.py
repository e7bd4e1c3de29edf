"""What goes wrong around a lab stays outside: scarce things, interrupts, others' settings."""

from __future__ import annotations

import errno
import os
import resource
import socket
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from helpers import Lab, LabError, NotPermitted
from helpers.inside import descriptors
from helpers.lab import sequencer
from helpers.lab.sequencer import Sequencer
from helpers.links import netns
from tests.scenes import PORT, connected
from tests.scenes.whole import echoes

pytestmark = pytest.mark.live


def echoed(name: str, port: int, times: int) -> int:
    """How many words came back."""
    with socket.create_connection((name, port)) as sock:
        for _ in range(times):
            sock.sendall(b"again")
            assert sock.recv(100) == b"again"
    return times


def test_a_turn_that_is_over_too_soon_is_taken_up_again(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two programs that talk for longer than a turn may last: nobody else wakes the lab."""
    monkeypatch.setattr(sequencer, "BUSY", 0.005)
    served = lab.server.run(echoes, PORT)
    assert lab.client.run(echoed, "server", PORT, 100).result() == 100
    served.result()


def test_a_program_with_one_thread_waits_at_no_gate(lab: Lab) -> None:
    """What the keeper's threads have left in a forked process is none of its own."""
    served = lab.server.run(echoes, PORT)
    lab.client.run(echoed, "server", PORT, 3).result()
    served.result()
    assert [process.threads for process in lab.engine.processes] == [None] * 4


def test_a_default_timeout_of_the_notebook_is_not_the_labs(
    make_lab: Callable[..., Lab], monkeypatch: pytest.MonkeyPatch
) -> None:
    socket.setdefaulttimeout(0.01)
    try:
        conn, client = connected(make_lab())[1:]
        client.send(b"hello")
        assert conn.recv(10) == b"hello"
    finally:
        socket.setdefaulttimeout(None)


def test_no_two_sockets_of_a_lab_have_one_number(either: Lab) -> None:
    here, there = either.server.socket(), either.client.socket()
    child = either.server.fork()
    later = either.server.socket()
    for sock, other in ((here, either.client), (there, either.server), (later, child)):
        with pytest.raises(LookupError, match="no such socket"):
            sock.at(other).getsockname()


def test_each_child_has_a_name_of_its_own(either: Lab) -> None:
    first = either.server.fork()
    first.kill()
    assert either.server.fork().label != first.label


def test_what_is_no_bytes_is_not_sent_as_zeros(either: Lab) -> None:
    client = connected(either)[2]
    for send in (lambda: client.sendmsg(b"hello"), lambda: client.sendto(5, ("server", PORT))):
        with pytest.raises(TypeError, match="a bytes-like object is required, not 'int'"):
            send()


@pytest.mark.parametrize("block", ["rule", "fast"])
def test_an_interrupt_at_the_head_of_a_block_ends_it(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, block: str
) -> None:
    def interrupted(self: Sequencer) -> None:
        monkeypatch.undo()
        raise KeyboardInterrupt

    monkeypatch.setattr(Sequencer, "quiet", interrupted)
    made = lab.wire.rule(lambda packet: "drop") if block == "rule" else lab.fast()
    with pytest.raises(KeyboardInterrupt), made:
        pass
    assert lab.engine.relay is not None and lab.engine.relay.rules == []
    assert lab.engine.sequencer.exact


def test_two_threads_may_close_one_lab(make_lab: Callable[..., Lab]) -> None:
    wrong: list[BaseException] = []

    def close(lab: Lab) -> None:
        try:
            lab.close()
        except BaseException as error:
            wrong.append(error)

    for _ in range(5):
        lab = make_lab()
        connected(lab)[2].send(bytes(100_000))
        threads = [threading.Thread(target=close, args=[lab]) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert not wrong and "defect" not in str(lab.trace)


def test_a_table_says_that_descriptors_ran_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who holds a socket cannot be seen then; to say nobody would be false."""

    def scarce(path: str) -> list[str]:
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    monkeypatch.setattr(os, "listdir", scarce)
    with pytest.raises(OSError, match="Too many open files"):
        descriptors.links_of("self")


def test_a_short_lack_of_descriptors_does_not_end_a_lab(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sequencer, "MOST", 2)
    conn, client = connected(lab)[1:]
    allowed = resource.getrlimit(resource.RLIMIT_NOFILE)
    highest = max(map(int, os.listdir("/proc/self/fd")))
    taken = [os.open("/dev/null", os.O_RDONLY)]
    resource.setrlimit(resource.RLIMIT_NOFILE, (highest + 10, allowed[1]))
    try:
        while True:
            taken.append(os.open("/dev/null", os.O_RDONLY))
    except OSError as full:
        assert full.errno == errno.EMFILE
        assert client.send(b"hello") == 5
        with pytest.raises(OSError, match="Too many open files"):
            lab.server.sockets()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, allowed)
        for fd in taken:
            os.close(fd)
    assert conn.recv(10) == b"hello"


def test_a_kernel_without_ipv6_has_a_wire(
    make_lab: Callable[..., Lab], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Booted with ipv6.disable=1 it has no such file; here it is only made to look so."""
    monkeypatch.setattr(netns, "_HAS_IPV6", str(tmp_path / "if_inet6"))
    lab = make_lab(delayed_ack=True)
    conn, client = connected(lab)[1:]
    client.send(b"hello")
    assert conn.recv(10) == b"hello"
    assert lab.server.run(_has_route_6).result() is False


def _has_route_6() -> bool:
    with open("/proc/net/ipv6_route") as file:
        return any(line.startswith("0" * 32 + " 00") and "eth0" in line for line in file)


def test_a_machine_that_is_short_of_processes_is_not_one_that_forbids_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def scarce(*args: object) -> object:
        return netns.messages.Refused("", errno.EAGAIN), []

    monkeypatch.setattr(netns.Line, "hear", scarce)
    with pytest.raises(LabError, match="no more processes or threads"):
        Lab(bench=False)
    monkeypatch.setattr(
        netns.Line, "hear", lambda *_: (netns.messages.Refused("unshare", errno.EPERM), [])
    )
    with pytest.raises(NotPermitted):
        Lab(bench=False)


def test_a_closed_lab_is_not_entered_and_its_hosts_can_be_counted(bench: Lab) -> None:
    assert [host.name for host in bench] == ["client", "server"]
    assert "client" in bench and "clients" not in bench
    bench.close()
    with pytest.raises(LabError, match="closed"), bench:
        pass


@pytest.mark.parametrize("seconds", ["3", -1, 0, True, None])
def test_a_deadline_is_a_number_of_seconds(bench: Lab, seconds: object) -> None:
    with pytest.raises(LabError, match="deadline must be above 0"):
        bench.deadline = seconds  # type: ignore[assignment]


def test_patience_multiplies_every_deadline(bench: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TCP_LAB_PATIENCE", "3")
    bench.deadline = 2
    assert bench.deadline == 2 and bench.engine.deadline == 6


async def _later() -> None: ...


def _yields() -> object:
    yield


@pytest.mark.parametrize("program", [_later, _yields])
def test_what_runs_nothing_when_it_is_called_is_refused(
    bench: Lab, program: Callable[[], object]
) -> None:
    with pytest.raises(LabError, match="to call it runs nothing of it"):
        bench.server.run(program)


def test_the_labs_own_descriptor_is_not_adopted(bench: Lab) -> None:
    with pytest.raises(LabError, match="is the lab's own"):
        bench.server.socket(fileno=1000)
    assert bench.server.socket().fileno() == 3


def test_a_tap_that_was_closed_says_so(lab: Lab) -> None:
    tap = lab.tap("server")
    lab.close()
    with pytest.raises(LabError, match="closed with its lab"):
        tap.packets(PORT)


def test_a_rule_outside_a_block_says_how_it_is_used(lab: Lab) -> None:
    assert "with lab.wire.rule" in repr(lab.wire.rule(lambda packet: None))


def test_a_file_may_be_unbuffered_and_an_option_have_no_value(either: Lab) -> None:
    conn, client = connected(either)[1:]
    client.send(b"one\ntwo\n")
    assert conn.makefile("rb", 0).readline() == b"one\n"
    with pytest.raises(OSError):
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, None, 0)


def _closes_behind() -> list[str]:
    sock = socket.socket()
    os.close(sock.fileno())
    try:
        sock.send(b"x")
    except OSError as error:
        said = [errno.errorcode[error.errno or 0]]
    other = socket.socket()
    fd = other.fileno()
    os.close(fd)
    return [*said, str(other.detach() == fd)]


def test_a_socket_whose_descriptor_was_closed_behind_it_fails_as_it_would(either: Lab) -> None:
    assert either.server.run(_closes_behind).result() == ["EBADF", "True"]
