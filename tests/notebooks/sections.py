"""Takes a notebook apart into its sections, which a reader may run twice, or one alone."""

from __future__ import annotations

import json
import re
from pathlib import Path

from tests.notebooks.sabotage import Cell


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
