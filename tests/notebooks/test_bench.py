"""Without a wire every notebook reaches its end, and shows what was recorded with one."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output

from helpers.lab import stored
from tests.conftest import REASON, namespaces_allowed
from tests.notebooks import execute

pytestmark = pytest.mark.live
ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("[0-9]*.ipynb"))
WIRE = {"tags": ["wire", "raises-exception"]}
HEAD = "from helpers import Lab\nlab = Lab()"


def result(text: str, **data: str) -> dict[str, Any]:
    return new_output("execute_result", {"text/plain": text, **data}, execution_count=1)


CELLS = [
    new_code_cell("nowhere"),
    new_code_cell(HEAD),
    new_code_cell("lab.wire.hold()", metadata=WIRE),
    new_code_cell("held = 1\nlab.wire.held", metadata=WIRE, outputs=[result("(S,)")]),
    new_code_cell("lab.wire.step()", metadata=WIRE, outputs=[result("before it was changed")]),
    new_code_cell(
        "held = 1\nlab.wire.held",
        metadata=WIRE,
        outputs=[
            new_output("stream", name="stdout", text="two\nlines\n"),
            result("<Figure>", **{"image/png": "aGk="}),
            new_output("error", ename="OSError", evalue="[Errno 110] timed out", traceback=[]),
        ],
    ),
    new_code_cell("held"),
    new_code_cell("nowhere"),
    new_code_cell("lab.server.sysctl['ipv4.tcp_sack'] = 0"),
    new_code_cell("lab.close()\n'the end'"),
]
CHANGED = 4


def words(cell: Any) -> list[str]:
    """The lines and captions that stand in for a cell's output."""
    shown = [o for o in cell["outputs"] if o.get("metadata", {}).get(stored.MARK) == "words"]
    return [o["data"]["text/plain"] for o in shown]


def text(outputs: list[Any]) -> str:
    """What outputs say, without the line that announces bench mode, and what nbval leaves out."""
    told = ["".join(o.get("text", "") or o.get("data", {}).get("text/plain", "")) for o in outputs
            if o.get("metadata", {}).get(stored.MARK) != "words"]  # fmt: skip
    lines = "\n".join(told).splitlines()
    shown = "\n".join(line for line in lines if line and "code cells" not in line)
    return re.sub("(FIN-WAIT-2 .* none)  timer timewait", r"\1", shown)


def recorded(cell: Any) -> list[dict[str, str]]:
    """The stored outputs that were shown again."""
    shown = [o for o in cell["outputs"] if o.get("metadata", {}).get(stored.MARK) == "recorded"]
    return [dict(o["data"]) for o in shown]


def run(path: Path, monkeypatch: pytest.MonkeyPatch, value: str = "1") -> list[Any]:
    monkeypatch.setenv("TCP_LAB_BENCH", value)
    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)
    notebook = nbformat.read(path, as_version=4)
    notebook.cells[CHANGED].source = "lab.wire.drop()"
    execute.execute(notebook, path.parent)
    nbformat.write(notebook, path.with_name("saved.ipynb"))
    return list(notebook.cells)


def test_a_cell_without_a_wire_is_a_line_and_what_was_recorded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "made.ipynb"
    metadata = {**execute.METADATA, "recorded_on": "Linux 6.18"}
    nbformat.write(new_notebook(cells=CELLS, metadata=metadata), path)
    before, head, hold, first, changed, second, needy, after, sysctl, end = run(path, monkeypatch)
    assert head.outputs[0].text == (
        "bench mode, so no wire: TCP_LAB_BENCH is set; of this notebook's 10 code cells 6 run "
        "here, and 4 show what was recorded with a wire\n"
    )
    line = 'not run: this cell needs the wire; see "Does it work on my machine?" in the README'
    caption = "recorded on Linux 6.18, with a wire:"
    assert words(hold) == [line]
    assert (words(first), recorded(first)) == ([line, caption], [{"text/plain": "(S,)"}])
    assert words(second) == [line, caption]
    assert recorded(second) == [
        {"text/plain": "two\nlines"},
        {"text/plain": "<Figure>", "image/png": "aGk="},
        {"text/plain": "OSError: [Errno 110] timed out"},
    ]
    # One that the reader has changed is run, and has no recorded output.
    assert [text.partition(";")[0] for text in words(changed)] == ["bench mode has no wire"]
    assert [text.partition(";")[0] for text in words(needy)] == [
        "not run: 'held' would come from a cell that could not run here"
    ]
    assert words(sysctl)[0].startswith("bench mode has no sysctl of its own;")
    for cell in (hold, first, changed, second, needy, sysctl):
        assert all(o.output_type == "display_data" for o in cell.outputs)
    # What has nothing to do with the wire raises as ever.
    (was,), (now,) = before.outputs, after.outputs
    assert (now.ename, now.evalue) == (was.ename, was.evalue)
    assert len(now.traceback) == len(was.traceback)
    assert end.outputs[0].data["text/plain"] == "'the end'"

    # Saved like this, the notebook says the same when it is run again.
    path.unlink()
    saved = stored.read(tmp_path / "saved.ipynb")
    assert saved is not None
    assert [len(cell.outputs) for cell in saved.cells] == [1, 1, 0, 1, 0, 3, 0, 1, 0, 1]


