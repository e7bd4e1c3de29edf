"""The server at every stage, from a shell: a program of its own, for curl and nc."""

from __future__ import annotations

import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from helpers import server, wait_until
from tests.server.test_server import ANSWERING, SINGLE, name

pytestmark = pytest.mark.live
ROOT = Path(__file__).parents[2]


@contextmanager
def shell(stage: server.Stage, *options: str) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """The stage as a program of its own, and its port; ended at the end, if it has not."""
    wide = ("--host", "0.0.0.0") if stage in SINGLE[:2] else ()
    command = [sys.executable, "-m", "helpers.server", name(stage).replace("_", "-"), *wide]
    for _ in range(5):  # somebody else of this machine may take the port first
        with socket.create_server(("127.0.0.1", 0)) as probe:
            port = probe.getsockname()[1]
        whole = [*command, "--port", str(port), *options]
        process = subprocess.Popen(whole, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        wait_until("a listener, or an end", lambda: listens(port) or over(process), 20)  # noqa: B023
        if not over(process):
            break
    try:
        yield process, port
    finally:
        process.kill()
        process.communicate()


def over(process: subprocess.Popen[str]) -> bool:
    return process.poll() is not None


def listens(port: int) -> bool:
    """From the kernel's table: a connection would be the one client that is served."""
    rows = Path("/proc/net/tcp").read_text().splitlines() + (
        Path("/proc/net/tcp6").read_text().splitlines()
    )
    return any(f":{port:04X} " in row and " 0A " in row for row in rows)


@pytest.mark.parametrize("stage", server.STAGES, ids=name)
@pytest.mark.parametrize("client", ["curl", "nc"])
def test_each_stage_talks_to_a_client_of_the_shell(stage: server.Stage, client: str) -> None:
    if not shutil.which(client):
        pytest.skip(f"{client} is not installed")
    with shell(stage) as (process, port):
        if client == "curl":
            asked = ["curl", "-sS", "-m", "2", "--http0.9", f"http://127.0.0.1:{port}/"]
            done = subprocess.run(asked, capture_output=True, text=True)
            # A request is lines: those that answer lines send it back.
            assert ("GET / HTTP" in done.stdout) == (stage in ANSWERING), done
        else:
            asked = ["nc", "-N", "127.0.0.1", str(port)]
            done = subprocess.run(
                asked, input="hello\n", capture_output=True, text=True, timeout=10
            )
            assert done.stdout == ("hello\n" if stage in ANSWERING else "")
        if stage in SINGLE:
            assert process.wait(10) == 0
        else:
            assert process.poll() is None


def test_a_server_of_the_shell_empties_its_queue_before_it_ends() -> None:
    with shell(server.finished) as (process, port):
        process.send_signal(signal.SIGSTOP)
        waiting = [socket.create_connection(("127.0.0.1", port)) for _ in range(3)]
        for client in waiting:
            client.settimeout(10)
            client.sendall(b"hello\n")
        process.send_signal(signal.SIGTERM)
        process.send_signal(signal.SIGCONT)
        assert [client.recv(10) for client in waiting] == [b"hello\n"] * 3
        for client in waiting:
            client.close()
        assert process.wait(10) == 0


def test_the_shell_hears_what_is_wrong() -> None:
    def said(*options: str) -> str:
        command = [sys.executable, "-m", "helpers.server", *options]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
        assert done.returncode in (1, 2)
        return " ".join(done.stderr.split())

    assert "must be 0 to 65535, not 65536" in said("eight-lines", "--port", "65536")
    assert "is bound to 0.0.0.0, as the article prints it" in said("eight-lines")
    assert "Cannot assign requested address" in said("addressed", "--host", "192.0.2.77")
    assert "invalid choice: 'nine-lines'" in said("nine-lines")
