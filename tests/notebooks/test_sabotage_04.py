"""Notebook 04 would notice: with each sabotage one of its cells fails."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from helpers import server
from helpers.concepts.backlog import bursts, schemes
from helpers.concepts.backlog import steps as backlog
from helpers.lab import engine
from helpers.lab.host import Counters, Host
from helpers.lab.mirror import Socket
from tests.notebooks.sabotage import Patch, Sabotage, nothing, noticed

pytestmark = [pytest.mark.slow, pytest.mark.live]


def _changed(patch: Patch, where: Any, name: str, change: Callable[[Any], Any]) -> None:
    real = getattr(where, name)
    patch.setattr(where, name, lambda *args, **keywords: change(real(*args, **keywords)))


def the_count_is_off_by_one(patch: Patch) -> None:
    _changed(patch, backlog, "_count", lambda step: replace(step, through=step.through - 1))


def listen_is_given_one_less(patch: Patch) -> None:
    real = Socket.listen

    def listen(self: Socket, backlog: int | None = None) -> None:
        real(self, backlog - 1 if backlog else backlog)

    patch.setattr(Socket, "listen", listen)


def the_counter_counts_clients(patch: Patch) -> None:
    def once(counters: Counters) -> Counters:
        return Counters({k: 1 if k == "ListenOverflows" else v for k, v in counters.items()})

    _changed(patch, Host, "counters", once)


def somaxconn_is_not_written(patch: Patch) -> None:
    real = engine.Engine.sysctl

    def sysctl(self: engine.Engine, host: str, name: str, value: str | None) -> str:
        return real(self, host, name, None if "somaxconn" in name else value)

    patch.setattr(engine.Engine, "sysctl", sysctl)


def abort_on_overflow_is_not_written(patch: Patch) -> None:
    real = engine.Engine.sysctl

    def sysctl(self: engine.Engine, host: str, name: str, value: str | None) -> str:
        return real(self, host, name, None if "abort" in name else value)

    patch.setattr(engine.Engine, "sysctl", sysctl)


def a_burst_has_a_larger_backlog(patch: Patch) -> None:
    real = bursts.Waiting._run

    def run(self: Any, n: int, program: Any, *args: Any) -> Any:
        more = (4096, *args[1:]) if program is bursts.serve else args
        return real(self, n, program, *more)

    patch.setattr(bursts.Waiting, "_run", run)


def exclusive_is_plain_epoll(patch: Patch) -> None:
    real = schemes._play

    def play(lab: Any, scheme: str, port: int) -> Any:
        return replace(real(lab, scheme.partition(",")[0], port), scheme=scheme)

    patch.setattr(schemes, "_play", play)


def reuseport_is_a_shared_listener(patch: Patch) -> None:
    real = schemes._play

    def play(lab: Any, scheme: str, port: int) -> Any:
        return real(lab, "blocking accept" if scheme == "reuseport" else scheme, port)

    patch.setattr(schemes, "_play", play)


def four_workers_are_one(patch: Patch) -> None:
    real = bursts.start_bursts

    def start(
        ns: Any, clients: int, pace: float = 0.001, seconds: float = 4.2, workers: int = 1
    ) -> Any:
        return real(ns, clients, pace, seconds, 1)

    patch.setattr(bursts, "start_bursts", start)


def the_server_stays_as_it_was(patch: Patch) -> None:
    patch.setattr(server, "looping", server.announced)


@pytest.mark.parametrize(
    ("sabotage", "words"),
    [
        (nothing, ""),
        (the_count_is_off_by_one, "F11"),
        (listen_is_given_one_less, "timed out"),
        (the_counter_counts_clients, "F14"),
        (somaxconn_is_not_written, r"4\.2"),
        (abort_on_overflow_is_not_written, "F13"),
        (a_burst_has_a_larger_backlog, r"4\.4"),
        (exclusive_is_plain_epoll, r"4\.5"),
        (reuseport_is_a_shared_listener, r"4\.5"),
        (four_workers_are_one, r"4\.5"),
        (the_server_stays_as_it_was, "it has ended"),
    ],
)
def test_sabotage(nothing_left: None, monkeypatch: Patch, sabotage: Sabotage, words: str) -> None:
    noticed(monkeypatch, "04_backlog", sabotage, words)
