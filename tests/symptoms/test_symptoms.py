"""Rows, plays, headings and the page of symptoms say the same."""

from __future__ import annotations

import importlib
import inspect
import json
import re
from functools import cache
from pathlib import Path
from urllib.parse import unquote

import pytest
from nbconvert.filters import markdown2html

import helpers
from helpers import LabError
from helpers.symptoms import __main__ as command
from helpers.symptoms import page
from helpers.symptoms.finding import find, listing
from helpers.symptoms.rows import FAMILIES, Link, Row, rows
from helpers.symptoms.running import PAGE, Several, play_of, symptom

NOTEBOOKS = PAGE.parent
README = NOTEBOOKS.parent / "README.md"
ROWS = list(rows().values())
LINKS = sorted({(link.notebook, link.heading) for row in ROWS for link in row.see})


@cache
def headings(notebook: str) -> dict[str, str]:
    """Every heading of a notebook as it is written, with the anchor that nbconvert gives it."""
    cells = json.loads((NOTEBOOKS / notebook).read_text())["cells"]
    texts = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown"]
    lines = [line for text in texts for line in re.findall(r"^#+ .*", text, re.MULTILINE)]
    return {line.lstrip("# "): anchor(line) for line in lines}


def anchor(heading: str) -> str:
    found = re.search(r'id="([^"]*)"', markdown2html(heading))
    assert found, heading
    return found[1]


@pytest.mark.parametrize("link", [Link(*each) for each in LINKS], ids=str)
def test_each_heading_exists_and_its_anchor_leads_there(link: Link) -> None:
    known = headings(link.notebook)
    assert link.heading in known
    assert unquote(link.target.partition("#")[2]) == known[link.heading]


@pytest.mark.parametrize("family", FAMILIES)
def test_each_play_is_a_rows_and_each_row_has_one(family: str) -> None:
    module = importlib.import_module(f"helpers.symptoms.{family}")
    plays = {
        name.replace("_", "-")
        for name, found in inspect.getmembers(module, inspect.isfunction)
        if found.__module__ == module.__name__
        and not name.startswith("_")
        and list(inspect.signature(found).parameters) == ["play"]
    }
    assert plays == {row.name for row in ROWS if row.family == family}
    assert all(callable(play_of(row)) for row in ROWS if row.family == family)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_each_row_says_all(row: Row) -> None:
    assert row.causes and row.tell and row.helps and row.made and row.see and row.source
    sentences = [*row.causes, row.tell, row.helps, row.made]
    assert all(text.endswith((".", "?", "`")) for text in sentences), sentences
    assert all(text.count("`") % 2 == 0 for text in sentences)
    others = [
        name
        for text in sentences
        for name in re.findall(r"\b[Ss]ee ([a-z0-9]+(?:-[a-z0-9]+)+)", text)
    ]
    assert set(others) <= set(rows()), others


def test_the_page_is_made_from_the_rows() -> None:
    """What plays have printed is taken from it; the live tests compare that with a run."""
    text = PAGE.read_text(encoding="utf-8")
    printed = page.recorded(text)
    assert list(printed) == [row.name for row in ROWS]
    assert text == page.made_from(printed), "python -m helpers.symptoms --page"
    for row in ROWS:
        assert row.message in printed[row.name]


def test_the_first_screen_of_the_readme_links_to_it() -> None:
    assert "(notebooks/symptoms.md)" in README.read_text().partition("## ")[0]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("broken-pipe", ["broken-pipe"]),
        ("Broken pipe", ["broken-pipe"]),
        ("EPIPE", ["broken-pipe"]),
        ("close_wait", ["close-wait-grows"]),
        ("FIN-WAIT-2", ["fin-wait-2-stays"]),
        ("[Errno 115]", ["in-progress"]),
        ("TCP: request_sock_TCP: Possible SYN flooding on port", ["syn-flooding"]),
        ("2026/11/25 nginx: bind() to 0.0.0.0:80 failed (13: Permission denied)", ["low-port"]),
        ("curl: (52) Empty reply from server", ["published-port"]),
        ("EADDRNOTAVAIL", ["not-my-address", "cannot-assign-connect"]),
    ],
)
def test_a_row_is_found_by_what_is_pasted(text: str, names: list[str]) -> None:
    assert [row.name for row in find(text)] == names


def test_several_rows_are_listed_and_none_is_played() -> None:
    found = symptom("Address already in use")
    assert isinstance(found, Several)
    assert [row.name for row in found.rows][:2] == ["address-in-use", "in-use-by-outgoing"]
    assert len(repr(found).splitlines()) == 1 + len(found.rows) == 6


def test_what_no_row_has_names_the_nearest() -> None:
    with pytest.raises(LabError, match=r"no row has 'brokn pip'. The nearest: broken-pipe \("):
        symptom("brokn pip")


@pytest.mark.parametrize("odd", ["", "  ?", 104, None])
def test_what_is_no_text_is_refused(odd: object) -> None:
    with pytest.raises(LabError, match="found by a part of its message"):
        find(odd)  # type: ignore[arg-type]


def test_every_message_finds_its_row() -> None:
    for row in ROWS:
        for text in (row.message, row.name, *row.errnos, *row.also):
            assert row in find(text), (row.name, text)


def test_the_command_line_lists_all(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["--list"]) == 0
    assert capsys.readouterr().out == listing(ROWS) + "\n"
    assert command.main(["xyzzy"]) == 1
    assert "no row has 'xyzzy'" in capsys.readouterr().err


def test_the_front_door_has_it() -> None:
    assert helpers.symptom is symptom
    with pytest.raises(AttributeError, match="no attribute 'symptoms_'"):
        helpers.symptoms_  # noqa: B018
    assert Path(inspect.getfile(symptom)).parent.name == "symptoms"
