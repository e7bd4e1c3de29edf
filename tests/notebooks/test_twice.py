"""A cell of notebook 01 may be run again, at once or after a later one that begins anew."""

from __future__ import annotations

import pytest

from tests.conftest import REASON, namespaces_allowed
from tests.notebooks import sabotage
from tests.notebooks.sabotage import Cell

pytestmark = [pytest.mark.slow, pytest.mark.live]
REUSE = sabotage.NOTEBOOKS / "01_reuse_and_time_wait.ipynb"
# How one may go back and forth in "Who gets TIME-WAIT".
ORDERS = (
    "15 16 19 16 19 23 19 23 24 15 19",
    "15 19 23 23 24 24 19 16",
    "19 23 15 16 19",
)


def played(cells: list[Cell]) -> None:
    if not namespaces_allowed():
        pytest.skip(REASON)
    space = sabotage.fresh()
    try:
        sabotage.run_cells(cells, space)
    finally:
        sabotage.close(space)


def test_every_cell_can_be_run_twice(nothing_left: None) -> None:
    played([cell for cell in sabotage.code_cells(REUSE) for _ in range(2)])


def test_the_restart_needs_no_kill_of_an_earlier_cell(nothing_left: None) -> None:
    """Which in bench mode would be over after a minute, and the server would start."""
    cells = {cell["id"]: cell for cell in sabotage.code_cells(REUSE)}
    played([cells[name] for name in ("code-02", "stage-bare", "code-10")])


@pytest.mark.parametrize("order", ORDERS)
def test_the_closes_can_be_played_in_any_order(nothing_left: None, order: str) -> None:
    cells = {cell["id"]: cell for cell in sabotage.code_cells(REUSE)}
    first = ["code-02", "code-13"]
    played([cells[name] for name in (*first, "code-15", *(f"code-{n}" for n in order.split()))])
