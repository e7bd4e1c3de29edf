"""The teacher's guide says what the notebooks and their texts say, and something of each."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from helpers.errors import LabError
from helpers.learning import progress
from helpers.learning.question import Rows
from helpers.learning.recall import recall
from helpers.learning.texts import flat, named, tasks
from helpers.publish import guide, sections
from helpers.publish.sections import Notebook, notebooks, parts, shared
from tests.notebooks.test_format import path_of

BOOKS = notebooks()
JUDGED = guide.judged()
STALE = "run: make guide"
book = pytest.mark.parametrize("book", BOOKS, ids=lambda each: each.number)


def test_guide_and_key_are_what_the_notebooks_say() -> None:
    assert guide.GUIDE.read_text(encoding="utf-8") == guide.page(BOOKS, JUDGED), STALE
    assert guide.ANSWERS.read_text(encoding="utf-8") == guide.answers(BOOKS), STALE


@book
def test_a_class_goes_through_what_the_budget_of_the_path_counts(book: Notebook) -> None:
    whole = json.loads((sections.NOTEBOOKS / book.file).read_text(encoding="utf-8"))
    counted = [cell["id"] for cell in path_of(whole)["cells"] if cell["cell_type"] == "code"]
    cells = sections.cells_of(sections.NOTEBOOKS / book.file)
    mine = [part.cell["id"] for part in parts(cells) if part.is_code and part.on_path]
    assert mine == counted


@book
def test_minutes_add_up_to_what_the_notebook_says(book: Notebook) -> None:
    for on_path, whole in ((True, book.path_minutes), (False, book.more_minutes)):
        assert sum(s.minutes for s in book.sections if s.on_path == on_path) == whole
    table = guide.chapter(book, JUDGED[book.number]).split("### Minutes")[1].split("###")[0]
    rows = re.findall(r"\| (\d+) \|", table)
    assert sum(map(int, rows)) == book.path_minutes
    assert f"| **{book.path_minutes}** |" in table


@book
def test_the_hour_adds_up_with_the_votes_that_are_named(book: Notebook) -> None:
    """Two minutes in pairs and half a minute for the second vote, for each of them."""
    told = guide.chapter(book, JUDGED[book.number])
    table = told.split("### Minutes")[1].split("| the path |")[0]
    rows = [int(minutes) for minutes in re.findall(r"\| (\d+) \|", table)]
    left = guide.left_for_votes(book)
    assert sum(rows[:-1]) + left == 40 - 5
    assert f"**{left} are left for votes**" in told
    assert len(JUDGED[book.number]["ask"]) in (1, 2, 3)
    assert 2.5 * len(JUDGED[book.number]["ask"]) <= left


@book
def test_the_questions_of_the_first_minutes_are_those_of_recall(
    book: Notebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(progress.VARIABLE, raising=False)
    told = guide.chapter(book, JUDGED[book.number])
    if book.number == "00":
        assert "The first five minutes" not in told
        return
    first = told.split("### The first five minutes")[1].split("###")[0]
    asked = recall(book.number).questions
    assert len(asked) == 3
    assert all(f"{n}. {question.ask} **" in first for n, question in enumerate(asked, 1))


@book
def test_each_prediction_is_told_with_every_wrong_answer(book: Notebook) -> None:
    told = guide.chapter(book, JUDGED[book.number])
    asked = [*book.asked(on_path=True), *book.asked(on_path=False)]
    names = {key.partition(".")[0] for each in flat(asked) for key in [each.name]}
    predictions = {n for n, q in named(book.room).items() if not isinstance(q, tuple)}
    assert names == predictions
    for question in flat(asked):
        right = question.choices[question.right]
        assert right.text in told and right.why in told
        for choice in question.choices:
            if not question.of:
                assert f"*{choice.text}*" in told and choice.why in told


@book
def test_the_key_has_the_right_letter_of_each_question(book: Notebook) -> None:
    key = guide.answers([book])
    for question in flat(named(book.room).values()):
        letter = "ABCD"[[choice.right for choice in question.choices].index(True)]
        if question.of:
            letter = next("AB"[n] for n, c in enumerate(question.choices) if c.right)
        text = question.choices["ABCD".index(letter)].text.rstrip(".")
        assert f"{question.ask} **{letter}**, {text}. " in key.replace("`: ", " ").replace("`", "")


@book
def test_what_is_said_by_hand_names_what_is_there(book: Notebook) -> None:
    """Sections in italics, exercises and questions in capitals."""
    advice = JUDGED[book.number]
    text = " ".join([*(advice[key] for key in guide.ADVICE if key != "ask"), *advice["room"]])
    capitals = set(re.findall(r"`([A-Z][A-Z_]+)`", text))
    assert capitals <= set(tasks(book.room)) | set(named(book.room))
    on_path = {name for s in book.sections if s.on_path for name in s.asks()}
    assert len(set(advice["ask"])) == len(advice["ask"]) and set(advice["ask"]) <= on_path
    headings = {part.title for s in book.sections for part in s.parts}
    for title in re.findall(r"\*(In depth: [^*]+|How to read a run|Several workers)\*", text):
        assert title in headings


def test_links_lead_somewhere() -> None:
    for link in re.findall(r"\]\(([^)h][^)]*)\)", guide.GUIDE.read_text(encoding="utf-8")):
        assert (guide.GUIDE.parent / link).is_file(), link


def test_rows_are_told_one_by_one() -> None:
    sends = named("lines")["SENDS"]
    assert isinstance(sends, Rows)
    table = guide.told(sends)
    assert sum(line.startswith("| `") for line in table) == 7
    assert [line for line in table if "| a packet leaves |" in line] == [
        line for line in table if "`clientsocket.close()`" in line
    ]


def test_a_notebook_of_which_nothing_is_said_is_named(tmp_path: Path) -> None:
    told = {key: value for key, value in JUDGED.items() if key != "03"}
    with pytest.raises(LabError, match=r"guide\.toml says nothing of notebook 03"):
        guide.page(BOOKS, told)
    half = tmp_path / "guide.toml"
    half.write_text('["00"]\nfirst = "x"\n')
    with pytest.raises(LabError, match=r"00: 'ask' is missing or unknown"):
        guide.judged(half)


def test_a_notebook_that_names_no_minutes_is_named(tmp_path: Path) -> None:
    path = tmp_path / "04_backlog.ipynb"
    path.write_text(json.dumps({"cells": [{"cell_type": "markdown", "source": "# A\n\n*B?*"}]}))
    with pytest.raises(LabError, match=r"04_backlog\.ipynb: its first cell names no"):
        sections.notebook(path)


def test_headings_in_code_are_none_and_what_a_class_leaves_out_is_marked() -> None:
    text = "said\n\n## In depth: x\n\n```\n# a comment\n```\n### y\n\n## Words\nend"
    found = list(parts([{"cell_type": "markdown", "source": text}]))
    assert [(p.title, p.level, p.on_path) for p in found] == [
        ("", 0, True),
        ("In depth: x", 2, False),
        ("y", 3, False),
        ("Words", 2, True),
    ]


def test_minutes_are_shared_without_a_rest() -> None:
    assert shared(10, [1, 1, 1]) == [4, 3, 3]
    assert shared(5, [0.1, 8.9, 1]) == [0, 4, 1]
