"""Notebook 05 would notice: with each sabotage one of its cells fails."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from helpers import server
from helpers.concepts.handshake import handshakes
from helpers.lab.host import Host, Sysctls
from helpers.lab.mirror import Socket
from helpers.lab.wire import Wire
from tests.notebooks.sabotage import Patch, Sabotage, nothing, noticed

pytestmark = [pytest.mark.slow, pytest.mark.live]


def the_cookie_setting_is_lost(patch: Patch) -> None:
    real = Sysctls.__setitem__

    def setitem(self: Sysctls, name: str, value: Any) -> None:
        if "tcp_syncookies" not in name:
            real(self, name, value)

    patch.setattr(Sysctls, "__setitem__", setitem)


def the_queues_are_swapped(patch: Patch) -> None:
    real = Socket.queues

    def queues(self: Socket) -> Any:
        found = real(self)
        return dataclasses.replace(found, syn=found.accept, accept=found.syn)

    patch.setattr(Socket, "queues", queues)


def a_counter_counts_one_more(patch: Patch) -> None:
    real = Host.counters

    def counters(self: Host) -> Any:
        found = real(self)
        found["ListenOverflows"] += 1
        return found

    patch.setattr(Host, "counters", counters)


def acks_are_not_held(patch: Patch) -> None:
    patch.setattr(handshakes, "only_acks", lambda packet: False)


def nothing_is_held(patch: Patch) -> None:
    patch.setattr(Wire, "hold", lambda self, only=None: None)


def impatient(port: int, host: str, backlog: int, silence: float) -> None:
    """The old stage under the new one's name: it takes the limit, and has none."""
    from helpers.server.looping import looping

    looping(port, host, backlog)


def the_server_stays_as_it_was(patch: Patch) -> None:
    patch.setattr(server, "impatient", impatient)


@pytest.mark.parametrize(
    ("sabotage", "words"),
    [
        (nothing, ""),
        (the_cookie_setting_is_lost, "claim"),
        (the_queues_are_swapped, r"claim 5\.2"),
        (a_counter_counts_one_more, r"claim 5\.3"),
        (acks_are_not_held, "SyncookiesSent"),
        (nothing_is_held, "no packet is on the wire"),
        (the_server_stays_as_it_was, r"recv\(10\) has been blocked"),
    ],
)
def test_sabotage(nothing_left: None, monkeypatch: Patch, sabotage: Sabotage, words: str) -> None:
    noticed(monkeypatch, "05_syn_and_accept_queues", sabotage, words)
