"""Every question of a room is asked in its notebook, and answered by the kernel."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from helpers.learning.question import Question, letter
from helpers.learning.texts import flat, named, rooms

NOTEBOOKS = {p.name[:2]: p for p in (Path(__file__).parents[2] / "notebooks").glob("[0-9]*.ipynb")}


def read(room: str) -> list[dict[str, Any]]:
    """The cells of the room's notebook."""
    cells: list[dict[str, Any]] = json.loads(NOTEBOOKS[rooms()[room]].read_text())["cells"]
    return cells


def code_cells(room: str) -> list[tuple[str, str]]:
    """Each code cell, with what it printed and showed."""
    code = [cell for cell in read(room) if cell["cell_type"] == "code"]
    return [(source_of(cell), shown_by(cell)) for cell in code]


def headings(room: str) -> Iterator[tuple[str, str]]:
    """Each cell's source with the heading that it stands under."""
    heading = ""
    for cell in read(room):
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


def between(question: Question) -> list[dict[str, Any]]:
    """The cells behind the one that asks, up to the one that reveals."""
    name, cells = called(question), read(question.room)
    first, last = (
        next(n for n, cell in enumerate(cells) if call in source_of(cell))
        for call in (f"predict({name.partition('[')[0]})", f"reveal({name},")
    )
    return cells[first + 1 : last + 1]


def strings(cell: dict[str, Any]) -> list[str]:
    """What stands in quotes in a cell of code; the whole text of another one."""
    if cell["cell_type"] != "code":
        return [source_of(cell)]
    nodes = ast.walk(ast.parse(source_of(cell)))
    return [n.value for n in nodes if isinstance(n, ast.Constant) and isinstance(n.value, str)]


def words(text: str) -> set[str]:
    """Those that can tell one choice from another."""
    return set(re.findall(r"\w{4,}", text.lower())) - {"when", "with"}


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda each: each.key)
def test_its_answer_is_not_told_before_the_run_tells_it(question: Question) -> None:
    right = question.choices[question.right].text.lower()
    told = [text for cell in between(question) for text in strings(cell)]
    assert len(right) < 8 or not [text for text in told if right in text.lower()]


@pytest.mark.parametrize("question", [q for q in QUESTIONS if not q.of], ids=lambda each: each.key)
def test_no_title_above_its_answer_has_a_word_of_the_right_choice_alone(question: Question) -> None:
    others = [c.text for n, c in enumerate(question.choices) if n != question.right]
    alone = words(question.choices[question.right].text) - words(" ".join(others))
    for cell in between(question):
        for title in re.findall(r'title="([^"]*)"', source_of(cell)):
            assert not alone & words(title), title


@pytest.mark.parametrize("question", QUIZZES, ids=lambda each: each.key)
def test_what_a_quiz_asks_has_a_section_of_its_notebook(question: Question) -> None:
    assert question.section in dict(headings(question.room))


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda each: each.key)
def test_no_code_names_its_answer(question: Question) -> None:
    right = question.choices[question.right]
    for source, _ in code_cells(question.room):
        for call in re.findall(r"reveal\([^\n]*\)", source):
            assert right.text not in re.findall(r'"([^"]*)"', call), call
