"""A notebook as the book shows it: its stored outputs, with live questions and replays."""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping
from typing import Any

from helpers.publish.book.figures import described, replayed
from helpers.publish.book.pages import below_title
from helpers.publish.book.questions import answers, asking, shown

SOLUTION = "hide-input"
_HEADING = re.compile(r"^(?:```.*?^```|#+ (.*?)$)", re.MULTILINE | re.DOTALL)


def lesson(notebook: Mapping[str, Any], number: str, note: str) -> dict[str, Any]:
    """The notebook that the book is built from. ``note`` comes below its title, in Markdown.

    Raises ``LabError`` where a question's stored text is not that of today.
    """
    made: dict[str, Any] = copy.deepcopy(dict(notebook))
    known, heading = answers(made["cells"]), ""
    for n, cell in enumerate(made["cells"]):
        if cell["cell_type"] == "markdown":
            text = "".join(cell["source"])
            heading = ([title for title in _HEADING.findall(text) if title] or [heading])[-1]
            if n == 0:
                cell["source"] = below_title(text, note)
        else:
            _code(cell, heading, known)
        # An id is its notebook's own; a book has many notebooks.
        cell["id"] = f"nb{number}-{cell['id']}"
    return made


def _code(cell: dict[str, Any], heading: str, known: Mapping[str, Mapping[str, Any]]) -> None:
    meta = cell["metadata"]
    tags, options = meta.setdefault("tags", []), meta.setdefault("mystnb", {})
    if SOLUTION in tags:
        options["code_prompt_show"] = "Show a solution"
        options["code_prompt_hide"] = "Hide the solution"
    elif meta.get("jupyter", {}).get("source_hidden"):
        tags.append(SOLUTION)
        options["code_prompt_show"], options["code_prompt_hide"] = "Show the code", "Hide the code"
    question = asking("".join(cell["source"])) and shown(cell, known)
    for output in cell["outputs"]:
        live = replayed(output) or (
            question if question and output["output_type"] == "execute_result" else ""
        )
        if live:
            output["data"] = {"text/html": live}
    if any("image/png" in output.get("data", {}) for output in cell["outputs"]):
        options["image"] = described(cell, heading)
