"""A deck shows the path of a notebook, all of it and nothing else, on slides with room for it."""

from __future__ import annotations

import copy
import html
import json
import re
from collections import Counter
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from helpers.errors import LabError
from helpers.learning.question import Rows
from helpers.learning.texts import flat, named
from helpers.publish import slides, slides_blocks, slides_marks, slides_reveal
from helpers.publish.sections import NOTEBOOKS, cells_of, notebook
from helpers.publish.slides_blocks import HIGH
from helpers.publish.slides_code import subject
from helpers.publish.slides_deck import Deck, givens, lines
from tests.notebooks.test_format import path_of

PATHS = sorted(NOTEBOOKS.glob("[0-9]*.ipynb"))
STALE = "run: python -m helpers.publish.slides --mark"
KINDS = {"slide", "subslide", "-", "notes", "skip"}
path = pytest.mark.parametrize("path", PATHS, ids=lambda each: each.stem[:2])
Book = dict[str, Any]


def read(path: Path) -> Book:
    found: Book = json.loads(path.read_text(encoding="utf-8"))
    return found


@cache
def made(path: Path) -> Deck:
    return slides.deck(path)


# ---- marks ----------------------------------------------------------------------------------


@path
def test_no_cell_of_the_path_is_without_a_mark_and_nothing_else_is_shown(path: Path) -> None:
    book = read(path)
    on_path = {cell["id"] for cell in path_of(book)["cells"]}
    for cell in book["cells"]:
        kind = cell["metadata"].get("slideshow", {}).get("slide_type")
        assert kind in KINDS, f"{cell['id']}: {STALE}"
        assert cell["id"] in on_path or kind == "skip", cell["id"]


@path
def test_marks_are_those_of_the_rule_and_marking_again_changes_nothing(path: Path) -> None:
    assert slides_marks.marked(path) == path.read_text(encoding="utf-8"), STALE


@path
def test_marking_changes_nothing_but_marks(path: Path, tmp_path: Path) -> None:
    book = read(path)
    bare = copy.deepcopy(book)
    for cell in bare["cells"]:
        cell["metadata"].pop("slideshow", None)
    copied = tmp_path / path.name
    copied.write_text(json.dumps(bare, ensure_ascii=False, indent=1) + "\n")
    with pytest.raises(LabError, match="cells without their marks"):
        slides.deck(copied)
    marked = json.loads(slides_marks.marked(copied))
    for cell in marked["cells"]:
        assert cell["metadata"].pop("slideshow")
    assert marked == bare


def cell(kind: str, source: str, **more: Any) -> dict[str, Any]:
    return {"cell_type": kind, "id": source[:9], "metadata": {}, "source": source, **more}


def test_the_rule() -> None:
    shows = [{"output_type": "stream", "text": "1"}]
    drawn = [{"output_type": "display_data", "data": {"image/png": "iVBOR"}}]
    cells = [
        (cell("markdown", "# A title"), "slide"),
        (cell("markdown", "## Setup"), "slide"),
        (cell("code", "import socket", outputs=[]), "skip"),
        (cell("code", 'recall("04")', outputs=shows), "subslide"),
        (cell("markdown", "said\n\n### More"), "subslide"),
        (cell("code", "lab = Lab()", outputs=[]), "skip"),
        (cell("markdown", "## The queue"), "slide"),
        (cell("code", "lab = Lab()", outputs=[]), "-"),
        (cell("code", "lab.step()", outputs=shows), "-"),
        (cell("markdown", "It moved."), "notes"),
        (cell("code", "print(1)", outputs=shows), "subslide"),
        (cell("code", "ax = ladder()", outputs=drawn), "subslide"),
        (cell("code", "predict(a.B)", outputs=shows), "subslide"),
        (cell("markdown", "## In depth: x"), "skip"),
        (cell("code", "print(2)", outputs=shows), "skip"),
        (cell("markdown", "end of it\n\n## The ledger"), "slide"),
        (cell("code", "lab.close()", outputs=[]), "skip"),
    ]
    assert slides_marks.marks([each for each, _ in cells]) == [mark for _, mark in cells]


# ---- decks ----------------------------------------------------------------------------------


@path
def test_every_picture_of_the_path_is_shown_and_its_twin_is_not(path: Path) -> None:
    """One that is shown again at the end, beside what to keep, is shown twice."""
    shown = "\n".join(block.text for slide in made(path).slides for block in slide.blocks)
    ids = {each["id"] for each in path_of(read(path))["cells"]}
    drawn = [each for each in cells_of(path) if slides_marks.picture(each) and each["id"] in ids]
    due = Counter(map(slides_marks.picture, drawn))
    assert Counter(re.findall(r"base64,([^\"]+)", shown)) == due and len(due) > 3
    before_the_quiz = shown.split("## What do you know now?")[0]
    for each in drawn:
        for output in each["outputs"]:
            twin = "".join(output.get("text", "")).strip()
            assert not twin or html.escape(twin) not in before_the_quiz


