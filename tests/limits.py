"""For pytest: how long a test or a cell may take, times ``TCP_LAB_PATIENCE``.

The lab's own deadlines grow with that variable; a limit around them that did not would fail a
slow machine all the same. The summary says which limits were in force.
"""

from __future__ import annotations

import pytest

from helpers.waiting import patience

# Seconds, on a machine that is not busy.
TEST, CELL, OUTPUT = 60, 30, 5


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Set pytest-timeout's limit, and nbval's if it is there, unless the command line did."""
    config.option.timeout = config.option.timeout or TEST * patience()
    if hasattr(config.option, "nbval_cell_timeout"):
        config.option.nbval_cell_timeout = CELL * patience()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """nbval waits so long for the last output of a cell that has ended."""
    for item in items:
        if hasattr(item, "output_timeout"):
            item.output_timeout = OUTPUT * patience()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say it where the results stand."""
    config = terminalreporter.config
    cell = getattr(config.option, "nbval_cell_timeout", None)
    cells = f", {cell:g} s a cell" if config.getoption("nbval", False) else ""
    terminalreporter.write_line(f"limits: {config.option.timeout:g} s a test{cells}")
