"""A port that a server cannot have, though nobody listens there: the table of a question."""

from __future__ import annotations

import errno

from helpers.errors import LabError
from helpers.lab.lab import Lab
from helpers.lab.staging import listen


def in_use() -> str:
    """All sockets of a machine on which a server gets EADDRINUSE; its port is printed as ``port``.

    The server is bound to 0.0.0.0, and sets SO_REUSEADDR. In a lab of its own. Raises ``LabError``
    if the server gets the port.
    """
    with Lab() as lab:
        listen(lab.client, 9000)
        outgoing = lab.server.socket()
        outgoing.connect(("client", 9000))
        port = int(outgoing.getsockname()[1])
        try:
            listen(lab.server, port, reuse=True).close()
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
        else:
            raise LabError("this kernel gave a server the port of a connection")
        return str(lab.server.sockets()).replace(str(port), "port ")
