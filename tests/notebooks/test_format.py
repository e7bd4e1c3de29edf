"""Every notebook keeps to the plan: it is whole, short, plain, and safe to compare."""

from __future__ import annotations

import base64
import importlib
import json
import re
import statistics
import struct
from pathlib import Path
from typing import Any

import pytest
from nbval.plugin import get_sanitize_patterns

from tests.notebooks import kernels

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
Notebook = dict[str, Any]
Cell = dict[str, Any]

METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
CELL_METADATA = {"tags", "jupyter", "editable", "deletable", "slideshow"}
TAGS = {
    "wire",
    "raises-exception",
    "shows-error",
    "kernel",
    "bench-differs",
    "hide-input",  # a solution, which the book folds
    "nbval-skip",
    "nbval-ignore-output",
    "nbval-check-output",
    "nbval-raises-exception",
}
# Sections that a class can leave out, by how their headings begin.
LONGER = ("In depth", "Your turn")
UNCHECKED = {"nbval-skip", "nbval-ignore-output"}
APPARATUS = re.compile(
    r"^\s*[%!]|get_ipython|sys\.path|PYTHONPATH|os\.chdir|\bpip install\b|<style|<script"
    r"|NBVAL_|PYTEST_VALIDATE|;\s*\Z",
    re.MULTILINE,
)
MACHINE = re.compile(r"/home/|/root/|/Users/|/tmp/|site-packages|ipykernel_\d|\.venv")
BARE_ADDRESS = re.compile(r" at 0x[0-9a-f]{6,}")
BANNED = re.compile(r"\b(simply|just|obviously)\b", re.IGNORECASE)
EMOJI = re.compile(
    "[\U0001f000-\U0001faff\u2600-\u26ff\u2700-\u2712\u2714-\u2716\u2718-\u27bf\u2b50\u2b55\ufe0f]"
)
# For each rule of sanitize.cfg, by its pattern: texts it must match, and texts it must not.
SANITIZE: dict[str, tuple[list[str], list[str]]] = {
    r"(FIN-WAIT-2 .* none)  timer timewait": (
        ["FIN-WAIT-2  0  0  server:8080  client:ephemeral  none  timer timewait"],
        [
            "TIME-WAIT   0  0  server:8080  client:ephemeral  none  timer timewait",
            "FIN-WAIT-2  0  0  server:8080  client:ephemeral  server",
            "ESTAB       0  0  server:8080  client:ephemeral  server  timer keepalive",
        ],
    )
}


def text_of(cell: Cell) -> str:
    return "".join(cell["source"])


def tags_of(cell: Cell) -> set[str]:
    return set(cell["metadata"].get("tags", []))


def code_cells(notebook: Notebook) -> list[Cell]:
    return [c for c in notebook["cells"] if c["cell_type"] == "code"]


def outputs(notebook: Notebook) -> list[dict[str, Any]]:
    return [o for c in code_cells(notebook) for o in c["outputs"]]


def size(cell: Cell) -> int:
    """How many lines a code cell has, empty ones left out."""
    return sum(bool(line.strip()) for line in text_of(cell).splitlines())


def path_of(notebook: Notebook) -> Notebook:
    """What a class of fifty minutes goes through: no section that begins with a word of LONGER."""
    kept: list[Cell] = []
    left_out = 0  # the level of the heading of the section that is left out
    for cell in notebook["cells"]:
        text = text_of(cell) if cell["cell_type"] == "markdown" else ""
        for mark, title in re.findall(r"^(#+) (.*)", text, re.MULTILINE):
            if not left_out or len(mark) <= left_out:
                left_out = len(mark) if title.startswith(LONGER) else 0
        if not left_out:
            kept.append(cell)
    return {"cells": kept}


def prose(notebook: Notebook) -> str:
    """What a learner reads: no code, no addresses of links, no HTML tags, no image marks."""
    text = "\n\n".join(text_of(c) for c in notebook["cells"] if c["cell_type"] == "markdown")
    text = re.sub(r"^[ >]*(`{3,}|~{3,}).*?^[ >]*\1[ ]*$", "", text, flags=re.DOTALL | re.MULTILINE)
    text = re.sub(r"(`+).+?\1", "code", text, flags=re.DOTALL)
    text = re.sub(r"<!--.*?-->", "", text, flags=re.DOTALL)
    text = re.sub(r"</?[a-zA-Z][^>]*>|<https?://[^>]*>", "", text)
    text = re.sub(r"\]\([^)]*\)", "]", text)
    return text.replace("![", "[").replace("[!", "[")


