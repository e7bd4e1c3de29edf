"""Runs a notebook with something sabotaged, so that a test can see whether a cell notices.

The code cells are plain Python, so they run here one after another, in this process.
"""

from __future__ import annotations

import json
import linecache
from collections.abc import Callable
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
    mpl.use("agg")
    space: dict[str, Any] = {"__name__": "__main__"}
    cells = [c for c in json.loads(path.read_text())["cells"] if c["cell_type"] == "code"]
    try:
        for cell in cells:
            tags = cell["metadata"].get("tags", [])
            if "check(" in "".join(cell["source"]):
                continue  # the exercises have tests of their own
            try:
                execute("".join(cell["source"]), space)
            except OSError:
                if "raises-exception" not in tags or ("wire" in tags and "shows-error" not in tags):
                    raise
    finally:
        pyplot.close("all")
        for each in [v for v in space.values() if isinstance(v, (Lab, Waiting, Debugger))]:
            each.close()


def execute(source: str, space: dict[str, Any]) -> None:
    """Run a cell's text; functions of it keep their source, for whoever asks ``inspect``."""
    name = f"<cell {len(linecache.cache)}>"
    linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
    exec(compile(source, name, "exec"), space)
