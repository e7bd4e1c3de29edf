"""An assignment has every exercise, as the reader finds it, and a cell that grades it."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest

from helpers.errors import LabError
from helpers.learning.texts import rooms, tasks
from helpers.publish import grading
from helpers.publish.sections import NOTEBOOKS, Notebook, notebook

BOOKS = [book for book in map(notebook, sorted(NOTEBOOKS.glob("[0-9]*.ipynb"))) if tasks(book.room)]
each_book = pytest.mark.parametrize("book", BOOKS, ids=lambda book: book.number)


@each_book
def test_each_exercise_is_in_it_with_a_solution_and_a_test(book: Notebook) -> None:
    cells = grading.assignment(book)["cells"]
    graded = {c["id"]: c for c in cells if c["metadata"].get("nbgrader", {}).get("grade")}
    assert list(graded) == [f"test-{book.room}-{name}" for name in tasks(book.room)]
    for exercise in grading.exercises(book):
        test = graded[f"test-{book.room}-{exercise.name}"]
        wanted = f"check({exercise.function}, {book.room}.{exercise.name}, bench=False)"
        assert f"{wanted}.assert_passed()" in test["source"]
        assert test["metadata"]["nbgrader"]["locked"]
        for text in (exercise.start, exercise.solution):
            defined = {n.name for n in ast.parse(text).body if isinstance(n, ast.FunctionDef)}
            assert exercise.function in defined
        assert exercise.start != exercise.solution
        assert exercise.task.startswith("###") and f"`{exercise.function}(" in exercise.task


@each_book
def test_names_are_unique_and_the_students_part_is_marked(book: Notebook) -> None:
    made = grading.assignment(book)
    ids = [cell["id"] for cell in made["cells"]]
    assert len(set(ids)) == len(ids)
    for cell in made["cells"]:
        about = cell["metadata"].get("nbgrader")
        if about and about["solution"]:
            begin, end = (cell["source"].index(mark) for mark in ("### BEGIN", "### END"))
            assert begin < end and "check(" not in cell["source"]
            assert not about["locked"] and not about["grade"]
        if about:
            assert about["grade_id"] == cell["id"] and about["schema_version"] == 3


def test_a_course_has_a_notebook_for_each_lesson_with_exercises(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert grading.main([str(tmp_path / "course")]) == 0
    source = tmp_path / "course" / "source" / "tcp"
    assert [path.name for path in sorted(source.glob("*"))] == [book.file for book in BOOKS]
    assert len(BOOKS) == sum(bool(tasks(room)) for room in rooms())
    config = (tmp_path / "course" / "nbgrader_config.py").read_text()
    compile(config, "nbgrader_config.py", "exec")
    capsys.readouterr()
    before = (source / BOOKS[0].file).read_text()
    (source / BOOKS[0].file).write_text("mine")
    assert grading.main([str(tmp_path / "course")]) == 1
    assert "is there already" in capsys.readouterr().out
    assert (source / BOOKS[0].file).read_text() == "mine" != before


@pytest.mark.parametrize("arguments", [[], ["--help"], ["a", "b"]])
def test_how_it_is_called_is_said(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert grading.main(arguments) == 2
    assert "helpers.publish.grading FOLDER" in capsys.readouterr().out


def test_an_exercise_without_its_solution_is_named(tmp_path: Path) -> None:
    path = NOTEBOOKS / "02_bind_address.ipynb"
    book = json.loads(path.read_text(encoding="utf-8"))
    book["cells"] = [c for c in book["cells"] if "addresses_to_bind" not in "".join(c["source"])]
    (tmp_path / path.name).write_text(json.dumps(book), encoding="utf-8")
    with pytest.raises(
        LabError, match=r"02_bind_address\.ipynb has the exercises .* \['WHY_NOT'\]"
    ):
        grading.exercises(notebook(tmp_path / path.name))
