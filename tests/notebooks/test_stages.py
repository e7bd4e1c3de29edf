"""Every notebook drives the server: it begins with one stage, and ends with the next."""

from __future__ import annotations

import ast
import inspect
import json
from pathlib import Path

import pytest

from helpers import server

LESSONS = sorted((Path(__file__).parents[2] / "notebooks").glob("[0-9]*.ipynb"))
# 00 has the lines as they are printed; from 01 on each has a stage, as long as there is a next one.
NOTEBOOKS = LESSONS[1 : len(server.STAGES)]


def cells(path: Path) -> dict[str, str]:
    found = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return {c["id"]: "".join(c["source"]) for c in found if c["cell_type"] == "code"}


def parts(text: str) -> dict[str, str]:
    """Functions and constants of a program, without what stands above them."""
    return {
        ast.unparse(node).partition("(")[0].partition("=")[0]: ast.dump(node)
        for node in ast.parse(text).body
        if isinstance(node, (ast.FunctionDef, ast.Assign))
    }


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_it_begins_with_a_stage_and_ends_with_the_next(path: Path) -> None:
    number = int(path.name[:2])
    old, new = server.STAGES[number - 1 : number + 1]
    found = cells(path)
    assert parts(found[f"stage-{old.__name__}"]) == parts(inspect.getsource(inspect.getmodule(old)))
    code = "\n".join(found.values())
    assert f"lab.server.run({old.__name__}" in code
    assert f"server.difference(server.{old.__name__})" in code
    assert f"server.{new.__name__}" in code
