"""What is remembered of a reader, and what he is shown of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from helpers import LabError
from helpers.figures.progress import marks
from helpers.learning import progress as remembered
from helpers.learning import texts
from helpers.learning.progress import (
    KINDS,
    VARIABLE,
    Record,
    first_choice,
    missed,
    note,
    notebook_of,
    questions,
    read,
)
from helpers.learning.standing import progress
from helpers.learning.texts import tasks

ROOT = Path(__file__).parents[2]


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where this reader's lines go."""
    path = tmp_path / "progress.jsonl"
    monkeypatch.setenv(VARIABLE, str(path))
    monkeypatch.setattr(remembered, "_complained", False)
    yield path


def choose(name: str, chose: str | None, seen: str | None, room: str = "backlog") -> None:
    right = chose == seen if chose and seen else None
    note("prediction", room=room, name=name, chose=chose, seen=seen, right=right)


def checks(passed: bool, function: str = "plan", failed: str | None = None) -> None:
    note("check", room="backlog", name="PLANS", function=function, passed=passed,
         failed=failed, hint=0)  # fmt: skip


def asked(name: str, chose: str | None, seen: str | None = "6", **more: Any) -> Record:
    record = {"at": "2026-01-01T10:00:00+01:00", "kind": "prediction", "notebook": "04"}
    record |= {"room": "backlog", "name": name, "chose": chose, "seen": seen, "right": None}
    return {**record, **more}


# ---- one line for each choice and each check


def test_a_choice_is_one_line_of_json(file: Path) -> None:
    choose("THROUGH", "6", "6")
    lines = file.read_text().splitlines()
    record = json.loads(lines[0])
    assert len(lines) == 1
    assert datetime.fromisoformat(record.pop("at")).tzinfo is not None
    assert record == {
        "kind": "prediction", "notebook": "04", "room": "backlog", "name": "THROUGH",
        "chose": "6", "seen": "6", "right": True, "kernel": os.uname().release,
    }  # fmt: skip
    assert file.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("value", [None, ""])
def test_nothing_is_kept_without_a_file(
    value: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv(VARIABLE, raising=False)
    if value is not None:
        monkeypatch.setenv(VARIABLE, value)
    choose("THROUGH", "6", "6")
    assert list(tmp_path.iterdir()) == []
    assert read() == []
    assert str(progress()).startswith("nothing is kept: TCP_LAB_PROGRESS names no file")
    assert set(progress()._repr_mimebundle_()) == {"text/plain"}


def test_a_record_has_its_own_keys_and_no_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    whole = {"room": "backlog", "name": "X", "chose": None, "seen": None, "right": None}
    with pytest.raises(LabError, match="'guess' is no kind of record; they are prediction"):
        note("guess", **whole)
    with pytest.raises(LabError, match="needs 'seen'"):
        note("prediction", **{key: each for key, each in whole.items() if key != "seen"})
    with pytest.raises(LabError, match="has no 'hint'"):
        note("prediction", **whole, hint=1)
    with pytest.raises(LabError, match="no notebook has a room 'cellar'"):
        note("prediction", **{**whole, "room": "cellar"})


def test_any_text_can_be_kept(file: Path) -> None:
    texts = ["积压", "a\nb\r\u2028", '"\\', "half \ud83d"]
    for text in texts:
        choose("THROUGH", text, "6")
    assert [record["chose"] for record in read()] == texts
    assert len(file.read_bytes().splitlines()) == 4


WRITER = """
import sys
from helpers.learning.progress import note
print("ready", flush=True)
sys.stdin.read()
for n in range(1500):
    note("prediction", room="backlog", name=sys.argv[1] * 500, chose=str(n), seen=None, right=None)
"""


def test_several_kernels_write_at_once(file: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, name], env=environment, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )
        for name in "abc"
    ]  # fmt: skip
    # Each goes on at the end of its standard input, when all are there.
    assert [writer.stdout.readline() for writer in writers if writer.stdout] == ["ready\n"] * 3
    for writer in writers:
        assert writer.stdin
        writer.stdin.close()
    assert [writer.wait(60) for writer in writers] == [0, 0, 0]
    records = read()
    assert records.damaged == 0
    for name in "abc":
        own = [r["chose"] for r in records if r["name"] == name * 500]
        assert own == [str(n) for n in range(1500)]


