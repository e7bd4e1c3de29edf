"""Every question of a room is asked in its notebook, and answered by the kernel."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from helpers.learning.question import Question, letter
from helpers.learning.texts import flat, named, rooms

NOTEBOOKS = {p.name[:2]: p for p in (Path(__file__).parents[2] / "notebooks").glob("[0-9]*.ipynb")}


def code_cells(room: str) -> list[tuple[str, str]]:
    """Each code cell of the room's notebook, with what it printed and showed."""
    cells: list[dict[str, Any]] = json.loads(NOTEBOOKS[rooms()[room]].read_text())["cells"]
    return [(source_of(cell), shown_by(cell)) for cell in cells if cell["cell_type"] == "code"]


def headings(room: str) -> Iterator[tuple[str, str]]:
    """Each cell's source with the heading that it stands under."""
    heading = ""
    for cell in json.loads(NOTEBOOKS[rooms()[room]].read_text())["cells"]:
        if cell["cell_type"] == "markdown":
            found = re.findall(r"^#+ (.*)$", source_of(cell), re.MULTILINE)
            heading = found[-1].replace("`", "") if found else heading
        yield heading, source_of(cell)


def source_of(cell: dict[str, Any]) -> str:
    return "".join(cell["source"])


def shown_by(cell: dict[str, Any]) -> str:
    parts = [o.get("text", "") or o.get("data", {}).get("text/plain", "") for o in cell["outputs"]]
    return "\n".join("".join(part) for part in parts)


def predicted(room: str) -> list[Question]:
    return [each for each in flat(named(room).values()) if not each.name.startswith("QUIZ.")]


QUESTIONS = [each for room in rooms() for each in predicted(room)]
QUIZZES = [each for room in rooms() for each in named(room)["QUIZ"]]


def called(question: Question) -> str:
    """How a notebook writes it: ``lines.EARLY``, ``lines.SENDS["bind"]``."""
    room, name, *row = question.key.split(".")
    return f"{room}.{name}" + "".join(f'["{each}"]' for each in row)


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda each: each.key)
def test_it_is_asked_once_and_then_answered_by_the_run(question: Question) -> None:
    name = called(question)
    cells = code_cells(question.room)
    asks = [n for n, (text, _) in enumerate(cells) if f"predict({name.partition('[')[0]})" in text]
    answers = [n for n, (text, _) in enumerate(cells) if f"reveal({name}," in text]
    assert len(asks) == len(answers) == 1 and asks < answers
    right = question.choices[question.right].text
    assert f"-> {letter(question.right)}  {right}" in cells[answers[0]][1]


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda each: each.key)
def test_its_section_is_the_one_that_answers_it(question: Question) -> None:
    found = [
        under for under, text in headings(question.room) if f"reveal({called(question)}," in text
    ]
    assert found == [question.section]


@pytest.mark.parametrize("question", QUIZZES, ids=lambda each: each.key)
def test_what_a_quiz_asks_has_a_section_of_its_notebook(question: Question) -> None:
    assert question.section in dict(headings(question.room))


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda each: each.key)
def test_no_code_names_its_answer(question: Question) -> None:
    right = question.choices[question.right]
    for source, _ in code_cells(question.room):
        for call in re.findall(r"reveal\([^\n]*\)", source):
            assert right.text not in re.findall(r'"([^"]*)"', call), call
