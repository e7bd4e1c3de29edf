"""Badly behaved peers: what a client may do to a program that reads from it.

A peer is a plain function of a stage and the client's connected socket. It acts, one
call at a time, and between two of its calls the reader has come to rest.
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Callable

from helpers.lab.mirror import Socket
from helpers.learning.stage import Stage

Peer = Callable[[Stage, Socket], None]
_RESET = struct.pack("ii", 1, 0)  # SO_LINGER on, zero seconds: close sends RST. socket(7)


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

    def peer(stage: Stage, client: Socket) -> None:
        sends(data)(stage, client)
        client.shutdown(socket.SHUT_WR)

    return peer


def closes(data: bytes) -> Peer:
    """Sends ``data`` and closes."""

    def peer(stage: Stage, client: Socket) -> None:
        sends(data)(stage, client)
        client.close()

    return peer


def resets(data: bytes) -> Peer:
    """Sends ``data``, and ends the connection with RST."""

    def peer(stage: Stage, client: Socket) -> None:
        sends(data)(stage, client)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        client.close()

    return peer


def vanishes(data: bytes) -> Peer:
    """Sends ``data``, then its cable is cut and it dies: no FIN ever comes. Needs the wire."""

    def peer(stage: Stage, client: Socket) -> None:
        sends(data)(stage, client)
        stage.lab.wire.cut()
        stage.lab.client.kill()

    return peer
