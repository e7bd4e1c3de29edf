"""Notebook 07 would notice: with each sabotage one of its cells fails."""

from __future__ import annotations

from typing import Any

import pytest

from helpers import endings
from helpers.host import Host
from helpers.mirror import Socket
from tests.notebooks.sabotage import Patch, Sabotage, nothing, noticed

pytestmark = [pytest.mark.slow, pytest.mark.live]


def a_reference_is_kept_somewhere(patch: Patch) -> None:
    """A program of the host has a second descriptor of what it accepts."""
    real = Socket.accept

    def accept(self: Socket) -> Any:
        conn, address = real(self)
        conn.dup()
        return conn, address

    patch.setattr(Socket, "accept", accept)


def shutdown_is_close(patch: Patch) -> None:
    patch.setattr(Socket, "shutdown", lambda self, how: self.close())


def close_is_shutdown(patch: Patch) -> None:
    patch.setattr(Socket, "close", lambda self: self.shutdown(2))


def the_drain_stops_early(patch: Patch) -> None:
    patch.setattr(endings, "drain", lambda conn: conn.start("recv", 1, 0x42))
    real = endings._connection

    def more_than_one_byte(lab: Any, port: int) -> Any:
        client, conn = real(lab, port)
        client.send(b"..")
        return client, conn

    patch.setattr(endings, "_connection", more_than_one_byte)


def linger_is_silently_not_set(patch: Patch) -> None:
    real = Socket.setsockopt

    def setsockopt(self: Socket, level: int, option: int, value: int | bytes) -> None:
        if (level, option) != (1, 13):
            real(self, level, option, value)

    patch.setattr(Socket, "setsockopt", setsockopt)


def the_child_shares_nothing(patch: Patch) -> None:
    """As if a fork did not copy descriptors."""
    real = Host.fork

    def fork(self: Host) -> Host:
        child = real(self)
        for fd in range(3, 40):
            try:
                child.close_fd(fd)
            except OSError:
                continue
        return child

    patch.setattr(Host, "fork", fork)


@pytest.mark.parametrize(
    ("sabotage", "words"),
    [
        (nothing, ""),
        (a_reference_is_kept_somewhere, r"FIN-WAIT-2|claim|no belief|ECONNRESET|not one of"),
        (shutdown_is_close, r"Bad file descriptor|claim|not one of"),
        (close_is_shutdown, r"claim|not one of|KeyError|FIN|endpoint|Broken|not connected"),
        (the_drain_stops_early, "claim F22"),
        (linger_is_silently_not_set, "claim F22|ECONNRESET"),
        (the_child_shares_nothing, "Bad file descriptor"),
    ],
)
def test_sabotage(nothing_left: None, monkeypatch: Patch, sabotage: Sabotage, words: str) -> None:
    noticed(monkeypatch, "07_close_vs_shutdown", sabotage, words)
