"""nbgrader itself grades a good and a bad submission of every exercise.

It is no dependency of the project. ``TCP_LAB_NBGRADER`` names the ``bin`` of an environment that
has it, and what a reader needs; without it this is skipped.
"""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
from pathlib import Path

import pytest

from helpers.learning.texts import rooms, tasks
from helpers.publish import grading
from helpers.publish.sections import notebooks
from tests.conftest import REASON, namespaces_allowed
from tests.learning.solutions import cells

ROOT = Path(__file__).parents[2]
BIN = os.environ.get("TCP_LAB_NBGRADER", "")
pytestmark = [
    pytest.mark.live,
    pytest.mark.timeout(900),
    pytest.mark.skipif(not BIN, reason="TCP_LAB_NBGRADER names no environment with nbgrader"),
    pytest.mark.skipif(not namespaces_allowed(), reason=REASON),
]
GRADES = """
    SELECT student.id, grade_cell.name, grade.auto_score, grade_cells.max_score
    FROM grade JOIN submitted_notebook ON grade.notebook_id = submitted_notebook.id
    JOIN submitted_assignment ON submitted_notebook.assignment_id = submitted_assignment.id
    JOIN student ON submitted_assignment.student_id = student.id
    JOIN base_cell AS grade_cell ON grade.cell_id = grade_cell.id
    JOIN grade_cells ON grade_cells.id = grade_cell.id
"""
EXERCISES = [(room, name) for room in rooms() for name in tasks(room)]


def nbgrader(course: Path, *arguments: str) -> str:
    environment = {**os.environ, "PATH": f"{BIN}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        ["nbgrader", *arguments], cwd=course, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stderr


def submit(course: Path, student: str, chosen: dict[str, str]) -> None:
    """What was released, with a solution in each cell that is to be written in."""
    for path in (course / "release" / grading.ASSIGNMENT).glob("*.ipynb"):
        book = json.loads(path.read_text(encoding="utf-8"))
        for cell in book["cells"]:
            name = cell["metadata"].get("nbgrader", {})
            if name.get("solution"):
                cell["source"] = chosen[name["grade_id"]]
        target = course / "submitted" / student / grading.ASSIGNMENT / path.name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(json.dumps(book), encoding="utf-8")


def answers(kind: str) -> dict[str, str]:
    """The first right or wrong solution of each exercise, with the cell that it stands in."""
    found = {}
    functions = {
        (e.room, e.name): e.function for book in notebooks() for e in grading.exercises(book)
    }
    for room in {room for room, _ in EXERCISES}:
        whole = Path(cells.__file__).with_name(f"{room}.py").read_text(encoding="utf-8")
        tried = cells.right(room) if kind == "good" else [each for each, _ in cells.wrong(room)]
        for each in tried:
            if each.number == 1:
                name = functions[room, each.name]
                found[f"{room}-{each.name}"] = f"{whole}\n\n{name} = {each.function.__name__}\n"
    return found


def test_good_ones_have_all_points_and_bad_ones_none(tmp_path: Path) -> None:
    grading.write(tmp_path)
    nbgrader(tmp_path, "generate_assignment", grading.ASSIGNMENT)
    released = "\n".join(p.read_text() for p in (tmp_path / "release").rglob("*.ipynb"))
    assert "BEGIN SOLUTION" not in released and "YOUR CODE" not in released
    assert released.count("until check has nothing to complain of") == len(EXERCISES)
    for student in ("good", "bad"):
        submit(tmp_path, student, answers(student))
    nbgrader(tmp_path, "autograde", grading.ASSIGNMENT)
    nbgrader(tmp_path, "generate_feedback", grading.ASSIGNMENT)

    with sqlite3.connect(tmp_path / "gradebook.db") as book:
        grades = book.execute(GRADES).fetchall()
    book.close()
    for student, points in (("good", grading.POINTS), ("bad", 0)):
        seen = {name: got for who, name, got, _ in grades if who == student}
        assert seen == {f"test-{room}-{name}": points for room, name in EXERCISES}
    assert {most for *_, most in grades} == {grading.POINTS}
    told = (tmp_path / "feedback" / "bad" / grading.ASSIGNMENT / "02_bind_address.html").read_text()
    assert "What was wrong:" in told and "What helps:" in told
