"""Notebook 06 would notice: with each sabotage one of its cells fails."""

from __future__ import annotations

import socket
from typing import Any

import pytest

from helpers import server
from helpers.lab.mirror import Socket
from helpers.lab.wire import Wire
from helpers.record.trace import PacketRecord
from tests.notebooks.sabotage import Patch, Sabotage, nothing, noticed

pytestmark = [pytest.mark.slow, pytest.mark.live]


def segments_are_released_in_order(patch: Patch) -> None:
    real = Wire.step

    def step(self: Wire, packet: PacketRecord | None = None) -> PacketRecord:
        return real(self)

    patch.setattr(Wire, "step", step)


def recv_loops_inside_the_helper(patch: Patch) -> None:
    real = Socket.recv

    def recv(self: Socket, size: int, flags: int = 0) -> bytes:
        return real(self, size, flags | (socket.MSG_WAITALL if size == 1024 else 0))

    patch.setattr(Socket, "recv", recv)


def recv_stops_at_a_send(patch: Patch) -> None:
    real = Socket.recv

    def recv(self: Socket, size: int, flags: int = 0) -> bytes:
        return real(self, min(size, 3), flags)

    patch.setattr(Socket, "recv", recv)


def peek_consumes(patch: Patch) -> None:
    real = Socket.recv

    def recv(self: Socket, size: int, flags: int = 0) -> bytes:
        return real(self, size, flags & ~socket.MSG_PEEK)

    patch.setattr(Socket, "recv", recv)


def nodelay_is_silently_not_set(patch: Patch) -> None:
    real = Socket.setsockopt

    def setsockopt(self: Socket, level: int, option: int, value: Any) -> None:
        if (level, option) != (socket.IPPROTO_TCP, socket.TCP_NODELAY) or self._port() == 8083:
            real(self, level, option, value)

    patch.setattr(Socket, "_port", lambda self: self.getpeername()[1], raising=False)
    patch.setattr(Socket, "setsockopt", setsockopt)


def acknowledgements_are_never_delayed(patch: Patch) -> None:
    from helpers.links import netns

    real = netns.set_route

    def set_route(*args: Any, quickack: bool = True) -> None:
        real(*args, quickack=True)

    patch.setattr(netns, "set_route", set_route)


def the_server_stays_as_it_was(patch: Patch) -> None:
    patch.setattr(server, "by_lines", server.impatient)


@pytest.mark.parametrize(
    ("sabotage", "words"),
    [
        (nothing, ""),
        (segments_are_released_in_order, r"recv\(1024\) = b'AAA'"),
        (recv_loops_inside_the_helper, "recv"),
        (recv_stops_at_a_send, "claim F19"),
        (peek_consumes, "recv"),
        (nodelay_is_silently_not_set, "at once"),
        (acknowledgements_are_never_delayed, "at once"),
        (the_server_stays_as_it_was, "Connection reset by peer"),
    ],
)
def test_sabotage(nothing_left: None, monkeypatch: Patch, sabotage: Sabotage, words: str) -> None:
    noticed(monkeypatch, "06_partial_recv", sabotage, words)
