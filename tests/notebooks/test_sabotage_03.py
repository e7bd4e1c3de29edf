"""Notebook 03 would notice: with each sabotage one of its cells fails."""

from __future__ import annotations

import dataclasses
import errno
from typing import Any

import pytest

from helpers import server
from helpers.concepts.ports import ephemeral
from helpers.inside.codec import Raised
from helpers.lab import sequencer
from helpers.lab.host import Host
from helpers.lab.mirror import Socket
from helpers.lab.wire import Wire
from tests.notebooks.sabotage import Patch, Sabotage, nothing, noticed

pytestmark = [pytest.mark.slow, pytest.mark.live]


def ports_come_from_the_wrong_half(patch: Patch) -> None:
    real = ephemeral._numbers
    patch.setattr(ephemeral, "_numbers", lambda text: tuple(n ^ 1 for n in real(text)))


def a_connection_is_missing(patch: Patch) -> None:
    real = ephemeral._exhaust

    def exhaust(*args: Any) -> Any:
        found = real(*args)
        return dataclasses.replace(found, ports=found.ports[:-1])

    patch.setattr(ephemeral, "_exhaust", exhaust)


def the_privilege_is_not_given_up(patch: Patch) -> None:
    patch.setattr(Host, "unprivileged", lambda self: self)


def the_changed_port_is_lost_on_the_way(patch: Patch) -> None:
    real = Wire.inject

    def inject(self: Wire, raw: bytes, to: str) -> Any:
        return real(self, raw[:22] + (8080).to_bytes(2, "big") + raw[24:], to)

    patch.setattr(Wire, "inject", inject)


def the_socket_is_not_kept(patch: Patch) -> None:
    real = Socket.listen

    def listen(self: Socket, backlog: int | None = None) -> None:
        name = self.getsockname()
        real(self, backlog)
        if name[0] == "127.0.0.1" and name[1] and backlog is None:
            self.shutdown(2)
            self.close()

    patch.setattr(Socket, "listen", listen)


def the_errno_is_another(patch: Patch) -> None:
    real = sequencer.rebuild

    def rebuild(error: Raised, *who: str) -> BaseException:
        if error.code == errno.EADDRNOTAVAIL:
            return OSError(errno.EADDRINUSE, error.text)
        return real(error, *who)

    patch.setattr(sequencer, "rebuild", rebuild)


def the_port_that_was_given_up_is_left_alone(patch: Patch) -> None:
    """Nobody takes it: the race is won."""
    real = Socket.bind

    def bind(self: Socket, address: tuple[str, int]) -> None:
        if address[0] != "127.0.0.1" or address[1] == 0:
            real(self, address)

    patch.setattr(Socket, "bind", bind)


def the_server_stays_as_it_was(patch: Patch) -> None:
    """It has one port, so the second of them fails."""
    patch.setattr(server, "announced", server.addressed)


@pytest.mark.parametrize(
    ("sabotage", "words"),
    [
        (nothing, ""),
        (ports_come_from_the_wrong_half, "odd and even are not divided"),
        (a_connection_is_missing, "bind to port 0"),
        (the_privilege_is_not_given_up, r"claim 3\.4"),
        (the_changed_port_is_lost_on_the_way, "index out of range"),
        (the_socket_is_not_kept, r"claim F18"),
        (the_errno_is_another, "EADDRINUSE"),
        (the_port_that_was_given_up_is_left_alone, r"claim F18"),
        (the_server_stays_as_it_was, r"addressed\(\) raised OSError\(98"),
    ],
)
def test_sabotage(nothing_left: None, monkeypatch: Patch, sabotage: Sabotage, words: str) -> None:
    noticed(monkeypatch, "03_port_zero", sabotage, words)
