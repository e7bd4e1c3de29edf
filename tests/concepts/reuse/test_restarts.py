"""What notebook 01 says of restarts in practice, and does not show."""

from __future__ import annotations

import errno
import socket

import pytest

from helpers.lab.lab import Lab
from helpers.lab.mirror import Socket
from helpers.lab.staging import listen

pytestmark = pytest.mark.live


def begins(lab: Lab, port: int, option: int) -> tuple[Socket, int]:
    """A new server of the port, with the option set; 0, or the errno of its bind or listen."""
    made = lab.server.socket()
    made.setsockopt(socket.SOL_SOCKET, option, 1)
    try:
        made.bind(("0.0.0.0", port))
        made.listen(1)
    except OSError as error:
        return made, error.errno or -1
    return made, 0


def test_an_outgoing_connection_holds_a_servers_port(lab: Lab) -> None:
    listen(lab.client, 9000)
    out = lab.server.socket()
    out.connect(("client", 9000))
    port = out.getsockname()[1]
    assert begins(lab, port, socket.SO_REUSEADDR)[1] == errno.EADDRINUSE
    out.close()  # the client stays: FIN-WAIT-2 holds it as well
    assert begins(lab, port, socket.SO_REUSEADDR)[1] == errno.EADDRINUSE


def test_with_reuseport_a_restart_succeeds_and_so_does_a_second_copy(lab: Lab) -> None:
    first, failed = begins(lab, 9001, socket.SO_REUSEPORT)
    client = lab.client.socket()
    client.connect(("server", 9001))
    conn, _ = first.accept()
    for each in (conn, client, first):
        each.close()
    assert not failed and lab.server.sockets().states == ["TIME-WAIT"]
    assert [begins(lab, 9001, socket.SO_REUSEPORT)[1] for _ in range(2)] == [0, 0]
    assert lab.server.sockets().states == ["LISTEN", "LISTEN", "TIME-WAIT"]
