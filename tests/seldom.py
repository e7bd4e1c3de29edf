"""What ``make test`` leaves to ``make soak``: brothers of tests that it runs, and what is long.

A name is searched for in a test's id, as a regular expression. Of each kind one case stays, but
for what is long, and ``tests/house/test_seldom.py`` holds this list to that.
With ``TCP_LAB_SLOW=1`` nothing is left out.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import pytest


@dataclass(frozen=True)
class Left:
    """Tests that are left out for one reason; ``long`` ones a short soak leaves out too.

    With ``every``, of a file's cases one stays, and then so many less one are left out. Those
    that are ``alone`` have no brother that stays.
    """

    reason: str
    names: tuple[str, ...]
    long: bool = False
    alone: bool = False
    every: int = 0

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
        "a deck of another notebook than 00, in a browser",
        (r"test_slides\.py::test_nothing_is_cut_off_and_nothing_scrolls\[(?!00)",),
    ),
    Left(
        "the book's other notebooks, and its pages on other screens",
        (
            r"browser/test_book\.py::test_(every_question|a_page_says)\w+\[(?!04)",
            r"browser/test_book\.py::test_pictures_keep_their_shape\[400",
        ),
    ),
    Left(
        "all the way from a cell in a kernel to a click in the book; each part of it stays",
        (r"browser/test_book\.py::test_(what_a_kernel_has_stored|two_replays_on_a_page)",),
        alone=True,
    ),
    Left(
        "every page of the book, one after another",
        (r"browser/test_book\.py::test_(axe_finds_nothing_serious|no_page_is_wider)",),
        alone=True,
    ),
    Left(
        "another notebook than 00 that is run whole in bench mode",
        (r"test_bench\.py::test_every_notebook_reaches_its_end\w+\[(?!00)",),
        long=True,
    ),
    Left(
        "a sabotage that only a late cell notices; those that an early one notices stay",
        (
            # The control: the notebooks themselves are run beside the tests.
            r"test_sabotage_0[1-7]\.py::test_sabotage\[nothing-",
            r"_01\.py::test_sabotage\[(the_option_is|old_and_new)",
            r"_02\.py::test_sabotage\[(the_client_keeps|a_cell_of)",
            r"_03\.py::test_sabotage\[(a_connection|ports_come|the_socket|the_port_that|the_errno)",
            r"_04\.py::test_sabotage\[(listen_is|abort_on|a_burst|reuseport_is|four_workers)",
            r"_04\.py::test_sabotage\[(the_count_is|somaxconn_is|exclusive_is)",
            r"_05\.py::test_sabotage\[(a_counter|the_cookie|acks_are)",
            r"_06\.py::test_sabotage\[(nodelay_is|acknowledgements_are|peek_consumes|recv_loops)",
            r"_07\.py::test_sabotage\[(linger_is|the_drain)",
        ),
        long=True,
    ),
    Left(
        "another solution to an exercise: each has right and wrong ones in its room's tests too",
        (r"test_styles\.py::.*\[(bench-|namespaces-(?!(RESTARTS|MESSAGES|FINISH)-1-))",),
    ),
    Left(
        "a section that is run twice, or alone, in another notebook than 00",
        (
            r"test_each_section_can_be_run_twice\[(?!00)",
            r"test_each_section_can_be_run_after_a_restart\[(?!00)",
        ),
        long=True,
    ),
    Left(
        "an old stage of the server where the new one must live, in another notebook than 03",
        (r"_0(?!3)\d\.py::test_sabotage\[the_server_stays_as_it_was",),
        long=True,
    ),
    Left(
        "another stage of the server that is spoken to from a shell",
        (r"test_server\.py::test_each_stage_talks_to_a_client_of_the_shell",),
        every=6,
    ),
    Left(
        "a wrong answer without a wire too; with one it stays, and so do right ones without",
        (r"_has_its_own_sentence\[.*-bench\]", r"_with_one_sentence_in_both\[bench-deaf"),
    ),
    Left(
        "a wrong answer that never ends, of which the history is long; its sentence is like others",
        (
            r"test_each_wrong_.*\[(retries|no_end|never_ends|impatient|part_of_it)-namespaces",
            r"test_framing\.py::test_each_wrong_.*\[loops_for_ever-",
            r"test_exercise\.py::.*-retries_whatever\]",
            r"_with_one_sentence_in_both\[.*-spins\]",
            r"test_accepting\.py::.*\[sleeps_for_long-namespaces",
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
    Left(
        "another wrong answer to an exercise",
        (r"::test_each_wrong_",),
        every=6,
    ),
    Left(
        "another program of which each call is traced",
        (r"test_order\.py::test_what_a_call_sends",),
        every=4,
    ),
    Left(
        "one of many that differ little",
        (
            r"test_order\.py::test_threads_give_one_text\[(threaded1|pooled|queued|by_to_thread)",
            r"test_programs\.py::test_nothing_outlives_the_notebook\[[2-9]",
            r"::test_(a_)?right_.*-(right_|generous|by_peeking|by_library|with_two)",
        ),
    ),
    Left(
        "the same with a wire and without, where one of both stays",
        (
            r"test_nothing_is_left_behind\[(bench-(sleeps|leaves|forks)|namespaces-(right|sleeps|forks))",
            r"test_exercise\.py::test_with_the_wire_.*\[bench-(naive|swallows)",
            r"test_exercise\.py::test_(the_table_that|functions_of|what_the_function).*\[bench",
            r"test_exercise\.py::test_the_history_is_numbered.*\[bench",
            r"test_closing\.py::test_(with_the_wire|the_tables_that).*\[bench",
            r"test_framing\.py::test_a_right_message_reader_passes\[bench",
            r"test_run\.py::test_(a_client_can_come|how_a_program_died).*\[bench",
        ),
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
        "without a wire, what is checked with one",
        (r"test_(?!a_right|with_the_wire)\w+\[bench",),
        every=8,
    ),
    Left(
        "a right answer without a wire",
        (r"test_a_right_\w+\[bench",),
        every=3,
    ),
)


# Of every test that plays a lab, or several, so many cases stay; a bad call costs next to nothing.
FEW = 3
ANOTHER = Left("another case of a test that plays a lab; its first three stay", ("",))
CHEAP = "lab/test_bad_calls.py"


def left(tests: Iterable[str], playing: Collection[str] = ()) -> dict[str, Left]:
    """Which of the tests with these ids ``make test`` leaves out, and why; some are ``playing``."""
    tests = list(tests)
    found = {test: each for test in tests for each in LEFT[::-1] if each.has(test)}
    turns: Counter[str] = Counter()
    for test, why in list(found.items()):
        if why.every:
            turn = why.reason + test.partition("::")[0]
            if turns[turn] % why.every == 0:
                del found[test]
            turns[turn] += 1
    for test in tests:
        if test in playing and test not in found and "[" in test and CHEAP not in test:
            kind = test.partition("[")[0]
            turns[kind] += 1
            if turns[kind] > FEW:
                found[test] = ANOTHER
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
