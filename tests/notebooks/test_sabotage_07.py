"""Notebook 07 would notice: with each sabotage one of its cells fails."""

from __future__ import annotations

from typing import Any

import pytest

from helpers import server
from helpers.concepts.close import endings
from helpers.lab.host import Host
from helpers.lab.mirror import Socket
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
    """It returns before it has read anything, as if the client had ended."""
    patch.setattr(endings, "drain", lambda conn: conn.start("fileno"))


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


def the_server_stays_as_it_was(patch: Patch) -> None:
    patch.setattr(server, "finished", server.by_lines)


@pytest.mark.parametrize(
    ("sabotage", "words"),
    [
        (nothing, ""),
        (a_reference_is_kept_somewhere, r"claim 7\.3"),
        (shutdown_is_close, r"claim 7\.1"),
        (close_is_shutdown, "Broken pipe"),
        (the_drain_stops_early, "claim F22"),
        (linger_is_silently_not_set, "claim F22"),
        (the_child_shares_nothing, "Bad file descriptor"),
        (the_server_stays_as_it_was, "the line was cut off"),
    ],
)
def test_sabotage(nothing_left: None, monkeypatch: Patch, sabotage: Sabotage, words: str) -> None:
    noticed(monkeypatch, "07_close_vs_shutdown", sabotage, words)