def test_the_file_is_found_by_what_was_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    copy, other = tmp_path / "copy.ipynb", tmp_path / "other.ipynb"
    bare = [new_code_cell(cell.source, metadata=cell.metadata) for cell in CELLS]
    nbformat.write(new_notebook(cells=bare), copy)
    nbformat.write(new_notebook(cells=[new_code_cell(HEAD), new_code_cell("1")]), other)
    (tmp_path / "broken.ipynb").write_text("{")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(stored, "OWN", tmp_path / "own")
    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)
    assert stored.locate(["2 + 2"]) is None
    found = stored.locate([HEAD + "  # a comment", "1"])
    assert found is not None and found.path == other
    (tmp_path / "own").mkdir()
    nbformat.write(new_notebook(cells=CELLS), tmp_path / "own" / "whole.ipynb")
    found = stored.locate([HEAD, "nowhere"])
    assert found is not None and found.path.name == "whole.ipynb"
    monkeypatch.setenv("JPY_SESSION_NAME", str(other))
    found = stored.locate([HEAD])
    assert found is not None and found.path.name == "whole.ipynb"


def test_with_a_wire_the_cells_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if not namespaces_allowed():
        pytest.skip(REASON)
    path = tmp_path / "made.ipynb"
    nbformat.write(new_notebook(cells=CELLS, metadata=execute.METADATA), path)
    cells = run(path, monkeypatch, value="0")
    assert not [text for cell in cells for text in words(cell)]
    assert not cells[1].outputs
    assert cells[3].outputs[0].data["text/plain"] == "()"


REFUSED = "from helpers import NotPermitted\nraise NotPermitted('it cannot be set. Do this')"


def test_what_fails_after_a_refused_setting_is_stood_in_for(tmp_path: Path) -> None:
    """As with a read-only /proc/sys: the lab has its wire, and notes of what it does without."""
    later, early = "found = None[0]", "[][0]"
    cells = [
        new_code_cell("from helpers.lab import standin\nstandin.wire(('a note',))"),
        new_code_cell(early, metadata=WIRE),
        new_code_cell(REFUSED, metadata=WIRE, outputs=[result("set")]),
        new_code_cell(later, metadata=WIRE, outputs=[result("done")]),
        new_code_cell("{}['no wire needed']"),
    ]
    path = tmp_path / "made.ipynb"
    nbformat.write(new_notebook(cells=cells, metadata=execute.METADATA), path)
    notebook = nbformat.read(path, as_version=4)
    execute.execute(notebook, tmp_path)
    _, before, refused, needy, other = notebook.cells
    assert before.outputs[0].ename == "IndexError"
    assert [text.partition(";")[0] for text in words(refused)] == [
        "it cannot be set",
        "recorded with a wire:",
    ]
    assert words(needy)[0].startswith(
        "not run to its end (TypeError): a cell before it could not run here;"
    )
    assert recorded(needy) == [{"text/plain": "done"}]
    assert other.outputs[0].ename == "KeyError"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_no_code_needs_the_wire_here_and_none_there(path: Path) -> None:
    """A cell is known by its code, so the same code must not stand in both kinds of cell."""
    notebook = stored.read(path)
    assert notebook is not None
    assert all(cell.code for cell in notebook.cells)
    kinds = [{c.code for c in notebook.cells if c.wire is wire} for wire in (True, False)]
    assert not kinds[0] & kinds[1]


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_every_notebook_reaches_its_end_and_nothing_listens_outside(path: Path) -> None:
    if not namespaces_allowed() or not shutil.which("unshare"):
        pytest.skip(REASON)
    command = ["unshare", "-Urn", sys.executable, "-m", "tests.notebooks.in_bench", str(path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    assert not seen["outside"]
    assert seen["listeners"]
    cells = seen["cells"]
    assert [cell["count"] for cell in cells] == list(range(1, len(cells) + 1))
    for cell in cells:
        raised = [o for o in cell["outputs"] if o["output_type"] == "error"]
        wire = "wire" in cell["tags"]
        assert bool(raised) == ("raises-exception" in cell["tags"] and not wire), cell["source"]
        assert not [o for o in cell["outputs"] if o.get("name") == "stderr"], cell["source"]
        shown = len(words(cell)), bool(recorded(cell))
        assert shown == (wire + (wire and cell["stored"]), wire and cell["stored"]), cell["source"]
        if not {"wire", "bench-differs", "kernel"} & {*cell["tags"]}:
            assert text(cell["outputs"]) == text(cell["as_stored"]), cell["source"]
    assert "code cells" in cells[0]["outputs"][0]["text"]
