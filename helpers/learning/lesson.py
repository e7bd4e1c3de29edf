"""A lesson's file: how a reader begins with it, and what in his copy counts as a change."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat

# What nbformat raises for a file that is no JSON, or JSON and no notebook.
_NO_NOTEBOOK = (
    RecursionError,
    ValueError,
    KeyError,
    TypeError,
    AttributeError,
    nbformat.ValidationError,
)


@dataclass(frozen=True)
class Seen:
    """What counts in a file: its text as a digest, whether it has outputs, what is wrong with it.

    Of a notebook the text is that of its cells, with their tags. What JupyterLab alone writes into
    it when it is opened, a kernel's name or a cell that is unfolded, is no change of the reader's.
    """

    digest: str
    outputs: bool = False
    fault: str = ""


def seen_in(name: str, content: bytes) -> Seen:
    """Look at the content of a file with this name; whatever it holds, nothing is raised."""
    if not name.endswith(".ipynb"):
        return Seen(hashlib.sha256(content).hexdigest())
    try:
        cells = _read(content).cells
        told = [[c.cell_type, c.source, sorted(c.metadata.get("tags", []))] for c in cells]
        outputs = any(cell.get("outputs") for cell in cells)
    except _NO_NOTEBOOK:
        return Seen("", fault="is no notebook any more")
    return Seen(hashlib.sha256(json.dumps(told).encode()).hexdigest(), outputs)


def without_outputs(path: Path) -> bytes:
    """The file as a reader begins with it: no outputs, and folded what the lesson has folded."""
    content = path.read_bytes()
    if path.suffix != ".ipynb":
        return content
    notebook = _read(content)
    notebook.metadata.pop("widgets", None)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    return f"{nbformat.writes(notebook)}\n".encode()  # type: ignore[no-untyped-call]


def _read(content: bytes) -> Any:
    return nbformat.reads(content.decode(), as_version=4)  # type: ignore[no-untyped-call]
