"""For pytest: lets nbval run notebooks at a person's pace.

    pytest -p tests.notebooks.plugin -p tests.notebooks.pace --nbval --pace=4 --lunch=75 notebooks

Before every code cell it waits for ``--pace`` seconds, as somebody who reads, and before three
cells of each notebook for ``--lunch`` seconds: before the first one that makes a claim in the
ledger, and before two that ``--places`` chooses, a number from which places are drawn. TCP has
timers of its own, and an output that depends on how long a reader thinks differs then.
"""

from __future__ import annotations

import random
import time
from collections import defaultdict

import pytest

from helpers.waiting import patience
from tests.limits import TEST


def pytest_addoption(parser: pytest.Parser) -> None:
    """The pauses, in seconds, and a number that says where the long ones are."""
    group = parser.getgroup("pace")
    group.addoption("--pace", type=float, default=4.0, help="seconds before each cell")
    group.addoption("--lunch", type=float, default=75.0, help="seconds before three cells")
    group.addoption("--places", type=int, default=1, help="draws the places of the long pauses")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Decide, for each notebook, how long to wait before which cell."""
    notebooks = defaultdict(list)
    for item in items:
        if hasattr(item, "cell"):
            notebooks[item.path].append(item)
    for path, cells in notebooks.items():
        long = places(path.name, [item.cell.source for item in cells], config.getoption("places"))
        for number, item in enumerate(cells):
            seconds = config.getoption("lunch" if number in long else "pace")
            item.user_properties.append(("pause", seconds))
            item.add_marker(pytest.mark.timeout(TEST * patience() + seconds))


def places(name: str, sources: list[str], draw: int) -> set[int]:
    """Before which code cells, counted from 0, the long pauses are."""
    ledger = next((n for n, text in enumerate(sources) if "ledger." in text), len(sources) - 1)
    others = [n for n in range(2, len(sources)) if n != ledger]
    chosen = random.Random(f"{name} {draw}").sample(others, min(2, len(others)))
    return {ledger, *chosen}


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Wait; it is the test itself that takes its time, and nothing is awaited."""
    time.sleep(dict(item.user_properties).get("pause", 0.0))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say at what pace it was, and how many cells came after a long pause."""
    config = terminalreporter.config
    pace, lunch = config.getoption("pace"), config.getoption("lunch")
    reports = terminalreporter.getreports("passed") + terminalreporter.getreports("failed")
    pauses = [dict(report.user_properties).get("pause") for report in reports]
    counts = (f"{pauses.count(each)} cells after {each:g} s" for each in (pace, lunch))
    terminalreporter.write_line(f"pace: {', '.join(counts)}")
