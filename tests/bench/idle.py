"""Notebooks that import what the real ones import, and do nothing else."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
from nbformat.v4 import new_code_cell, new_notebook

_LATE = """
import sys, helpers
before = set(sys.modules)
helpers.Lab().close()
print(*sorted(m for m in set(sys.modules) - before if not m.startswith("_")))
"""


def make(notebooks: list[Path], folder: Path) -> None:
    """Write an idle twin of each notebook into ``folder``."""
    late = subprocess.run([sys.executable, "-c", _LATE], capture_output=True, text=True, check=True)
    names = late.stdout.splitlines()[-1].split()
    for path in notebooks:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        code = [c for c in cells if c["cell_type"] == "code"]
        source = "\n".join([*_imports(code), f"import importlib; modules = {names}"])
        source += "\nfor module in modules: importlib.import_module(module)"
        cell = new_code_cell(source, execution_count=1)
        nbformat.write(new_notebook(cells=[cell]), folder / path.name)


def _imports(code: list[dict[str, Any]]) -> list[str]:
    found: dict[str, None] = {}
    for cell in code:
        for node in ast.walk(ast.parse("".join(cell["source"]))):
            if isinstance(node, (ast.Import, ast.ImportFrom)):
                found[ast.unparse(node)] = None
        if any("image/png" in output.get("data", {}) for output in cell["outputs"]):
            found["import matplotlib.pyplot"] = None
    return list(found)