@path
def test_each_question_stands_alone_before_its_answer(path: Path) -> None:
    deck = made(path)
    texts = ["\n".join(block.text for block in slide.blocks) for slide in deck.slides]
    for question in deck.book.asked(on_path=True):
        ask = html.escape(question.ask)
        first = next(
            n
            for n, text in enumerate(texts)
            if ask in text and "Vote" in " ".join(deck.slides[n].notes)
        )
        assert not any(word in texts[first] for word in ("why", "fragment", "```", "<img", "<pre"))
        for each in flat([question]):
            why = html.escape(each.choices[each.right].why)
            answers = [n for n, text in enumerate(texts) if why in text and n >= first]
            assert answers and answers[0] > first
            assert "fragment" in texts[answers[0]]
            if not isinstance(question, Rows):
                told = re.findall(r'<li class="fragment told"[^>]*>(.*?)<', texts[answers[0]])
                assert told == [html.escape(each.choices[each.right].text)]
    for each in named(deck.book.room)["QUIZ"]:
        assert any(html.escape(each.ask) in text for text in texts)


@path
def test_nothing_is_higher_than_a_slide_and_what_is_left_out_is_left_out(path: Path) -> None:
    deck = made(path)
    for slide in deck.slides:
        assert slide.blocks and sum(block.height for block in slide.blocks) <= HIGH
    shown = "\n".join(text for _, text in lines(deck.slides))
    for section in deck.book.sections:
        if not section.on_path:
            assert f"## {section.title}\n" not in shown + "\n"
    assert not re.search(
        r"\]\((?!https?:)", re.sub(r"```.*?```|<pre.*?</pre>", "", shown, flags=re.S)
    )


class Addresses(HTMLParser):
    """What a page loads."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("script", "link", "img", "iframe", "source"):
            self.found += [value or "" for name, value in attrs if name in ("src", "href")]


def test_a_page_loads_nothing_from_elsewhere() -> None:
    text = slides.page(made(PATHS[4]))
    page = Addresses()
    page.feed(text)
    outside = [each for each in page.found if not each.startswith("data:image/png")]
    assert sorted(outside) == [
        "reveal.js/dist/reveal.css",
        "reveal.js/dist/reveal.js",
        "reveal.js/dist/theme/lesson.css",
        "reveal.js/plugin/notes/notes.js",
    ]
    assert "@import" not in text and "requirejs" not in text
    assert text.count('<aside class="notes">') > 20


# ---- blocks ---------------------------------------------------------------------------------


def test_what_is_long_is_cut_at_an_empty_line() -> None:
    text = [*"abcdef", "", *"ghij"]
    assert list(slides_blocks.portions(text, 8)) == [[*"abcdef"], [*"ghij"]]
    assert list(slides_blocks.portions([*"abcdefg"], 3)) == [[*"abc"], [*"def"], ["g"]]
    many = slides_blocks.code("\n".join(f"line_{n} = {n}" for n in range(60)))
    assert len(many) == 3 and all(block.height <= HIGH for block in many)
    assert "".join(block.text for block in many).count("line_") == 60


@pytest.mark.parametrize(("width", "look"), [(80, "mono"), (120, "mono fine"), (160, "mono tiny")])
def test_what_is_wide_is_printed_smaller(width: int, look: str) -> None:
    (block,) = slides_blocks.printed("<" * width)
    assert block.text == f'<pre class="{look}">' + "&lt;" * width + "</pre>"


def test_of_code_the_subject_stays() -> None:
    text = "lab = Lab()\nax = ladder(\n    lab)\nprint(twin)\nledger.supports('1', 2, 3)\nlab.trace"
    assert subject(text, drawn=True) == "lab = Lab()"
    assert subject(text, drawn=False).splitlines()[-2:] == ["print(twin)", "lab.trace"]
    assert subject("ledger", drawn=False) == ""
    assert subject("x = 1\nlab.trace.since(mark)", drawn=True) == "x = 1"
    assert subject("lab.wire.step()", drawn=True) == "lab.wire.step()"


def test_a_quiz_has_its_tables_above_the_right_questions() -> None:
    quiz = named("backlog")["QUIZ"]
    text = "Head\n\n       State\n\n       LISTEN\n\n1  One?\n     A  x\n\n       trace\n\n2  Two?"
    found = givens(text, quiz)
    assert found == {"backlog.QUIZ.1": "State\n\nLISTEN", "backlog.QUIZ.2": "trace"}


# ---- what is said ---------------------------------------------------------------------------


def test_without_npm_one_sentence_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(slides_reveal.shutil, "which", lambda name: None)
    monkeypatch.setattr(slides, "BUILD", tmp_path)
    assert slides.main(["04"]) == 1
    (line,) = capsys.readouterr().out.splitlines()
    assert "there is no npm on this machine" in line and not list(tmp_path.glob("*.html"))


def test_what_is_there_is_not_fetched_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slides_reveal.shutil, "which", lambda name: pytest.fail("asked for npm"))
    for name in slides_reveal.NEEDED:
        (tmp_path / "reveal.js" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "reveal.js" / name).touch()
    assert slides_reveal.fetch(tmp_path) == tmp_path / "reveal.js"
    assert "LICENSE" in slides_reveal.NEEDED


def test_an_npm_that_fails_is_quoted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    npm = tmp_path / "npm"
    npm.write_text("#!/bin/sh\necho 'npm error network' >&2\nexit 1\n")
    npm.chmod(0o755)
    monkeypatch.setattr(slides_reveal.shutil, "which", lambda name: str(npm))
    with pytest.raises(LabError, match=r"npm could not get reveal\.js 4\.6\.1: npm error network"):
        slides_reveal.fetch(tmp_path)


def test_an_unknown_number_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert slides.main(["99"]) == 2
    assert "there is no notebook 99; it is one of 00, 01" in capsys.readouterr().out


def test_every_notebook_has_a_deck_of_its_length() -> None:
    for path in PATHS:
        assert 30 <= len(made(path).slides) <= 70, notebook(path).number
