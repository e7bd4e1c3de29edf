"""Takes a notebook apart into its sections, and runs them as a reader may: twice, or one alone."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib import pyplot

from helpers.concepts.backlog.bursts import Waiting
from helpers.lab.lab import Lab
from helpers.learning.debugger import Debugger
from tests.notebooks.sabotage import execute

Cell = dict[str, Any]


def sections(path: Path) -> dict[str, list[Cell]]:
    """The code cells under each heading of the second level; what comes first is under ""."""
    found: dict[str, list[Cell]] = {"": []}
    title = ""
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        text = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            titles = re.findall(r"^## (.*)", re.sub(r"```.*?```", "", text, flags=re.DOTALL), re.M)
            title = titles[-1] if titles else title
        elif "check(" not in text:  # the exercises have tests of their own
            found.setdefault(title, []).append(cell)
    return {title: cells for title, cells in found.items() if cells}


def run(cells: list[Cell], space: dict[str, Any]) -> None:
    """Run cells one after the other; one that shows an error may raise it."""
    for cell in cells:
        tags = cell["metadata"].get("tags", [])
        try:
            execute("".join(cell["source"]), space)
        except OSError:
            if "raises-exception" not in tags or ("wire" in tags and "shows-error" not in tags):
                raise


def fresh() -> dict[str, Any]:
    """What a kernel has before the first cell."""
    mpl.use("agg")
    return {"__name__": "__main__"}


def close(space: dict[str, Any]) -> None:
    """Close what the cells have opened."""
    pyplot.close("all")
    for each in [v for v in space.values() if isinstance(v, (Lab, Waiting, Debugger))]:
        each.close()
