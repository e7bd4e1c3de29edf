"""What a process is doing, and whether the lab waits for it."""

from __future__ import annotations

import itertools

import pytest

from helpers.lab.activity import Activity, Known, activity

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
