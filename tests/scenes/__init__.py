"""Short ways to the situations that the tests begin with."""

from __future__ import annotations

from helpers.lab.lab import Lab
from helpers.lab.mirror import Socket

PORT = 8080


def listening(lab: Lab, backlog: int = 1, port: int = PORT) -> Socket:
    """A listener of the server."""
    listener = lab.server.socket()
    listener.setsockopt(1, 2, 1)
    listener.bind(("0.0.0.0", port))
    listener.listen(backlog)
    return listener


def connected(lab: Lab, port: int = PORT) -> tuple[Socket, Socket, Socket]:
    """A listener, the server's end of a connection, and the client's."""
    listener = listening(lab, port=port)
    client = lab.client.socket()
    client.connect(("server", port))
    return listener, listener.accept()[0], client
