"""The reader's own copies: made, renewed, and never over what a reader has changed."""

from __future__ import annotations

import ctypes
import fcntl
import json
import os
import re
import resource
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from helpers.errors import LabError
from helpers.lab import stored
from helpers.learning.desk import LESSONS, lay_out, main

ROOT = Path(__file__).parents[2]
FIRST, SECOND = "00_first.ipynb", "01_second.ipynb"
NEW = "00_first (new).ipynb"


def lesson(text: str) -> Any:
    """A lesson as ``make notebooks`` stores it: with outputs, and a solution that is folded."""
    shown = new_output("execute_result", {"text/plain": "the answer"}, execution_count=1)
    return new_notebook(
        metadata={"recorded_on": "Linux 6.18"},
        cells=[
            new_markdown_cell(f"# {text}\n[the next](01_second.ipynb)"),
            new_code_cell("1 + 1", outputs=[shown], execution_count=1),
            new_code_cell("solution = 2", metadata={"jupyter": {"source_hidden": True}}),
        ],
    )


class Place:
    """A set of two lessons, and a reader's folder."""

    def __init__(self, base: Path) -> None:
        self.lessons, self.work = base / "notebooks", base / "work"
        self.lessons.mkdir()
        self.publish("one")

    def publish(self, text: str, *names: str) -> None:
        """A version of these lessons, or of both."""
        for name in names or (FIRST, SECOND):
            nbformat.write(lesson(text), self.lessons / name)

    def start(self, seconds: float = 10.0) -> Any:
        return lay_out(self.work, self.lessons, seconds)

    def title(self, name: str) -> str:
        cells = nbformat.read(self.work / name, as_version=4).cells
        return str(cells[0].source.splitlines()[0])

    def change(self, name: str, how: Callable[[Any], object]) -> bytes:
        """What a reader does in JupyterLab; returns the file as it was saved."""
        notebook = nbformat.read(self.work / name, as_version=4)
        how(notebook)
        nbformat.write(notebook, self.work / name)
        return (self.work / name).read_bytes()

    def files(self) -> list[str]:
        return sorted(path.name for path in self.work.iterdir())


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def types(notebook: Any) -> None:
    notebook.cells[1].source = "1 + 2"


def runs(notebook: Any) -> None:
    notebook.cells[1].outputs = [new_output("stream", text="2\n")]


def opens(notebook: Any) -> None:
    """JupyterLab writes the kernel's version down, and that a cell is unfolded."""
    notebook.metadata["language_info"] = {"name": "python", "version": "3.13.1"}
    notebook.cells[2].metadata["jupyter"]["source_hidden"] = False


def test_copies_have_no_outputs_and_keep_their_folds(place: Place) -> None:
    laid = place.start()
    assert (laid.made, laid.kept, laid.renewed) == ([FIRST, SECOND], [], [])
    assert str(laid) == f"{place.work}: 2 made, without outputs"
    text = (place.work / FIRST).read_text()
    assert "the answer" not in text
    copy = nbformat.reads(text, as_version=4)
    nbformat.validate(copy)
    assert [c.get("execution_count") for c in copy.cells] == [None, None, None]
    assert copy.cells[2].metadata.jupyter.source_hidden
    assert copy.metadata.recorded_on == "Linux 6.18"


def test_pages_and_pictures_come_along_for_they_are_linked(place: Place) -> None:
    (place.lessons / "symptoms.md").write_text("old")
    (place.lessons / "picture.png").write_bytes(b"\x89PNG\xff")
    (place.lessons / "capture.pcap").write_bytes(b"of somebody who tried something")
    assert place.start().made == [FIRST, SECOND, "picture.png", "symptoms.md"]
    assert (place.work / "picture.png").read_bytes() == b"\x89PNG\xff"
    (place.lessons / "symptoms.md").write_text("new")
    assert place.start().renewed == ["symptoms.md"]
    (place.work / "symptoms.md").write_text("my notes")
    (place.lessons / "symptoms.md").write_text("newer")
    place.start()
    assert (place.work / "symptoms.md").read_text() == "my notes"
    assert (place.work / "symptoms (new).md").read_text() == "newer"


