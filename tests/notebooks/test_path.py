"""A class may leave sections out: what is left has every name that it uses."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from helpers.publish.sections import cells_of, chosen, parts

NOTEBOOKS = pytest.mark.parametrize("path", chosen(), ids=lambda path: path.stem)
PATH = "the path"


def cells(path: Path) -> Iterator[tuple[str, ast.Module]]:
    """Each code cell with the section that a class may leave out, or with ``PATH``."""
    title = ""
    for part in parts(cells_of(path)):
        title = part.title if part.level == 2 else title
        if part.is_code:
            yield PATH if part.on_path else title, ast.parse(part.text)


def bound(cell: ast.AST) -> set[str]:
    """What gets a name in a cell: by assignment, import or definition, or as an argument."""
    found = set()
    for node in ast.walk(cell):
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            found.add(node.id)
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.arg):
            found.add(node.arg)
        elif isinstance(node, ast.alias):
            found.add((node.asname or node.name).partition(".")[0])
        elif isinstance(node, ast.ExceptHandler) and node.name:
            found.add(node.name)
    return found


def used(cell: ast.AST) -> set[str]:
    """The names that a cell reads, wherever it binds them."""
    every = [node for node in ast.walk(cell) if isinstance(node, ast.Name)]
    return {node.id for node in every if isinstance(node.ctx, ast.Load)}


def unknown(found: Iterable[tuple[str, ast.Module]]) -> list[tuple[str, str]]:
    """(section, name) of each name that neither the path before it nor its own section has."""
    missing: list[tuple[str, str]] = []
    known = {PATH: set(dir(builtins))}
    for section, cell in found:
        mine = known.setdefault(section, set())
        mine |= bound(cell)
        missing += [(section, name) for name in sorted(used(cell) - mine - known[PATH])]
    return missing


@NOTEBOOKS
def test_what_is_left_out_is_not_missed(path: Path) -> None:
    assert unknown(cells(path)) == []


@pytest.mark.parametrize(
    ("second", "third", "missed"),
    [
        ("In depth", PATH, [(PATH, "seen")]),
        ("In depth", "Your turn", [("Your turn", "seen")]),
        ("In depth", "In depth", []),
        (PATH, "In depth", []),
    ],
)
def test_a_name_of_a_section_that_was_left_out_is_found(
    second: str, third: str, missed: list[tuple[str, str]]
) -> None:
    told = [(PATH, "import a.b as lab"), (second, "seen = lab.run(lambda x: x)")]
    told.append((third, "print(*(row for row in seen))"))
    assert unknown((section, ast.parse(text)) for section, text in told) == missed
