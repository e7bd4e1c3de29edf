"""Makes an assignment for nbgrader of the notebooks' exercises: each ``check`` is a graded test.

    python -m helpers.publish.grading FOLDER

makes a course in the folder: ``nbgrader_config.py``, and ``source/tcp`` with a notebook for each
lesson that has exercises. Its own nbgrader does the rest; nothing here imports it. What is in the
folder already is not overwritten.

A graded cell runs what a student wrote, as the user who grades.
"""

from __future__ import annotations

import ast
import json
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from helpers.errors import LabError
from helpers.learning.texts import tasks
from helpers.publish.sections import Notebook, Part, chosen, notebook

ASSIGNMENT, POINTS = "tcp", 4
_BEGIN, _END = "### BEGIN SOLUTION", "### END SOLUTION"
_STUB = "# Change the function above, until check has nothing to complain of."
_CONFIG = f"""\
# Made by helpers.publish.grading.
c = get_config()
c.CourseDirectory.course_id = "tcp-server"
# The article's own code stands above it, and is to be changed.
c.ClearSolutions.code_stub = {{"python": {_STUB!r}}}
# A check plays several situations and ends what hangs in each of them by itself.
c.ExecutePreprocessor.timeout = 300
"""
_SETUP = "import contextlib\nimport errno\nimport socket\nimport struct\nimport time"

Cell = dict[str, Any]


@dataclass(frozen=True)
class Exercise:
    """One exercise: ``task`` is Markdown, ``start`` what the reader finds, ``solution`` ours."""

    room: str
    name: str
    function: str
    task: str
    start: str
    solution: str


def exercises(book: Notebook) -> list[Exercise]:
    """Those of a notebook, in order. Raises ``LabError`` where they are not those of its room."""
    parts = [part for section in book.sections for part in section.parts]
    given = [found for n, part in enumerate(parts) if (found := _given(parts, n, part, book.room))]
    solved = dict(_solved(parts))
    names = [exercise.name for exercise in given]
    if sorted(names) != sorted(tasks(book.room)) or set(solved) != set(names):
        raise LabError(f"{book.file} has the exercises {names}, solutions of {sorted(solved)}")
    ours = {solved[each.name][0]: each.function for each in given}
    return [_with(each, solved[each.name][1], ours) for each in given]


def _called(part: Part) -> tuple[str, str, ast.Expr] | None:
    """Of a cell that ends with ``check(function, room.NAME)``: both names, and that line."""
    body = ast.parse(part.text).body if part.is_code and "check(" in part.text else []
    for node in body[-1:]:
        found = re.match(r"check\((\w+), \w+\.(\w+)\)", ast.unparse(node))
        if found and isinstance(node, ast.Expr):
            return found[1], found[2], node
    return None


def _given(parts: Sequence[Part], n: int, part: Part, room: str) -> Exercise | None:
    called = _called(part)
    if called is None or part.hidden:
        return None
    function, name, node = called
    start = "\n".join(part.text.splitlines()[: node.lineno - 1])
    start = start.replace("from helpers import check\n", "").strip()
    return Exercise(room, name, function, parts[n - 1].text, start, "")


def _solved(parts: Sequence[Part]) -> Iterator[tuple[str, tuple[str, str]]]:
    for part in parts:
        if part.hidden and (called := _called(part)):
            function, name, node = called
            text = "\n".join(part.text.splitlines()[: node.lineno - 1]).strip()
            yield name, (function, text)


def _with(each: Exercise, solution: str, ours: Mapping[str, str]) -> Exercise:
    """With the solution under the name that the reader's function has."""
    for told, name in ours.items():
        solution = re.sub(rf"\b{told}\b", name, solution)
    return Exercise(each.room, each.name, each.function, each.task, each.start, solution)


def assignment(book: Notebook) -> dict[str, Any]:
    """A notebook with the exercises of one lesson, as nbgrader wants its source."""
    cells = [_text("title", f"# {book.number}: {book.title}\n\n{_ABOUT}")]
    cells.append(_code("setup", f"{_SETUP}\n\nfrom helpers import check", locked=True))
    for each in exercises(book):
        grade = f"{each.room}-{each.name}"
        ours = f"{_BEGIN}\n{each.solution}\n{_END}"
        cells.append(_text(f"task-{grade}", each.task))
        cells.append(_code(grade, f"{each.start}\n\n\n{ours}", solution=True))
        cells.append(_code(f"test-{grade}", _test(each), grade=True, locked=True, points=POINTS))
    spec = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
    return {"cells": cells, "metadata": {"kernelspec": spec}, "nbformat": 4, "nbformat_minor": 5}


_ABOUT = """\
Write each function; `check` plays it against real peers. Below each stands the cell that will be
graded: run it as often as you like. It tells what happened, and what helps."""


def _test(each: Exercise) -> str:
    """Imports again what a cell above may have given another meaning; never in bench mode."""
    return (
        f"from helpers import check\nfrom helpers.concepts import {each.room}\n\n"
        f"check({each.function}, {each.room}.{each.name}, bench=False).assert_passed()"
    )


def _text(name: str, source: str) -> Cell:
    return {"cell_type": "markdown", "id": name, "metadata": {}, "source": source}


def _code(name: str, source: str, **what: object) -> Cell:
    about = {"schema_version": 3, "grade_id": name, "cell_type": "code", "task": False}
    flags = {"grade": False, "solution": False, "locked": False, **what}
    return {
        "cell_type": "code",
        "id": name,
        "metadata": {"nbgrader": about | flags},
        "source": source,
        "outputs": [],
        "execution_count": None,
    }


def write(folder: Path) -> list[Path]:
    """Make the course; returns its files. Raises ``LabError`` if one of them is there already."""
    made = {folder / "nbgrader_config.py": _CONFIG}
    for path in chosen():
        book = notebook(path)
        if tasks(book.room):
            text = json.dumps(assignment(book), ensure_ascii=False, indent=1) + "\n"
            made[folder / "source" / ASSIGNMENT / path.name] = text
    for path in made:
        if path.exists():
            raise LabError(f"{path} is there already; a course is made in an empty folder")
    for path, text in made.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return list(made)


def main(arguments: Sequence[str]) -> int:
    """Make a course in the folder that is named; returns the exit status."""
    if len(arguments) != 1 or arguments[0].startswith("-"):
        print("python -m helpers.publish.grading FOLDER makes a course for nbgrader in the folder")
        return 2
    try:
        made = write(Path(arguments[0]))
    except (LabError, OSError) as error:
        print(error)
        return 1
    print(*made, sep="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