def test_the_next_start_writes_nothing(place: Place) -> None:
    place.start()
    before = {name: (place.work / name).stat().st_mtime_ns for name in place.files()}
    laid = place.start()
    assert (laid.kept, laid.lines) == ([FIRST, SECOND], [])
    assert {name: (place.work / name).stat().st_mtime_ns for name in place.files()} == before


@pytest.mark.parametrize("done", [types, runs])
def test_what_a_reader_did_stays_and_a_new_version_comes_beside_it(
    place: Place, done: Callable[[Any], None]
) -> None:
    place.start()
    own = place.change(FIRST, done)
    assert place.start().lines == []
    place.publish("two")
    laid = place.start()
    assert (place.work / FIRST).read_bytes() == own
    assert place.title(NEW) == "# two"
    assert (laid.kept, laid.renewed) == ([FIRST], [SECOND])
    assert len(laid.lines) == 1 and FIRST in laid.lines[0] and NEW in laid.lines[0]


@pytest.mark.parametrize("done", [opens, lambda notebook: None])
def test_a_copy_that_was_not_touched_is_replaced_quietly(
    place: Place, done: Callable[[Any], object]
) -> None:
    place.start()
    place.change(FIRST, done)
    place.publish("two")
    laid = place.start()
    assert (laid.renewed, laid.lines) == ([FIRST, SECOND], [])
    assert place.title(FIRST) == "# two"
    assert NEW not in place.files()


def test_a_new_version_comes_once(place: Place) -> None:
    place.start()
    place.change(FIRST, types)
    place.publish("two")
    place.start()
    assert place.start().lines == []
    (place.work / NEW).unlink()
    place.start()
    assert NEW not in place.files()
    place.publish("three")
    place.start()
    assert place.title(NEW) == "# three"


def test_the_newest_version_takes_the_place_of_a_new_one_unless_that_was_used(place: Place) -> None:
    place.start()
    place.change(FIRST, types)
    for text in ("two", "three"):
        place.publish(text)
        place.start()
    assert place.title(NEW) == "# three"
    own = place.change(NEW, types)
    place.publish("four")
    laid = place.start()
    assert (place.work / NEW).read_bytes() == own
    assert place.title("00_first (new 2).ipynb") == "# four"
    assert "(new 2)" in laid.lines[0]


def test_the_new_version_may_take_its_place_by_hand(place: Place) -> None:
    place.start()
    place.change(FIRST, types)
    place.publish("two")
    place.start()
    (place.work / NEW).replace(place.work / FIRST)
    assert place.start().lines == []
    place.publish("three")
    assert place.start().renewed == [FIRST, SECOND]


@pytest.mark.parametrize("renamed", [True, False])
def test_to_delete_or_to_rename_a_copy_is_to_begin_again(place: Place, renamed: bool) -> None:
    place.start()
    own = place.change(FIRST, types)
    if renamed:
        (place.work / FIRST).rename(place.work / "mine.ipynb")
    else:
        (place.work / FIRST).unlink()
    laid = place.start()
    assert laid.made == [FIRST] and FIRST in laid.lines[0]
    assert place.title(FIRST) == "# one"
    assert not renamed or (place.work / "mine.ipynb").read_bytes() == own


@pytest.mark.parametrize("content", [b'{"cells": [', b"[]", b"\xff\xfe", b"my own notes"])
def test_what_is_no_notebook_any_more_stays_and_is_named(place: Place, content: bytes) -> None:
    place.start()
    (place.work / FIRST).write_bytes(content)
    place.publish("two")
    for _ in range(2):
        laid = place.start()
        assert (place.work / FIRST).read_bytes() == content
        assert laid.lines[0].startswith(f"{FIRST} is no notebook any more")
    assert place.title(SECOND) == "# two"


