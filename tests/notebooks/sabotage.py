"""Runs a notebook with something sabotaged, so that a test can see whether a cell notices.

The code cells are plain Python, so they run here one after another, in this process.
"""

from __future__ import annotations

import json
import linecache
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import matplotlib as mpl
import pytest
from matplotlib import pyplot

from helpers.concepts.backlog.bursts import Waiting
from helpers.errors import LabError
from helpers.lab.lab import Lab
from helpers.learning.debugger import Debugger
from tests.conftest import REASON, namespaces_allowed

Patch = pytest.MonkeyPatch
Sabotage = Callable[[Patch], None]
Cell = dict[str, Any]
NOTEBOOKS = Path(__file__).parents[2] / "notebooks"


def nothing(patch: Patch) -> None:
    """The control: an unsabotaged run must pass."""


def noticed(patch: Patch, name: str, sabotage: Sabotage, words: str) -> None:
    """Run a notebook by its name; a cell must fail with ``words``, or with "" none may."""
    if not namespaces_allowed():
        pytest.skip(REASON)
    sabotage(patch)
    if not words:
        run(NOTEBOOKS / f"{name}.ipynb")
        return
    with pytest.raises((AssertionError, LabError, LookupError, OSError, ValueError), match=words):
        run(NOTEBOOKS / f"{name}.ipynb")


def run(path: Path) -> None:
    """Execute the code cells; one that is meant to fail may."""
    space = fresh()
    try:
        run_cells(code_cells(path), space)
    finally:
        close(space)


def code_cells(path: Path) -> list[Cell]:
    """A notebook's code cells, without the exercises: those have tests of their own."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return [c for c in cells if c["cell_type"] == "code" and "check(" not in "".join(c["source"])]


def fresh() -> dict[str, Any]:
    """What a kernel has before the first cell."""
    mpl.use("agg")
    return {"__name__": "__main__"}


def run_cells(cells: Iterable[Cell], space: dict[str, Any]) -> None:
    """Run cells one after the other; one that shows an error may raise it."""
    for cell in cells:
        tags = cell["metadata"].get("tags", [])
        try:
            _execute("".join(cell["source"]), space)
        except OSError:
            if "raises-exception" not in tags or ("wire" in tags and "shows-error" not in tags):
                raise


def close(space: dict[str, Any]) -> None:
    """Close what the cells have opened."""
    pyplot.close("all")
    for each in [v for v in space.values() if isinstance(v, (Lab, Waiting, Debugger))]:
        each.close()


def _execute(source: str, space: dict[str, Any]) -> None:
    """Run a cell's text; functions of it keep their source, for whoever asks ``inspect``."""
    name = f"<cell {len(linecache.cache)}>"
    linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
    exec(compile(source, name, "exec"), space)
