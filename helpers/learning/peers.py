"""Badly behaved peers: what a client may do to a program that reads from it.

A peer is a plain function of a stage and the client's connected socket. It acts, one
call at a time, and between two of its calls the reader has come to rest.
"""

from __future__ import annotations

import socket
from collections.abc import Callable

from helpers.lab.mirror import Socket
from helpers.lab.staging import reset
from helpers.learning.stage import Stage

Peer = Callable[[Stage, Socket], None]


def sends(*pieces: bytes) -> Peer:
    """Sends each piece by itself, and stays: silence follows. One piece may be two messages."""

    def peer(stage: Stage, client: Socket) -> None:
        for piece in pieces:
            client.send(piece)
            stage.lab.client.quiet()

    return peer


def one_byte_at_a_time(data: bytes) -> Peer:
    """Sends single bytes, and waits after each until it has been read."""
    return sends(*(data[n : n + 1] for n in range(len(data))))


def half_closes(data: bytes) -> Peer:
    """Sends ``data`` and says that there will be no more, but stays to listen: shutdown(2)."""
    return _then(data, lambda _, client: client.shutdown(socket.SHUT_WR))


def resets(data: bytes) -> Peer:
    """Sends ``data``, and ends the connection with RST."""
    return _then(data, lambda _, client: reset(client))


def vanishes(data: bytes) -> Peer:
    """Sends ``data``, then its cable is cut and it dies: no FIN ever comes. Needs the wire."""

    def dies(stage: Stage, _: Socket) -> None:
        stage.lab.wire.cut()
        stage.lab.client.kill()

    return _then(data, dies)


def _then(data: bytes, act: Peer) -> Peer:
    def peer(stage: Stage, client: Socket) -> None:
        sends(data)(stage, client)
        act(stage, client)

    return peer