def test_an_empty_file_is_made_again(place: Place) -> None:
    """A disk that was full, or a loss of power, leaves one; nothing of the reader's is in it."""
    place.start()
    (place.work / FIRST).write_bytes(b"")
    assert place.start().made == [FIRST]
    assert place.title(FIRST) == "# one"


def test_a_folder_in_the_place_of_a_copy_stays(place: Place) -> None:
    (place.work / FIRST).mkdir(parents=True)
    laid = place.start()
    assert laid.made == [SECOND]
    assert "cannot be read" in laid.lines[0]


def test_a_start_that_was_cut_short_is_finished_by_the_next(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.start()
    place.publish("two")
    before = (place.work / FIRST).read_bytes()
    (place.work / f".{FIRST}.new").write_bytes(b'{"cells": [')
    with monkeypatch.context() as patched:

        def power_goes(*_: object) -> None:
            raise KeyboardInterrupt

        patched.setattr(os, "replace", power_goes)
        with pytest.raises(KeyboardInterrupt):
            place.start()
    assert (place.work / FIRST).read_bytes() == before
    assert place.start().renewed == [FIRST, SECOND]
    assert [name for name in place.files() if name.endswith(".new")] == []


@pytest.mark.parametrize("left", [None, b"", b"{", b"[1]", b"null"])
def test_without_its_memory_what_differs_counts_as_changed(
    place: Place, left: bytes | None
) -> None:
    place.start()
    made = place.work / ".made.json"
    made.unlink() if left is None else made.write_bytes(left)
    assert place.start().kept == [FIRST, SECOND]
    made.unlink()
    place.publish("two", FIRST)
    place.start()
    assert (place.title(FIRST), place.title(NEW)) == ("# one", "# two")


def test_a_lesson_that_is_gone_is_named_once(place: Place) -> None:
    place.start()
    (place.lessons / SECOND).unlink()
    assert SECOND in place.start().lines[0]
    assert place.start().lines == []
    assert place.title(SECOND) == "# one"


def test_many_at_once_make_each_copy_once(place: Place) -> None:
    gate, laid = threading.Barrier(6), list[Any]()

    def begin() -> None:
        gate.wait(10)
        laid.append(place.start())

    threads = [threading.Thread(target=begin) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(len(each.made) for each in laid) == [0, 0, 0, 0, 0, 2]
    assert place.files() == [".made.json", FIRST, SECOND]


def test_a_start_that_hangs_is_not_waited_for_forever(place: Place) -> None:
    place.start()
    holder = os.open(place.work, os.O_RDONLY)
    try:
        fcntl.flock(holder, fcntl.LOCK_EX)
        with pytest.raises(LabError, match="the end of another start"):
            place.start(seconds=0.02)
    finally:
        os.close(holder)
    assert place.start().kept == [FIRST, SECOND]


def no_power() -> None:
    """What is started now has no capabilities: root, too, meets a folder's permissions."""
    libc = ctypes.CDLL(None)
    for capability in range(64):
        libc.prctl(24, capability, 0, 0, 0)  # PR_CAPBSET_DROP


def python(*arguments: object, **more: Any) -> subprocess.CompletedProcess[str]:
    """Another Python, which takes a second and more to import nbformat."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
    run = [sys.executable, *map(str, arguments)]
    return subprocess.run(run, capture_output=True, text=True, env=environment, **more)


def test_a_folder_that_cannot_be_written_serves_while_it_is_complete(place: Place) -> None:
    place.start()
    older = place.lessons.with_name("older")
    shutil.copytree(place.lessons, older)
    place.publish("two")
    both = "import sys; from helpers.learning.desk import main; a, *b = sys.argv[1:]\n"
    both += "for each in b: print(main([a, '--lessons', each]))"
    place.work.chmod(0o555)
    try:
        done = python("-c", both, place.work, older, place.lessons, preexec_fn=no_power)
    finally:
        place.work.chmod(0o755)
    assert done.stdout == f"{place.work}: 2 as you left them\n0\n1\n"
    assert done.stderr.startswith(f"{place.work / FIRST} cannot be written: Permission denied.")
    assert len(done.stderr.splitlines()) == 1
    assert place.start().renewed == [FIRST, SECOND]


def test_a_full_disk_leaves_what_was_there(place: Place) -> None:
    """As a file that may be no longer than 4,000 bytes is cut short in the middle of a write."""
    place.start()
    place.publish("two" * 2000, SECOND)
    before = (place.work / SECOND).read_bytes()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4000, hard))
    try:
        with pytest.raises(LabError, match=re.escape(f"{place.work / SECOND} cannot be written")):
            place.start()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert (place.work / SECOND).read_bytes() == before
    assert place.files() == [".made.json", FIRST, SECOND]
    assert place.start().renewed == [SECOND]


def test_a_file_in_the_folders_place_is_left_alone(
    place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    place.work.write_text("mine")
    assert main([str(place.work), "--lessons", str(place.lessons)]) == 1
    assert "is a file and no folder" in capsys.readouterr().err
    assert place.work.read_text() == "mine"


def test_lessons_are_never_copied_over_themselves(place: Place) -> None:
    before = (place.lessons / FIRST).read_bytes()
    with pytest.raises(LabError, match="the lessons themselves"):
        lay_out(place.lessons, place.lessons)
    with pytest.raises(LabError, match=r"no notebooks in .*; name their folder with --lessons"):
        lay_out(place.work, place.work)
    assert (place.lessons / FIRST).read_bytes() == before


def test_the_command_says_what_was_made(place: Place) -> None:
    done = python("-m", "helpers.learning.desk", place.work, "--lessons", place.lessons)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"{place.work}: 2 made, without outputs\n"


LINK = re.compile(r"\]\(([^)\s#]+)|\b(?:src|href)=\"([^\"#]+)")


def test_the_sets_own_copies_are_whole(tmp_path: Path) -> None:
    """No output, every solution folded, and every link to a file leads somewhere."""
    folder = tmp_path / "work"
    # What stands above the notebooks, so that a link to it leads somewhere from the copies too.
    for name in ("README.md", "helpers", ".github"):
        (tmp_path / name).symlink_to(ROOT / name)
    assert len(lay_out(folder).made) >= 8
    solutions = 0
    for path in sorted(folder.glob("*.ipynb")):
        notebook = nbformat.read(path, as_version=4)
        assert not any(cell.get("outputs") for cell in notebook.cells), path.name
        for cell in notebook.cells:
            if cell.cell_type == "code" and ".assert_passed()" in cell.source:
                solutions += 1
                assert cell.metadata.jupyter.source_hidden, cell.source
            links = [a or b for a, b in LINK.findall(cell.source) if cell.cell_type == "markdown"]
            for link in links:
                assert re.match(r"https?:|attachment:", link) or (folder / link).exists(), link
    assert solutions >= 8


def test_without_a_wire_a_copy_shows_what_the_lesson_has_recorded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also one that has been run in part, and has some outputs."""
    lay_out(tmp_path)
    copy = next(tmp_path.glob("05*.ipynb"))
    notebook = nbformat.read(copy, as_version=4)
    wire = [cell for cell in notebook.cells if "wire" in cell.metadata.get("tags", [])]
    wire[0].outputs = [new_output("stream", text="run once")]
    nbformat.write(notebook, copy)
    monkeypatch.chdir(tmp_path)
    for named in (str(copy), ""):
        monkeypatch.setenv("JPY_SESSION_NAME", named)
        found = stored.locate(cell.source for cell in wire)
        assert found and found.path == LESSONS / copy.name


def test_memory_holds_no_more_than_names_and_digests(place: Place) -> None:
    place.start()
    made = json.loads((place.work / ".made.json").read_text())
    assert list(made) == [FIRST, SECOND]
    assert all(re.fullmatch("[0-9a-f]{64}", digest) for digest in made.values())
