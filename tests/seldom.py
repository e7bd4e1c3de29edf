"""What ``make test`` leaves to ``make soak``: further cases of what it runs, and the long tests.

A name is searched for in a test's id, as a regular expression. Of each kind one case stays, but
for what is long, and ``tests/house/test_seldom.py`` holds this list to that.
With ``TCP_LAB_SLOW=1`` nothing is left out.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import pytest


@dataclass(frozen=True)
class Left:
    """Tests that are left out for one reason; ``long`` ones a short soak leaves out too.

    Those that are ``alone`` have no brother that stays.
    """

    reason: str
    names: tuple[str, ...]
    long: bool = False
    alone: bool = False

    def has(self, test: str) -> bool:
        """Whether the test with this id is one of them."""
        return bool(self._any.search(test))

    @cached_property
    def _any(self) -> re.Pattern[str]:
        return re.compile("|".join(f"(?:{name})" for name in self.names))


LEFT = (
    Left(
        "waits for a whole TIME-WAIT",
        (r"test_timers\.py::test_time_wait_lasts_a_minute",),
        long=True,
        alone=True,
    ),
    Left(
        "waits for seven SYNs; the notebook waits for five",
        (r"test_backlog\.py::test_by_default_waits_are_doubled",),
        alone=True,
    ),
    Left(
        "a whole notebook in JupyterLab, in a browser; a small one stays",
        (r"test_browser\.py::test_(run_all_reaches_the_bottom|the_first_screen)",),
        long=True,
        alone=True,
    ),
    Left(
        "a replay in a whole front end; on a page it stays, and in JupyterLab the debugger's",
        (r"test_replay\.py::test_in_(jupyterlab|notebook_7)",),
        alone=True,
    ),
    Left(
        "the book and the decks in a browser; what they are made of is tested in tests/publish",
        (r"browser/test_(book|slides)\.py",),
        alone=True,
    ),
    Left(
        "another notebook than 00 that is run whole: in bench mode, or each section twice or alone",
        (
            r"test_bench\.py::test_every_notebook_reaches_its_end\w+\[(?!00)",
            r"test_each_section_can_be_run_(twice|after_a_restart)\[(?!00)",
        ),
        long=True,
    ),
    Left(
        "a whole notebook of which every cell is run twice; in 00 every section is",
        (r"test_twice\.py::test_every_cell_can_be_run_twice",),
        alone=True,
    ),
    Left(
        "another sabotage of a notebook; of each notebook one stays that an early cell notices",
        (
            r"_00\.py::test_sabotage\[(?!accept_returns)",
            r"_01\.py::test_sabotage\[(?!the_timer_says)",
            r"_02\.py::test_sabotage\[(?!the_wildcard_is)",
            r"_03\.py::test_sabotage\[(?!the_port_that)",
            r"_04\.py::test_sabotage\[(?!the_counter_counts)",
            r"_05\.py::test_sabotage\[(?!nothing_is_held)",
            r"_06\.py::test_sabotage\[(?!segments_are)",
            r"_07\.py::test_sabotage\[(?!a_reference_is)",
        ),
        long=True,
    ),
    Left(
        "a container's root, or its other user; the ordinary one stays, as students are",
        (r"test_containers\.py::test_(with|unmasked)\w+\[0\]",),
    ),
    Left(
        "another row of a family of symptoms",
        (
            r"symptoms/test_rows_played\.py::test_(a_row|without_the_wire)\w+\["
            r"(?!starting-address|connecting-refused\]|queueing-recv-q|serving-second"
            r"|breaking-broken|reading-would|lingering-(close|fin))",
        ),
    ),
    Left(
        "burns cores, or repeats one thing a hundred times",
        (
            r"test_trace\.py::test_two_runs_give_one_text_even_on_a_busy_machine",
            r"test_figures\.py::test_a_hundred_ladders_leave_nothing_open",
        ),
        alone=True,
    ),
)


# Of any other test that plays a lab, or several, its first case stays; with a wire and without it
# are two kinds. A bad call costs next to nothing.
ANOTHER = Left("another case of a test that plays a lab; its first one stays", ("",))
CHEAP = "lab/test_bad_calls.py"


def kind(test: str) -> str:
    """What has brothers: a test without its parameters, with a wire or without one."""
    name, _, case = test.partition("[")
    return f"{name} without a wire" if re.search(r"\bbench\b", case) else name


def left(tests: Iterable[str], playing: Collection[str] = ()) -> dict[str, Left]:
    """Which of the tests with these ids ``make test`` leaves out, and why; some are ``playing``."""
    tests = list(tests)
    found = {test: each for test in tests for each in LEFT[::-1] if each.has(test)}
    chosen, seen = {kind(test) for test in found}, set()
    for test in tests:
        if test in playing and "[" in test and CHEAP not in test and kind(test) not in chosen:
            if kind(test) in seen:
                found[test] = ANOTHER
            seen.add(kind(test))
    return found


def mark(items: Sequence[pytest.Item]) -> None:
    """Mark them as seldom, and as long; skip them, unless TCP_LAB_SLOW asks for all."""
    playing = {item.nodeid for item in items if item.get_closest_marker("live")}
    found = left((item.nodeid for item in items), playing)
    for item in items:
        if why := found.get(item.nodeid):
            item.add_marker("seldom")
            if why.long:
                item.add_marker("long")
            if not os.environ.get("TCP_LAB_SLOW"):
                item.add_marker(pytest.mark.skip(reason=f"left to make soak: {why.reason}"))
