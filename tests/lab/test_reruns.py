"""A lab ends with its last name: nothing of it is left, however often a cell is run again."""

from __future__ import annotations

import gc
import os
import resource
import socket
from collections.abc import Callable, Iterator

import pytest
from jupyter_client.blocking import BlockingKernelClient
from jupyter_client.manager import KernelManager

from helpers import Lab, LabError
from tests.conftest import belongings, left_behind

pytestmark = pytest.mark.live

COUNT = """
import gc, os, psutil, threading
def count():
    gc.collect()
    me = psutil.Process()
    return len(me.children(recursive=True)), threading.active_count(), me.num_fds()
"""
# What a reader does in a cell that is run again: a lab as the last line, a wire that holds, a
# call that blocks, an error, handles and a trace that keep their names.
CELLS = [
    "from helpers import Lab\nlab = Lab()\nlab",
    "listener = lab.server.socket(); trace = lab.trace; lab.wire.hold()\n"
    "lab.client.socket().start('connect', ('server', 80))",
    "listener.accept()",
]


@pytest.fixture(scope="module")
def run() -> Iterator[Callable[[str], str]]:
    """Run a cell in a real kernel: what it displays, or the name of its error."""
    manager = KernelManager(kernel_name="python3")
    # IPython's history opens a journal now and then, which would be counted.
    manager.start_kernel(extra_arguments=["--HistoryManager.enabled=False"])
    client: BlockingKernelClient = manager.client()
    client.start_channels()
    client.wait_for_ready(timeout=60)

    def run(code: str) -> str:
        shown: list[str] = []

        def hear(message: dict) -> None:  # type: ignore[type-arg]
            content = message["content"]
            if message["msg_type"] == "execute_result":
                shown.append(content["data"]["text/plain"])
            elif message["msg_type"] == "error":
                shown.append(f"{content['ename']}: {content['evalue']}")

        client.execute_interactive(code, timeout=60, output_hook=hear, stop_on_error=False)
        return "".join(shown)

    run("from helpers import Lab")  # whichever test comes first
    yield run
    client.stop_channels()
    manager.shutdown_kernel(now=True)


def test_a_cell_that_is_run_again_leaves_nothing(run: Callable[[str], str]) -> None:
    runs = int(os.environ.get("TCP_LAB_RERUNS", "20"))
    run(COUNT)
    counts = []
    for n in range(runs):
        assert "[Errno 22]" in [run(code) for code in CELLS][2]  # accept before listen
        if n in (0, runs // 2, runs - 1):
            counts.append(run("count()"))
    assert counts == [counts[0]] * 3


ERRORS = [
    "lab.server.sysctl['ipv4.nope']",
    "lab.mars",
    "lab['mars']",
    "lab.add_address('server', 'x')",
]


def test_an_error_keeps_no_lab(run: Callable[[str], str]) -> None:
    """Raised in the lab's own methods, whose frames the traceback holds; no collection helps."""
    run("import gc, psutil; from helpers import Lab; gc.collect(); gc.disable()")
    try:
        run("lab = None; lab = Lab(); others = len(psutil.Process().children(recursive=True))")
        for code in ERRORS:
            assert "Error" in run(code)
            run("lab = Lab()")
        assert run("len(psutil.Process().children(recursive=True)) - others") == "0"
    finally:
        run("gc.enable()")


def test_what_was_shown_is_the_lab_as_long_as_that_lives(run: Callable[[str], str]) -> None:
    assert run("lab = Lab()\nlab\n") == run("lab") == "<lab of client, server>"
    assert run("_.server") == run("lab.server")
    run("lab = None")
    assert run("Out[max(n for n, v in Out.items() if 'lab of' in repr(v))]").endswith("closed>")


def test_two_labs_of_one_line_stay() -> None:
    first, second = Lab(), Lab()
    gc.collect()
    assert [lab.server.socket().fileno() for lab in (first, second)] == [3, 3]
    first.close()
    second.close()


def test_a_lab_closes_when_its_last_name_goes() -> None:
    before = belongings()
    lab = Lab()
    sock, trace, host, call = lab.server.socket(), lab.trace, lab.client, lab.server.socket()
    lab = None  # type: ignore[assignment]
    assert not left_behind(before)
    assert len(trace) > 0
    for use in (sock.fileno, host.socket, host.sockets, host.fork, lambda: call.start("recv", 1)):
        with pytest.raises(LabError, match="the lab is closed; make a new one"):
            use()


def test_a_closed_lab_says_so(either: Lab) -> None:
    sock = either.server.socket()
    either.close()
    for use in (
        sock.fileno,
        lambda: sock.start("accept"),
        either.client.socket,
        lambda: either.engine,
    ):
        with pytest.raises(LabError, match="the lab is closed"):
            use()


def test_a_lab_takes_at_most_twelve_descriptors(make_lab: Callable[..., Lab]) -> None:
    make_lab()  # the first brings what the process keeps
    before = len(os.listdir("/proc/self/fd"))
    make_lab()
    assert len(os.listdir("/proc/self/fd")) - before <= 12


def test_descriptors_that_run_out_are_named_and_given_back(make_lab: Callable[..., Lab]) -> None:
    make_lab()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    before = belongings()
    resource.setrlimit(resource.RLIMIT_NOFILE, (1024, hard))
    taken: list[int] = []
    try:
        with pytest.raises(OSError, match="Too many open files"):
            while True:
                taken.append(os.open("/dev/null", os.O_RDONLY))
        for spare in range(14):
            try:
                Lab(bench=False).close()
            except LabError as error:
                assert "no descriptors are left for a lab" in str(error)
                assert "ulimit -n" in str(error)
            else:
                assert spare > 8
            os.close(taken.pop())
    finally:
        for fd in taken:
            os.close(fd)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert not left_behind(before)


def test_a_limit_below_what_a_host_needs_is_named() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (500, hard))
    try:
        with pytest.raises(LabError, match=r"a host needs 1001.*ulimit -n 4096"):
            Lab()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_descriptors_above_1024_work(make_lab: Callable[..., Lab]) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < 1400:
        pytest.skip(f"no more than {hard} descriptors are allowed here")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, 1400), hard))
    taken = [os.open("/dev/null", os.O_RDONLY) for _ in range(1100)]
    try:
        lab = make_lab()
        listener = lab.server.socket()
        listener.bind(("", 8080))
        listener.listen()
        with lab.client.socket() as client:
            client.connect(("server", 8080))
            client.send(b"x")
            assert listener.accept()[0].recv(9) == b"x"
        lab.server.run(_listens)
        assert lab.server.sysctl["ipv4.tcp_syncookies"] == "1"
        assert lab.server.sockets()
        lab.close()
    finally:
        for fd in taken:
            os.close(fd)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def _listens() -> None:
    socket.create_server(("", 9090)).accept()
