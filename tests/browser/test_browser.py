"""What a student does, in a real browser: Run All, predict, step, type a solution."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from tests.browser.jupyter import CHROMIUM, ROOT, Notebook, browser, errors, server
from tests.conftest import REASON, namespaces_allowed

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(150),
    pytest.mark.xdist_group("browser"),
    pytest.mark.skipif(not CHROMIUM, reason="Chromium is not installed"),
    pytest.mark.skipif(
        importlib.util.find_spec("playwright") is None, reason="playwright is not installed"
    ),
]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
WIDE = (1500, 1000)
# Each takes half a minute. nbval runs all eight; here the first stands for them, unless
# TCP_LAB_SLOW=1 asks for all.
CHOSEN = NOTEBOOKS if os.environ.get("TCP_LAB_SLOW") else NOTEBOOKS[:1]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Copies of the notebooks without their outputs: what is seen there was run there."""
    made = tmp_path_factory.mktemp("notebooks")
    for path in NOTEBOOKS:
        book = nbformat.read(path, as_version=4)
        for cell in book.cells:
            if cell.cell_type == "code":
                cell.outputs, cell.execution_count = [], None
        nbformat.write(book, made / path.name)
    return made


@pytest.fixture(scope="module")
def desk(folder: Path) -> Iterator[tuple[Any, str]]:
    """A browser, and the address of JupyterLab."""
    with server(folder) as address, browser() as chromium:
        yield chromium, address


@pytest.mark.parametrize("path", CHOSEN, ids=lambda p: p.stem)
def test_run_all_reaches_the_bottom(desk: tuple[Any, str], folder: Path, path: Path) -> None:
    book = Notebook(*desk, folder / path.name, WIDE)
    try:
        book.run_all()
        cells = book.cells()
        assert not errors(cells)
        assert [c["execution_count"] for c in cells] == list(range(1, len(cells) + 1))
        pictures = sum("image/png" in o.get("data", {}) for c in cells for o in c["outputs"])
        assert pictures >= 6 or not namespaces_allowed()
    finally:
        book.close()


def written(folder: Path, name: str, *cells: str) -> Path:
    """A small notebook."""
    book = new_notebook(cells=[new_code_cell(cell) for cell in cells])
    book.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3 (ipykernel)"}
    nbformat.write(book, folder / name)
    return folder / name


def test_a_prediction_is_clicked_and_its_belief_is_named(
    desk: tuple[Any, str], folder: Path
) -> None:
    path = written(
        folder,
        "prediction.ipynb",
        "from helpers import predict, reveal\nfrom helpers.concepts import reuse\n"
        "guess = predict('Who holds the port?', reuse.HOLDER)\nguess",
        "reveal(guess, 'the kernel, for no process')",
        "print(guess.chosen)",
    )
    book = Notebook(*desk, path, WIDE)
    try:
        book.run_all()
        book.page.click("button:has-text('nobody')")
        book.run_cell("reveal(guess, 'the kernel")
        book.page.wait_for_selector("text=You said: nobody. A listener goes with its process.")
        book.run_cell("print(guess.chosen)")
        book.saved_when(lambda cells: "nobody" in str(cells[2]["outputs"]))
    finally:
        book.close()


def step_until(page: Any, shown: str) -> None:
    """Press *next packet*; more than once if a slow machine let TCP send a packet again."""
    for _ in range(5):
        page.click("button:has-text('next packet')")
        try:
            return page.wait_for_selector(f"pre:has-text('{shown}')", timeout=6_000)
        except Exception as error:  # playwright's own TimeoutError, imported only where it is
            if "Timeout" not in type(error).__name__:
                raise
    raise AssertionError(f"five packets passed, and the panel never showed {shown!r}")


def test_the_debugger_steps_three_packets_and_stays_in_step(
    desk: tuple[Any, str], folder: Path
) -> None:
    if not namespaces_allowed():
        pytest.skip(REASON)
    path = written(
        folder,
        "debugger.ipynb",
        "from helpers import Lab, debugger\nlab = Lab()\nlistener = lab.server.socket()\n"
        "listener.bind(('0.0.0.0', 8080))\nlistener.listen(1)\ndebugger(lab)",
        "call = lab.client.socket().start('connect', ('server', 8080))",
        "print(lab.wire.held, lab.server.sockets().states)",
        "lab.close()",
    )
    book = Notebook(*desk, path, WIDE)
    try:
        page = book.page
        book.run_cell("from helpers import Lab, debugger")
        page.wait_for_selector("button:has-text('next packet')", timeout=30_000)
        book.run_cell("call = lab.client")
        page.wait_for_selector("pre:has-text('S 0:0(0) win 64240')")
        for shown in ("SYN-RECV", "ack 1", "accept queue ■"):
            step_until(page, shown)
        book.run_cell("print(lab.wire.held")
        book.saved_when(lambda cells: "['LISTEN', 'ESTAB']" in str(cells[2]["outputs"]))
        book.run_cell("lab.close()")
        page.wait_for_selector("text=The lab is closed; make a new one with Lab().")
        page.wait_for_selector("button:has-text('next packet'):disabled")
    finally:
        book.close()


def test_a_slider_is_moved(desk: tuple[Any, str], folder: Path) -> None:
    path = written(
        folder,
        "slider.ipynb",
        "from helpers import slider\nslider('n', [1, 2, 3], lambda n: f'squared {n * n}')",
    )
    book = Notebook(*desk, path, WIDE)
    try:
        book.run_all()
        book.page.wait_for_selector("pre:has-text('squared 1')")
        book.page.locator(".noUi-handle").focus()
        book.page.keyboard.press("ArrowRight")
        book.page.wait_for_selector("pre:has-text('squared 4')")
    finally:
        book.close()


def test_an_exercise_is_solved_by_typing(desk: tuple[Any, str], folder: Path) -> None:
    stub = "def make_listener(port):\n    pass"
    path = written(
        folder,
        "exercise.ipynb",
        "import socket\nfrom helpers import check\nfrom helpers.concepts.reuse import RESTARTS",
        stub,
        "report = check(make_listener, RESTARTS)\nreport",
    )
    book = Notebook(*desk, path, WIDE)
    try:
        book.run_all()
        assert "failed" in str(book.cells()[2]["outputs"])
        book.retype(
            "def make_listener",
            "def make_listener(port):\n"
            "    return socket.create_server(('', port), reuse_port=False)",
        )
        book.run_cell("report = check")
        book.saved_when(lambda cells: "All of them passed." in str(cells[2]["outputs"]))
    finally:
        book.close()
