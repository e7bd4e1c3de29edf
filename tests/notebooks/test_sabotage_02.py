"""Notebook 02 would notice: with each sabotage one of its cells fails."""

from __future__ import annotations

import dataclasses
import socket
from typing import Any

import pytest

from helpers import server
from helpers.concepts.bind import reachability
from helpers.lab.host import Host
from helpers.lab.mirror import Socket
from tests.notebooks.sabotage import Patch, Sabotage, nothing, noticed

pytestmark = [pytest.mark.slow, pytest.mark.live]


def a_cell_of_the_matrix_is_flipped(patch: Patch) -> None:
    real = reachability._door

    def door(places: Any, bound: str, attempts: Any) -> Any:
        made = real(places, bound, attempts)
        flipped = {k: "accepted" if k[1] == "::1" else v for k, v in made.got.items()}
        return dataclasses.replace(made, got=flipped)

    patch.setattr(reachability, "_door", door)


def the_wildcard_is_silently_loopback(patch: Patch) -> None:
    real = Socket.bind

    def bind(self: Socket, address: Any) -> None:
        wildcard = self.family == socket.AF_INET and address[0] in ("", "0.0.0.0")
        real(self, ("127.0.0.1" if wildcard else address[0], *address[1:]))

    patch.setattr(Socket, "bind", bind)


def loopback_is_silently_the_wildcard(patch: Patch) -> None:
    real = Socket.bind

    def bind(self: Socket, address: Any) -> None:
        real(self, ("0.0.0.0" if address[0] == "127.0.0.1" else address[0], *address[1:]))

    patch.setattr(Socket, "bind", bind)


def counters_tell_of_a_delivery(patch: Patch) -> None:
    real = Host.counters

    def counters(self: Host) -> Any:
        found = real(self)
        found["Ip.InDelivers"] = 1
        return found

    patch.setattr(Host, "counters", counters)


def the_client_keeps_its_own_source(patch: Patch) -> None:
    real = Socket.bind

    def bind(self: Socket, address: Any) -> None:
        if address != ("server", 0):
            real(self, address)

    patch.setattr(Socket, "bind", bind)


def the_server_stays_as_it_was(patch: Patch) -> None:
    patch.setattr(server, "addressed", server.eight_lines)


@pytest.mark.parametrize(
    ("sabotage", "words"),
    [
        (nothing, ""),
        (a_cell_of_the_matrix_is_flipped, r"claim 2\.1"),
        (the_wildcard_is_silently_loopback, r"2\.1|F17|refused"),
        (
            loopback_is_silently_the_wildcard,
            r"F16|ConnectionRefused|was expected|\{'0\.0\.0\.0'",
        ),
        (counters_tell_of_a_delivery, r"claim 2\.2"),
        (the_client_keeps_its_own_source, "F16"),
        (the_server_stays_as_it_was, "a stranger got in"),
    ],
)
def test_sabotage(nothing_left: None, monkeypatch: Patch, sabotage: Sabotage, words: str) -> None:
    noticed(monkeypatch, "02_bind_address", sabotage, words)