def problem_words(text: str) -> list[str]:
    """Words and signs that do not belong into a plain text."""
    found = [m.group() for m in BANNED.finditer(text)] + EMOJI.findall(text)
    return found + ["!"] * text.count("!")


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: path.stem)
def notebook(request: pytest.FixtureRequest) -> Notebook:
    loaded: Notebook = json.loads(request.param.read_text(encoding="utf-8"))
    return loaded


def test_there_are_notebooks() -> None:
    assert NOTEBOOKS
    assert [p.name[:2] for p in NOTEBOOKS] == [f"{n:02}" for n in range(len(NOTEBOOKS))]


def test_every_code_cell_has_run_once_in_order(notebook: Notebook) -> None:
    counts = [c["execution_count"] for c in code_cells(notebook)]
    assert counts == list(range(1, len(counts) + 1))
    assert outputs(notebook)


def test_metadata_is_what_make_notebooks_writes(notebook: Notebook) -> None:
    recorded_on = notebook["metadata"].pop("recorded_on", "Linux 6.18")
    assert re.fullmatch(r"Linux \d+\.\d+", recorded_on)
    assert notebook["metadata"] == METADATA
    assert (notebook["nbformat"], notebook["nbformat_minor"]) == (4, 5)
    ids = [c["id"] for c in notebook["cells"]]
    assert len(set(ids)) == len(ids)
    for cell in notebook["cells"]:
        assert set(cell["metadata"]) <= CELL_METADATA
        assert "attachments" not in cell


def test_tags_are_known_and_make_sense(notebook: Notebook) -> None:
    for cell in code_cells(notebook):
        tags = tags_of(cell)
        assert tags <= TAGS, f"unknown tag in: {text_of(cell)}"
        if "wire" in tags:
            assert "raises-exception" in tags, f"Run All would stop here: {text_of(cell)}"
        if "shows-error" in tags:
            assert {"wire", "raises-exception"} <= tags
        assert not {"wire", "bench-differs"} <= tags, "it is skipped there, or it runs"
        if "raises-exception" in tags:
            assert not tags & UNCHECKED, f"a vanished error would pass: {text_of(cell)}"
        assert "nbval-raises-exception" not in tags, "the tag is raises-exception"


def test_few_texts_depend_on_the_kernel(notebook: Notebook) -> None:
    tagged = [c for c in code_cells(notebook) if kernels.TAG in tags_of(c)]
    assert len(tagged) <= 2, [text_of(c) for c in tagged]
    for cell in tagged:
        assert not tags_of(cell) & (UNCHECKED | {"shows-error"})
        room = importlib.import_module(f"helpers.concepts.{kernels.room_of(notebook)}.kernels")
        assert kernels.kind_of(room.KINDS, kernels.release_of(notebook["metadata"]["recorded_on"]))


def test_few_cells_are_exceptions(notebook: Notebook) -> None:
    cells = code_cells(notebook)
    excepted = [
        c
        for c in cells
        if tags_of(c) & (UNCHECKED | {"shows-error"})
        or ("raises-exception" in tags_of(c) and "wire" not in tags_of(c))
    ]
    assert len(excepted) * 10 <= len(cells), [text_of(c) for c in excepted]


def test_errors_are_stored_where_they_are_promised_and_only_there(notebook: Notebook) -> None:
    for cell in code_cells(notebook):
        tags = tags_of(cell)
        raised = [o["ename"] for o in cell["outputs"] if o["output_type"] == "error"]
        promised = "shows-error" in tags or ("raises-exception" in tags and "wire" not in tags)
        assert bool(raised) == promised, (raised, text_of(cell))
        assert "NotPermitted" not in raised
        lines = [line for o in cell["outputs"] for line in o.get("traceback", [])]
        assert not [line for line in lines if "helpers/" in line], "ends at the reader's line"


def test_code_has_no_apparatus(notebook: Notebook) -> None:
    for cell in code_cells(notebook):
        found = APPARATUS.search(text_of(cell))
        assert not found, f"{found.group()!r} in: {text_of(cell)}"


def test_outputs_can_be_compared_and_published(notebook: Notebook) -> None:
    for cell in code_cells(notebook):
        stored = json.dumps(cell["outputs"], ensure_ascii=False)
        images = re.sub(r'"image/(png|jpeg)": ("[^"]*"|\[[^]]*\])', "", stored)
        assert not MACHINE.search(images), f"a path of one machine under: {text_of(cell)}"
        assert not BARE_ADDRESS.search(images), f"a memory address under: {text_of(cell)}"
        assert "application/vnd.jupyter.widget-view+json" not in stored
        for output in cell["outputs"]:
            assert output.get("name") != "stderr", output["text"]


