"""What a process is doing, and whether the lab waits for it."""

from __future__ import annotations

import itertools
from types import SimpleNamespace
from typing import Any

import pytest

from helpers.lab.activity import Activity, Known, activity
from helpers.lab.sequencer import Sequencer
from helpers.lab.turns import Turns

A = Activity
TABLE = [
    # alive  waits  given_up polls  started begun  sleeps   what             busy
    (True, False, False, False, True, True, True, A.SLEEPS, False),
    (True, False, False, False, True, True, False, A.RUNS, True),
    (True, False, False, False, True, False, True, A.IS_ASKED, True),
    (True, False, False, False, False, True, True, A.STARTS, True),
    (True, False, False, True, True, True, False, A.POLLS, False),
    (True, False, True, False, True, True, False, A.GIVEN_UP, False),
    (True, False, True, False, True, False, False, A.GIVEN_UP, False),
    (True, True, False, False, True, True, False, A.WAITS_ITS_TURN, False),
    (False, False, False, False, True, True, False, A.GONE, False),
    (False, True, True, True, False, False, False, A.GONE, False),
]


@pytest.mark.parametrize("row", TABLE)
def test_each_row(row: tuple[object, ...]) -> None:
    *known, sleeps, what, busy = row
    found = activity(Known(*known), lambda: bool(sleeps))  # type: ignore[arg-type]
    assert (found, found.busy) == (what, busy)


def test_the_kernel_is_asked_only_where_it_decides() -> None:
    asked = []
    for flags in itertools.product((False, True), repeat=6):
        before = len(asked)
        found = activity(Known(*flags), lambda: bool(asked.append(1)))
        assert (len(asked) > before) == (found in (A.RUNS, A.SLEEPS)), flags
    assert len(asked) == 1


class _Process:
    """Runs, meets a lock of its own, goes on: until which moment, in seconds, it does what."""

    def __init__(self, clock: SimpleNamespace, moments: list[tuple[float, str]]) -> None:
        self.clock, self.moments, self.restless = clock, moments, False

    def does(self) -> str:
        return next((what for until, what in self.moments if self.clock.now < until), "sleeps")

    def locked(self) -> bool:
        return self.does() == "locked"


@pytest.mark.parametrize(
    ("moments", "given_up"),
    [
        ([(0.12, "runs"), (0.13, "locked")], False),  # as one that waits for a busy processor
        ([(0.01, "runs"), (0.5, "locked")], True),
        ([(0.03 * n, "locked" if n % 2 else "runs") for n in range(1, 9)], False),
    ],
)
def test_only_who_waits_for_a_lock_all_the_time_is_given_up(
    moments: list[tuple[float, str]], given_up: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a busy machine a thread that had waited 50 ms to run was taken for one at a lock for as
    long, when its turn came and Python's own lock was taken just then."""
    clock = SimpleNamespace(now=0.0)
    clock.monotonic = lambda: clock.now
    monkeypatch.setattr("helpers.lab.sequencer.time", clock)
    process = _Process(clock, moments)
    lab: Any = object.__new__(Sequencer)
    lab._turns, lab._processes = Turns(), {}
    lab._busy = lambda: None if process.does() == "sleeps" else process
    lab._wait = lambda seconds: setattr(clock, "now", clock.now + seconds)
    lab._settle()
    assert process.restless is given_up
