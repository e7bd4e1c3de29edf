"""Each row of the page is played, and prints what the page says that it prints."""

from __future__ import annotations

import pytest

from helpers import NotPermitted
from helpers.symptoms import __main__ as command
from helpers.symptoms import page, symptom
from helpers.symptoms.rows import Row, rows
from helpers.symptoms.running import PAGE, Shown, run
from tests.conftest import REASON, namespaces_allowed

pytestmark = pytest.mark.live
ROWS = [pytest.param(row, id=f"{row.family}-{row.name}") for row in rows().values()]
PRINTED = page.recorded(PAGE.read_text(encoding="utf-8"))


@pytest.fixture
def wire(nothing_left: None) -> None:
    """Where labs have one."""
    if not namespaces_allowed():
        pytest.skip(REASON)


@pytest.mark.parametrize("row", ROWS)
def test_a_row_prints_its_message_and_what_the_page_says(row: Row, wire: None) -> None:
    shown = run(row)
    assert row.message in shown.printed
    assert shown.printed == PRINTED[row.name]


@pytest.mark.parametrize("row", ROWS)
def test_without_the_wire_a_row_runs_or_says_so_in_one_line(
    row: Row, nothing_left: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TCP_LAB_BENCH", "quiet")
    try:
        shown = run(row)
    except NotPermitted as error:
        text = str(error)
        assert text.startswith(f"{row.name} cannot be shown here (bench mode has no ")
        assert "\n" not in text and len(text) < 150
    else:
        assert row.message in shown.printed


def test_what_is_shown_is_the_same_in_two_runs_and_can_be_drawn(wire: None) -> None:
    first, second = symptom("broken pipe"), symptom("broken-pipe")
    assert isinstance(first, Shown) and repr(first) == repr(second)
    assert "Look at first:\n1. The peer closed, and you sent twice" in repr(first)
    assert "Read on: notebooks/07_close_vs_shutdown.ipynb#Writing-to-somebody" in repr(first)
    assert "BrokenPipeError" not in str(first.trace) and "EPIPE" in str(first.trace)
    assert any("EPIPE" in text.get_text() for text in first.ladder().texts)


def test_the_command_line_shows_a_row(wire: None, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["Operation", "now", "in", "progress"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("BlockingIOError: [Errno 115] Operation now in progress\n")
    assert "What helps: " in out
