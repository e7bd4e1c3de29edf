"""What the notebooks say of nginx, held against a real one in a host of the lab.

Debian's package nginx-light has it. Seen with 1.22.1.
"""

from __future__ import annotations

import contextlib
import errno
import re
import select
import shutil
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from helpers import wait_until
from helpers.lab.lab import Lab
from helpers.lab.mirror import Socket
from helpers.lab.program import Program
from tests.notebooks.nginx_inside import runs
from tests.scenes import PORT

NGINX = shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")
pytestmark = [
    pytest.mark.live,
    pytest.mark.skipif(not NGINX, reason="nginx is not installed (Debian: nginx-light)"),
]
WORKERS = 3
# In the host's user namespace there is one user, root; nginx's workers cannot become another.
CONFIGURATION = """
daemon off;
user root root;
worker_processes {workers};
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        listen {address}:{port};
        return 200 "hello";
    }}
}}
"""


@dataclass(frozen=True)
class Nginx:
    """A real nginx of the lab's server, on PORT of its address."""

    lab: Lab
    command: list[str]

    def start(self) -> Program:
        """Start it, and wait until all its workers have the listener."""
        program = self.lab.server.run(runs, self.command)
        wait_until("nginx's workers", lambda: program.done() or len(self.holders()) == 1 + WORKERS)
        return program

    def stop(self, program: Program) -> None:
        """Ask it to end, as ``nginx -s stop`` does, and wait until it has."""
        assert self.lab.server.run(runs, [*self.command, "-s", "stop"]).result() == 0
        assert program.result() == 0

    def holders(self) -> tuple[str, ...]:
        """The processes that have the listener."""
        rows = self.lab.server.sockets().find("LISTEN", local=f":{PORT}")
        return rows[0].processes if rows else ()

    def visit(self) -> Socket:
        """A client that is connected, and has said nothing yet."""
        client = self.lab.client.socket()
        client.connect(("server", PORT))
        return client


@pytest.fixture
def nginx(lab: Lab, tmp_path: Path) -> Nginx:
    """Not started yet."""
    address = lab.server.address
    text = CONFIGURATION.format(folder=tmp_path, workers=WORKERS, address=address, port=PORT)
    (tmp_path / "nginx.conf").write_text(text)
    log = str(tmp_path / "error.log")
    return Nginx(lab, [str(NGINX), "-p", str(tmp_path), "-c", "nginx.conf", "-e", log])


def asks(client: Socket) -> bytes:
    """Ask for a page, read until the end, and close second: after HTTP/1.0 nginx closes first."""
    client.send(b"GET / HTTP/1.0\r\n\r\n")
    parts = []
    while part := client.recv(1024):
        parts.append(part)
    client.close()
    return b"".join(parts)


def test_the_workers_share_the_listener_and_no_connection(nginx: Nginx) -> None:
    nginx.start()
    assert nginx.holders() == ("nginx",) * (1 + WORKERS)
    clients = [nginx.visit() for _ in range(8)]
    rows = nginx.lab.server.sockets

    def accepted() -> bool:
        return all(row.processes for row in rows().find("ESTAB"))

    wait_until("nginx to accept all", accepted)
    assert [row.processes for row in rows().find("ESTAB")] == [("nginx",)] * 8
    assert nginx.holders() == ("nginx",) * (1 + WORKERS)
    assert all(asks(client).endswith(b"hello") for client in clients)


def test_its_backlog_is_511(nginx: Nginx) -> None:
    nginx.start()
    (listener,) = nginx.lab.server.sockets().find("LISTEN")
    assert int(nginx.lab.server.sysctl["net.core.somaxconn"]) > listener.send_q == 511
    assert (listener.local, listener.recv_q) == (f"server:{PORT}", 0)


def test_it_starts_again_with_time_wait_on_its_port(nginx: Nginx) -> None:
    first = nginx.start()
    assert asks(nginx.visit()).endswith(b"hello")
    nginx.stop(first)
    assert nginx.lab.server.sockets().states == ["TIME-WAIT"]
    # The control: what is left does keep out a server without SO_REUSEADDR.
    refused = nginx.lab.server.socket().start("bind", ("0.0.0.0", PORT)).exception()
    assert isinstance(refused, OSError) and refused.errno == errno.EADDRINUSE
    nginx.start()
    assert asks(nginx.visit()).endswith(b"hello")
    assert nginx.lab.server.sockets().find("TIME-WAIT").rows


def test_it_ends_with_the_lab(nginx: Nginx) -> None:
    nginx.start()
    ours = [p for p in psutil.Process().children(recursive=True) if p.name() == "nginx"]
    assert len(ours) == 1 + WORKERS
    nginx.lab.close()
    _, alive = psutil.wait_procs(ours, timeout=5)
    assert alive == []


def test_each_worker_waits_for_clients_exclusively(nginx: Nginx) -> None:
    """What its epoll instances ask for at the listener, by proc(5): EPOLLEXCLUSIVE."""
    nginx.start()
    (listener,) = nginx.lab.server.sockets().find("LISTEN")
    ours = [p for p in psutil.Process().children(recursive=True) if p.name() == "nginx"]

    def asked() -> list[int]:
        """The events, as bits, one entry for each epoll instance that has the listener."""
        files = (f for p in ours for f in Path(f"/proc/{p.pid}/fdinfo").iterdir())
        lines = (line for f in files for line in said(f))
        found = (re.match(r"tfd:.*events: *(\w+) .*ino:(\w+)", line) for line in lines)
        return [int(m[1], 16) for m in found if m and int(m[2], 16) == listener.row.inode]

    def said(file: Path) -> list[str]:
        """A worker that starts closes what it has inherited: a file may be gone when it is read."""
        with contextlib.suppress(FileNotFoundError):
            return file.read_text().splitlines()
        return []

    wait_until("every worker in its loop", lambda: len(asked()) == WORKERS)
    assert all(events & select.EPOLLEXCLUSIVE for events in asked())
