"""The glossary is the notebooks' tables of words, and each word has one text."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from helpers.errors import LabError
from helpers.publish import glossary
from helpers.publish.glossary import Word, by_word, page

TOLD = by_word(glossary.NOTEBOOKS.glob("[0-9]*.ipynb"))
Book = Callable[..., Path]


@pytest.fixture
def book(tmp_path: Path) -> Book:
    """Makes a notebook of markdown cells."""

    def make(name: str, *texts: str) -> Path:
        path = tmp_path / name
        cells = [{"cell_type": "markdown", "source": text} for text in texts]
        path.write_text(json.dumps({"cells": cells}))
        return path

    return make


def table(*rows: str) -> str:
    return "\n".join(["## The words", "", "| word | what it stands for |", "|---|---|", *rows])


def test_the_page_is_what_the_notebooks_say() -> None:
    stale = "run: python -m helpers.publish.glossary"
    assert glossary.PAGE.read_text(encoding="utf-8") == page(TOLD), stale


@pytest.mark.parametrize("word", sorted(TOLD))
def test_a_word_has_one_text(word: str) -> None:
    texts = {told.meaning: told.notebook for told in TOLD[word]}
    assert len(texts) == 1, f"{word!r} is told in different words: {texts}"


def test_every_link_leads_to_a_heading() -> None:
    for tellings in TOLD.values():
        for told in tellings:
            cells = json.loads((glossary.NOTEBOOKS / told.notebook).read_text())["cells"]
            lines = [line for cell in cells for line in "".join(cell["source"]).splitlines()]
            assert f"## {told.heading}" in lines


def test_a_word_of_two_notebooks_stands_once(book: Book) -> None:
    paths = [
        book("00_a.ipynb", "# A", table("| wire | a link |", "| `ack` | a number |") + "\n\n| x |"),
        book("01_b.ipynb", table("| wire | a link |", "| RST | an end |") + "\n\n## Setup"),
    ]
    told = by_word(paths)
    assert list(told) == ["`ack`", "RST", "wire"]
    rows = page(told).splitlines()[-3:]
    assert rows == [
        "| `ack` | a number | [00](00_a.ipynb#The-words) |",
        "| RST | an end | [01](01_b.ipynb#The-words) |",
        "| wire | a link | [00](00_a.ipynb#The-words), [01](01_b.ipynb#The-words) |",
    ]


def test_two_texts_are_both_shown(book: Book) -> None:
    told = by_word([book(f"0{n}_a.ipynb", table(f"| port | {n} |")) for n in (0, 1)])
    assert told["port"][1] == Word("port", "1", "01_a.ipynb", "The words")
    assert "| port | 0; 1 | " in page(told)


@pytest.mark.parametrize("row", ["| port |", "| port | | ", "| port | a | b |"])
def test_a_row_that_is_no_word_is_named(book: Book, row: str) -> None:
    with pytest.raises(LabError, match=r"00_a\.ipynb: a word has two cells"):
        by_word([book("00_a.ipynb", table(row))])


def test_a_notebook_without_words_is_named(book: Book) -> None:
    with pytest.raises(LabError, match=r"00_a\.ipynb has no table"):
        by_word([book("00_a.ipynb", "# A", "| word | other |")])
