"""Notebook 00 would notice: with each sabotage one of its cells fails."""

from __future__ import annotations

from typing import Any

import pytest

from helpers.lab.mirror import Socket
from tests.notebooks.sabotage import Patch, Sabotage, nothing, noticed

pytestmark = [pytest.mark.slow, pytest.mark.live]


def accept_returns_the_listener(patch: Patch) -> None:
    real = Socket.accept

    def accept(self: Socket) -> tuple[Socket, Any]:
        return self, real(self)[1]

    patch.setattr(Socket, "accept", accept)


def a_listener_can_be_read(patch: Patch) -> None:
    real = Socket.recv

    def recv(self: Socket, *args: Any) -> bytes:
        try:
            return real(self, *args)
        except OSError:
            self.getsockname()  # the last call is one that ended well
            return b""

    patch.setattr(Socket, "recv", recv)


@pytest.mark.parametrize(
    ("sabotage", "words"),
    [
        (nothing, ""),
        (accept_returns_the_listener, r"claim 5\.1"),
        (a_listener_can_be_read, r"claim 6\.3"),
    ],
)
def test_sabotage(nothing_left: None, monkeypatch: Patch, sabotage: Sabotage, words: str) -> None:
    noticed(monkeypatch, "00_eight_lines", sabotage, words)