def test_budget_of_code(notebook: Notebook) -> None:
    cells = code_cells(notebook)
    # A stage of the server is a whole program, and stands as it is.
    sizes = [size(c) for c in cells if not c["id"].startswith("stage-")]
    assert 15 <= len(code_cells(path_of(notebook))) <= 30
    assert len(cells) <= 60
    assert min(sizes) > 0
    assert statistics.median(sizes) <= 6
    assert sum(n <= 8 for n in sizes) >= 0.7 * len(sizes)
    assert max(sizes) <= 15


def test_budget_of_figures(notebook: Notebook) -> None:
    figures = sum("image/png" in o.get("data", {}) for o in outputs(notebook))
    assert figures * 6 >= len(code_cells(path_of(notebook)))


def test_every_figure_has_a_text_twin(notebook: Notebook) -> None:
    """As text a figure is its title, which says nothing of the run, and nbval skips pixels."""
    for cell in code_cells(notebook):
        data = [o.get("data", {}) for o in cell["outputs"]]
        if any("image/png" in d for d in data):
            # A replay's text is its trace; a picture's begins with a bracket.
            told = [("image/png" in d, "".join(d.get("text/plain", ""))) for d in data]
            texts = [text for picture, text in told if not (picture and text.startswith("["))]
            texts += ["".join(o.get("text", "")) for o in cell["outputs"]]
            assert any(texts), text_of(cell)


def test_every_figure_has_a_title_and_is_told(notebook: Notebook) -> None:
    """And its size: it is stored with twice the pixels of what is shown, 900 by 600 at most."""
    titles = []
    for output in outputs(notebook):
        if "image/png" not in output.get("data", {}):
            continue
        told, text = output["metadata"]["image/png"], "".join(output["data"]["text/plain"])
        assert 80 <= len(told["alt"]) <= 900 and told["alt"].endswith("."), told
        assert told["width"] <= 1000
        if text.startswith("["):  # else it is a replay, whose text is its trace
            titles.append(text)
            assert 12 <= len(text) <= 100 and text.endswith("]"), text
            assert told["width"] <= 900 and told["height"] <= 600
            raw = base64.b64decode("".join(output["data"]["image/png"]))
            width, height = struct.unpack(">II", raw[16:24])  # PNG, 11.2.1: IHDR
            assert abs(width - 2 * told["width"]) <= 2 and abs(height - 2 * told["height"]) <= 2
    assert len(titles) >= 6


def test_budget_of_words(notebook: Notebook) -> None:
    path, whole = (
        len(re.findall(r"\w[\w'’-]*", prose(each))) for each in (path_of(notebook), notebook)
    )
    assert 1000 <= path <= 2000
    assert whole <= 4000


def test_words_are_plain(notebook: Notebook) -> None:
    assert problem_words(prose(notebook)) == []


def test_begins_with_a_title_and_ends_with_close(notebook: Notebook) -> None:
    first = notebook["cells"][0]
    assert first["cell_type"] == "markdown"
    assert re.match(r"# \S", text_of(first))
    later = "\n\n".join(text_of(c) for c in notebook["cells"][1:] if c["cell_type"] == "markdown")
    assert not re.search(
        r"^# (?!.*\n)", re.sub(r"```.*?```", "", later, flags=re.DOTALL), re.MULTILINE
    )
    assert "lab.close()" in text_of(code_cells(notebook)[-1])


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("It is just so", ["just"]),
        ("Simply put, obviously", ["Simply", "obviously"]),
        ("Stop!", ["!"]),
        ("done ✅", ["✅"]),
        ("adjust the simplest, justify", []),
        ("if `a != b`, see ![a figure](x!.png) and <!-- hidden! -->", []),
        ("```python\nassert a != b  # just so\n```", []),
        ("> [!NOTE]\n> text", []),
        ("a → b, 3 × 4 … ✓", []),
    ],
)
def test_problem_words(text: str, found: list[str]) -> None:
    cell = {"cell_type": "markdown", "source": [text]}
    assert problem_words(prose({"cells": [cell]})) == found


def rules() -> dict[str, str]:
    config = (ROOT / "tests" / "notebooks" / "sanitize.cfg").read_text(encoding="utf-8")
    found = dict(get_sanitize_patterns(config))
    assert len(found) == len(re.findall(r"^\s*regex", config, re.MULTILINE)), "a rule nbval skips"
    return found


def test_sanitize_rules_are_few_and_tested() -> None:
    assert len(rules()) <= 6
    assert set(rules()) == set(SANITIZE)


def test_each_sanitize_rule_matches_what_it_should_and_no_more() -> None:
    for pattern, (matched, unmatched) in SANITIZE.items():
        assert matched, pattern
        assert unmatched, pattern
        assert [t for t in matched if not re.search(pattern, t)] == []
        assert [t for t in unmatched if re.search(pattern, t)] == []