@pytest.mark.parametrize("where", ["nowhere/p.jsonl", "/dev/full", "."])
def test_a_file_that_cannot_be_written_is_told_once_and_stops_no_lesson(
    where: str, file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = file.parent / where
    monkeypatch.setenv(VARIABLE, str(path))
    for _ in range(3):
        choose("THROUGH", "6", "6")
    out, told = capsys.readouterr()
    assert out == "" and len(told.splitlines()) == 1
    assert told.startswith(f"your progress is not kept: {path}: ")


def test_a_line_that_was_cut_short_spoils_no_other(file: Path) -> None:
    choose("THROUGH", "5", "6")
    with file.open("ab") as full_disk:
        full_disk.write(b'{"at": "2026-')
    choose("RETURNED", "3", "3")
    records = read()
    assert [record["name"] for record in records] == ["THROUGH", "RETURNED"]
    assert records.damaged == 1
    assert "damaged lines of progress.jsonl, left out: 1" in str(progress())


@pytest.mark.parametrize(
    "line",
    [
        b"{", b"[]", b"7", b"\xff", b"{}", b'{"kind": []}', b'{"kind": "check"}',
        json.dumps(asked("X", None, room="cellar")).encode(),
        json.dumps(asked("X", None, at=7)).encode(),
        json.dumps({**asked("X", None), "name": ["X"]}).encode(),
    ],
)  # fmt: skip
def test_damaged_lines_are_skipped_and_counted(file: Path, line: bytes) -> None:
    choose("THROUGH", "5", "6")
    with file.open("ab") as damaged:
        damaged.write(line + b"\n\n" + line + b"\n")
    choose("RETURNED", "3", "3")
    records = read(file)
    assert (len(records), records.damaged) == (2, 2)


def test_what_cannot_be_read_is_an_error(file: Path) -> None:
    assert read(file) == []
    with pytest.raises(IsADirectoryError):
        read(file.parent)
    with pytest.raises(LabError, match="cannot be read: Is a directory"):
        progress(file.parent)


# ---- what was believed, and what deserves another look


@pytest.mark.parametrize(
    ("choices", "found"),
    [
        ([("5", "6")], ("5", "6", False)),
        ([("6", None), ("6", "6")], ("6", "6", True)),
        ([("5", None), ("6", None), ("6", "6")], ("5", "6", False)),  # a change of mind
        ([(None, "6"), ("6", "6")], (None, None, False)),  # the answer came first
        ([(None, "6"), ("5", None), ("5", "6")], ("5", "6", False)),  # in a new kernel
        ([(None, "6"), ("5", None), ("6", None), ("6", "6")], ("5", "6", False)),
        ([("6", "6"), ("5", "6")], ("6", "6", True)),
        ([("5", None)], ("5", None, False)),
        ([], (None, None, False)),
    ],
)
def test_the_first_choice_before_the_answer_is_the_prediction(
    choices: list[tuple[str | None, str | None]], found: tuple[str | None, str | None, bool]
) -> None:
    assert first_choice([asked("THROUGH", *each) for each in choices]) == found


def one_of(name: str) -> str:
    """A choice that the question has."""
    return texts.asked(f"backlog.{name}").choices[0].text


def names(records: list[Record], before: str = "05") -> list[str]:
    return [name for _, name in missed(records, before)]


def test_what_was_wrong_or_passed_by_was_missed_the_longest_ago_first() -> None:
    every = questions("backlog")
    records = [asked(every[2], "5"), asked(every[0], "6"), asked(every[1], None)]
    open_ones = every[3:]
    assert missed(records, "05") == [("backlog", name) for name in (every[2], every[1], *open_ones)]
    assert missed(records, "04") == missed([], "07") == []


def test_a_notebook_that_was_never_opened_is_not_asked_about() -> None:
    own = {"room": "reuse", "notebook": "01"}
    records = [asked(name, "6", **own) for name in questions("reuse")]
    assert names(records) == []


def test_a_question_that_was_recalled_right_is_known() -> None:
    first, *others = questions("backlog")
    records = [asked(name, "6") for name in others] + [asked(first, "5", one_of(first))]
    again = {"kind": "recall", "notebook": "05"}
    assert names(records) == [first]
    assert names([*records, asked(first, "6", **again)]) == []
    # The right choice after the wrong one, in the same recall, is no knowledge.
    wrong = asked(first, "4", one_of(first), **again)
    assert names([*records, wrong, asked(first, "6", **again)]) == [first]
    # Who only runs the cells again has neither learned nor forgotten anything.
    later = {"at": "2026-01-02T10:00:00+01:00"}
    assert names([*records, asked(others[0], None, **later)]) == [first]
    assert names([*records, asked(first, "6", **later)]) == []
    wrong = asked(others[0], "5", one_of(others[0]), **later)
    assert names([*records, wrong]) == [first, others[0]]


def test_what_the_kernel_did_that_is_none_of_the_choices_makes_nobody_wrong(file: Path) -> None:
    first = questions("backlog")[0]
    unheard = asked(first, "5", "something else")
    assert first_choice([unheard]) == ("5", "something else", None)
    # A name that a later version of the texts does not have: what is kept is all there is.
    assert first_choice([asked("LONG_AGO", "5", "6")]) == ("5", "6", False)
    later = {"at": "2026-01-02T10:00:00+01:00"}
    every = [asked(name, "6") for name in questions("backlog")]
    assert names([*every, asked(first, "5", "something else", **later)]) == []
    choose("THROUGH", "5", "something else")
    text = str(progress())
    assert "wrong" not in text
    assert "the kernel 'something else', which is none of the choices\n" in text


# ---- what a reader is shown


def row(text: str, notebook: str) -> list[str]:
    """The row of one notebook in the table, cell by cell."""
    line = next(line for line in text.splitlines() if line.startswith(notebook))
    return [cell.strip() for cell in line.split("  ") if cell]


def count(room: str) -> int:
    """How many predictions a notebook asks for, its quiz left out."""
    return sum(not name.startswith("QUIZ.") for name in questions(room))


def test_the_text_counts_what_was_believed_and_solved(file: Path) -> None:
    choose("THROUGH", "6", None)
    choose("THROUGH", "6", "6")
    choose("RETURNED", "5", "3")
    choose("EXTRA", None, "nothing, for a long time")
    checks(False, failed="12 clients come at once")
    text = str(progress())
    told = row(text, "04")
    assert told[1] == f"1 of {count('backlog')} right, 1 wrong"
    assert told[-1] == "0 of 2 solved, 1 tried"
    assert "  04 backlog.RETURNED: you said '5', the kernel '3'\n     A server calls" in text
    assert "\n     read again: The article's own server\n" in text
    assert "  04 backlog.EXTRA: not answered" in text
    assert "  04 backlog.PLANS: plan failed in '12 clients come at once'" in text
    checks(True)
    checks(False, failed="12 clients come at once")
    text = str(progress())
    assert row(text, "04")[-1] == "1 of 2 solved"
    assert "PLANS" not in text


def test_the_notebooks_own_solution_solves_nothing(file: Path) -> None:
    checks(True, function="sized")
    assert row(str(progress()), "04")[-1] == "0 of 2 solved"


def test_every_task_begins_with_the_readers_function() -> None:
    """By that name his checks are told from those of the notebook's own solution."""
    rooms = [path.parent.name for path in ROOT.glob("helpers/concepts/*/texts.toml")]
    found = {(room, name): task for room in rooms for name, task in tasks(room).items()}
    assert len(found) >= 15
    code = ""
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        cells = json.loads(path.read_text())["cells"]
        code += "\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "code") + "\n"
    for (room, name), task in found.items():
        function, bracket, _ = task.partition("(")
        assert bracket and f"check({function}, {room}.{name})" in code, task


def test_a_notebooks_number_is_that_of_its_file() -> None:
    for path in (ROOT / "notebooks").glob("0[1-9]*.ipynb"):
        text = path.read_text()
        room = text.partition("from helpers.concepts import ")[2].split("\\n")[0].strip('",\n ')
        assert notebook_of(room) == path.name[:2]


def test_the_picture_has_a_mark_for_each_question_and_exercise(file: Path) -> None:
    choose("THROUGH", "6", "6")
    choose("RETURNED", "5", "3")
    standing = progress()
    ax = standing.draw()
    found = {patch.get_gid() for patch in ax.patches}
    expected = {f"open:04 backlog:{name}" for name in (*questions("backlog"), *tasks("backlog"))}
    expected -= {"open:04 backlog:THROUGH", "open:04 backlog:RETURNED"}
    expected |= {"good:04 backlog:THROUGH", "bad:04 backlog:RETURNED"}
    assert {gid for gid in found if ":04 " in gid} == expected
    signs = [text.get_text() for text in ax.texts if text.get_gid() == "sign"]
    assert sorted(signs) == ["✓", "✗"]
    assert marks(standing.rows, ax) is ax


def test_in_a_notebook_the_picture_has_its_text_beside_it(file: Path) -> None:
    choose("THROUGH", "<b>", "6")
    shown = progress()._repr_mimebundle_()
    assert shown["text/plain"] == str(progress())
    page = shown["text/html"]
    assert '<img alt="' in page and f"backlog: believed first 0 of {count('backlog')}" in page
    assert "&lt;b&gt;" in page and "<b>" not in page


def test_kinds_are_told_in_the_docstring() -> None:
    for keys in KINDS.values():
        assert all(key in str(note.__doc__) for key in keys)
