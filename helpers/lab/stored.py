"""Finds the file of a running notebook, and in it what a cell showed when it was stored.

Nothing tells a kernel which notebook it serves, so the file is the one that holds the cells
which have been run. Two cells are alike if their code is; comments and spaces do not count.
Rule of this file: it reads notebooks and nothing else.

Source: nbformat's format description; jupyter_server sets JPY_SESSION_NAME.
"""

from __future__ import annotations

import ast
import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

OWN = Path(__file__).parents[2] / "notebooks"
# What was shown in place of an output carries this in its metadata: "words" for the line and the
# caption, "recorded" for the output itself, so that a notebook that was saved is read aright.
MARK = "stands_in"


@dataclass(frozen=True)
class Cell:
    """One code cell: its place among them, its code, its tags, and what it showed."""

    place: int
    code: str
    tags: frozenset[str]
    outputs: tuple[dict[str, Any], ...]

    @property
    def wire(self) -> bool:
        """Whether it needs the wire."""
        return "wire" in self.tags


@dataclass(frozen=True)
class Notebook:
    """The code cells of one file; ``recorded_on`` is the system that its outputs come from."""

    path: Path
    cells: tuple[Cell, ...]
    recorded_on: str

    def find(self, code: str, after: int = -1) -> Cell | None:
        """The next cell with this code after a place, or else the first one."""
        alike = [cell for cell in self.cells if cell.code == code]
        return next((c for c in alike if c.place > after), alike[0] if alike else None)


def code_of(source: str) -> str:
    """A cell's code without comments and spacing; "" for what is not plain Python."""
    try:
        return ast.dump(ast.parse(source))
    except (SyntaxError, ValueError):
        return ""


def read(path: Path) -> Notebook | None:
    """Read one notebook file; None if it is none."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        plain = [cell for cell in content["cells"] if cell["cell_type"] == "code"]
        cells = tuple(_cell(place, cell) for place, cell in enumerate(plain))
        return Notebook(path, cells, str(content["metadata"].get("recorded_on", "")))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _cell(place: int, cell: dict[str, Any]) -> Cell:
    tags = frozenset(cell["metadata"].get("tags", ()))
    outputs = [o for o in cell["outputs"] if MARK not in o.get("metadata", {})]
    again = [o for o in cell["outputs"] if o.get("metadata", {}).get(MARK) == "recorded"]
    if len(outputs) < len(cell["outputs"]):
        outputs = again
    return Cell(place, code_of("".join(cell["source"])), tags, tuple(outputs))


def locate(run: Iterable[str]) -> Notebook | None:
    """The notebook that most of the cells that were run are from, or None.

    Looked for: the file that the server names, those in the working directory, the project's
    own. Of two that fit alike the one with more outputs is taken: a reader may work in a copy
    that has none yet, or some. Takes about 0.1 s.
    """
    codes = {code for source in run if (code := code_of(source))}
    found = [notebook for path in _candidates() if (notebook := read(path))]
    scores = [len(codes & {cell.code for cell in notebook.cells}) for notebook in found]
    if not any(scores):
        return None
    best = [n for n, score in zip(found, scores, strict=True) if score == max(scores)]
    return max(best, key=lambda n: sum(bool(c.outputs) for c in n.cells if c.wire))


def _candidates() -> list[Path]:
    named = Path(os.environ.get("JPY_SESSION_NAME", ""))
    folders = [Path.cwd(), OWN]
    paths = [named] if named.suffix == ".ipynb" else []
    paths += [path for folder in folders for path in sorted(folder.glob("*.ipynb"))]
    return list(dict.fromkeys(path.resolve() for path in paths))
