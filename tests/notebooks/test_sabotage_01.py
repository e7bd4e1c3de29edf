"""Notebook 01 would notice: with each sabotage one of its cells fails."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from helpers import server
from helpers.concepts.reuse import restarts, timers
from helpers.concepts.reuse.timers import Sample
from helpers.lab.mirror import Socket
from tests.notebooks.sabotage import Patch, Sabotage, nothing, noticed

pytestmark = [pytest.mark.slow, pytest.mark.live]


def the_option_is_silently_not_set(patch: Patch) -> None:
    real = Socket.setsockopt

    def setsockopt(self: Socket, level: int, option: int, value: int | bytes) -> None:
        if (level, option) != (1, 2):
            real(self, level, option, value)

    patch.setattr(Socket, "setsockopt", setsockopt)


def old_and_new_are_swapped(patch: Patch) -> None:
    real = restarts.play

    def play(lab: Any, name: str, port: int, old: bool, new: bool) -> Any:
        return real(lab, name, port, new, old)

    patch.setattr(restarts, "play", play)


def the_timer_says_120_seconds(patch: Patch) -> None:
    real = timers._samples

    def samples(*args: Any) -> Iterator[Sample]:
        for sample in real(*args):
            yield Sample(sample.at, sample.left + 60)

    patch.setattr(timers, "_samples", samples)


def the_server_stays_as_it_was(patch: Patch) -> None:
    patch.setattr(server, "eight_lines", server.bare)


@pytest.mark.parametrize(
    ("sabotage", "words"),
    [
        (nothing, ""),
        (the_option_is_silently_not_set, r"F2|1\.4"),
        (old_and_new_are_swapped, r"F2|1\.4|index"),
        (the_timer_says_120_seconds, r"claim 1\.1"),
        (the_server_stays_as_it_was, "it did not start again"),
    ],
)
def test_sabotage(nothing_left: None, monkeypatch: Patch, sabotage: Sabotage, words: str) -> None:
    noticed(monkeypatch, "01_reuse_and_time_wait", sabotage, words)
