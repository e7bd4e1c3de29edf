"""Rows, plays, headings and the page of symptoms say the same."""

from __future__ import annotations

import importlib
import inspect
import json
import re
import shutil
import socket
import subprocess
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
from helpers.symptoms.lingering import netstat_line
from helpers.symptoms.rows import FAMILIES, HOME, Link, Row, rows
from helpers.symptoms.running import PAGE, Several, play_of, symptom

NOTEBOOKS = PAGE.parent
README = NOTEBOOKS.parent / "README.md"
ROWS = list(rows().values())
LINKS = sorted({(link.notebook, link.heading) for row in ROWS for link in row.see})

# As curl 7.88 prints it.
_CURL = "Failed to connect to 127.0.0.1 port 1 after 0 ms: Couldn't connect to server"


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
        ("TimeoutError: timed out", ["timed-out"]),
        ("socket.timeout: timed out", ["timed-out"]),
        ("Read timed out. (read timeout=5)", ["timed-out"]),
        ("OSError: [Errno 9] Bad file descriptor", ["bad-descriptor"]),
        ("Couldn't connect to server", ["refused"]),
        (f"curl: (7) {_CURL}", ["refused"]),
        (f"curl: (7) {_CURL}".replace("127.0.0.1 port 1", "a.example port 80"), ["refused"]),
    ],
)
def test_a_row_is_found_by_what_is_pasted(text: str, names: list[str]) -> None:
    assert [row.name for row in find(text)] == names


SHOWN = sorted({
    found[1]
    for file in (README, PAGE, *HOME.glob("*.py"))
    for found in re.findall(
        r"""(symptom\(|-m helpers\.symptoms )["'](\w[^"'…{]+)["']""", file.read_text("utf-8")
    )
})  # fmt: skip


@pytest.mark.parametrize("text", SHOWN)
def test_what_a_page_shows_plays_at_once(text: str) -> None:
    """And is no list of rows from which to choose."""
    assert len(find(text)) == 1


def test_a_page_shows_some() -> None:
    assert "broken pipe" in SHOWN


def test_the_changelog_counts_the_rows() -> None:
    told = (README.parent / "CHANGELOG.md").read_text(encoding="utf-8")
    assert f'`symptom("…")`: {len(ROWS)} messages' in told


@pytest.mark.skipif(not shutil.which("netstat"), reason="netstat is not installed")
def test_a_row_is_printed_as_netstat_prints_it() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client = socket.create_connection(listener.getsockname())
        served, peer = listener.accept()
        with served:
            client.sendall(b"hello")
            client.close()
            port = listener.getsockname()[1]
            printed = subprocess.run(["netstat", "-tan"], capture_output=True, check=True).stdout
            line = netstat_line("CLOSE-WAIT", 6, 0, f"127.0.0.1:{port}", f"127.0.0.1:{peer[1]}")
            assert line in [each.rstrip() for each in printed.decode().splitlines()]


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
