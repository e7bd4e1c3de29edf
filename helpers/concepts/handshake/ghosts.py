"""Makes a client that is connected for itself, and that its server has never heard of."""

from __future__ import annotations

from helpers.lab.lab import Lab
from helpers.lab.mirror import Socket


def ghost(lab: Lab, port: int) -> tuple[Socket, Socket, list[Socket]]:
    """A listener with a backlog of 1, a client that it has no trace of, and the two it accepted.

    Three clients connect while the wire holds their last ACKs; the third has a cookie, and its ACK
    finds no room. Then the other two are accepted. Needs the wire.
    """
    listener = lab.server.socket()
    listener.bind(("0.0.0.0", port))
    listener.listen(1)
    clients = [lab.client.socket() for _ in range(3)]
    lab.wire.hold(lambda packet: packet.pure_ack and packet.dport == port)
    for each in clients:
        each.connect(("server", port))
    lab.wire.release()
    return listener, clients[2], [listener.accept()[0] for _ in range(2)]
