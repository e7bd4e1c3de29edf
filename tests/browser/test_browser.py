"""What a student does, in a real browser: Run All, predict, step, type a solution."""

from __future__ import annotations

import importlib.util
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
    pytest.mark.skipif(not CHROMIUM, reason="Chromium is not installed"),
    pytest.mark.skipif(
        importlib.util.find_spec("playwright") is None, reason="playwright is not installed"
    ),
]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
WIDE = (1500, 1000)
STUB = "def make_listener(port):\n    pass"
# What the small tests do stands in one notebook: to open a page and start a kernel takes most of
# the time. Each test runs its own cells.
LESSON = (
    "from helpers import predict, reveal\nfrom helpers.concepts import reuse\n"
    "guess = predict('Who holds the port?', reuse.HOLDER)\nguess",
    "reveal(guess, 'the kernel, for no process')",
    "print(guess.chosen)",
    "from helpers import Lab, debugger\nlab = Lab()\nlistener = lab.server.socket()\n"
    "listener.bind(('0.0.0.0', 8080))\nlistener.listen(1)\ndebugger(lab)",
    "call = lab.client.socket().start('connect', ('server', 8080))",
    "print(lab.wire.held, lab.server.sockets().states)",
    "lab.close()",
    "from helpers import slider\nslider('n', [1, 2, 3], lambda n: f'squared {n * n}')",
    "import socket\nfrom helpers import check\nfrom helpers.concepts.reuse import RESTARTS",
    STUB,
    "report = check(make_listener, RESTARTS)\nreport",
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Copies of the notebooks without their outputs, for what is seen there was run there; and
    the lesson.
    """
    made = tmp_path_factory.mktemp("notebooks")
    for path in NOTEBOOKS:
        book = nbformat.read(path, as_version=4)
        for cell in book.cells:
            if cell.cell_type == "code":
                cell.outputs, cell.execution_count = [], None
        nbformat.write(book, made / path.name)
    lesson = new_notebook(cells=[new_code_cell(cell) for cell in LESSON])
    lesson.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3 (ipykernel)"}
    nbformat.write(lesson, made / "lesson.ipynb")
    return made


@pytest.fixture(scope="module")
def desk(folder: Path) -> Iterator[tuple[Any, str]]:
    """A browser, and the address of JupyterLab."""
    with server(folder) as address, browser(*WIDE) as chromium:
        yield chromium, address


@pytest.fixture(scope="module")
def lesson(desk: tuple[Any, str], folder: Path) -> Iterator[Notebook]:
    """The lesson, open in a tab; nothing in it has run."""
    book = Notebook(*desk, folder / "lesson.ipynb")
    yield book
    book.close()


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_run_all_reaches_the_bottom(desk: tuple[Any, str], folder: Path, path: Path) -> None:
    book = Notebook(*desk, folder / path.name)
    try:
        book.run_all()
        cells = book.cells()
        assert not errors(cells)
        assert [c["execution_count"] for c in cells] == list(range(1, len(cells) + 1))
        pictures = sum("image/png" in o.get("data", {}) for c in cells for o in c["outputs"])
        assert pictures >= 6 or not namespaces_allowed()
    finally:
        book.close()


def test_the_lesson_runs_to_its_end(lesson: Notebook) -> None:
    """Run All in small: with this, and with nbval, make test knows what whole notebooks do here."""
    if not namespaces_allowed():
        pytest.skip(REASON)  # the debugger's cells raise, and Run All stops there
    lesson.run_all()
    assert [c["execution_count"] for c in lesson.cells()] == list(range(1, len(LESSON) + 1))


def test_a_prediction_is_clicked_and_its_belief_is_named(lesson: Notebook) -> None:
    lesson.run_cell("from helpers import predict")
    lesson.page.click("button:has-text('nobody')")
    lesson.run_cell("reveal(guess, 'the kernel")
    lesson.page.wait_for_selector("text=You said: nobody. A listener goes with its process.")
    lesson.run_cell("print(guess.chosen)")
    lesson.shows("print(guess.chosen)", "nobody")


def step_until(page: Any, shown: str) -> None:
    """Press *next packet*; more than once if a slow machine let TCP send a packet again."""
    for _ in range(5):
        page.click("button:has-text('next packet')")
        try:
            return page.wait_for_selector(f".tcp-replay:has-text('{shown}')", timeout=6_000)
        except Exception as error:  # playwright's own TimeoutError, imported only where it is
            if "Timeout" not in type(error).__name__:
                raise
    raise AssertionError(f"five packets passed, and the panel never showed {shown!r}")


def test_the_debugger_steps_three_packets_and_stays_in_step(lesson: Notebook) -> None:
    if not namespaces_allowed():
        pytest.skip(REASON)
    page = lesson.page
    lesson.run_cell("from helpers import Lab, debugger")
    page.wait_for_selector("button:has-text('next packet')", timeout=30_000)
    lesson.run_cell("call = lab.client")
    page.wait_for_selector("pre:has-text('S 0:0(0) win 64240')")
    for shown in ("SYN-RECV", "connect(server:8080) has returned", "accept queue 1"):
        step_until(page, shown)
    lesson.run_cell("print(lab.wire.held")
    lesson.shows("print(lab.wire.held", "['LISTEN', 'ESTAB']")
    lesson.run_cell("lab.close()")
    page.wait_for_selector("text=The lab is closed; make a new one with Lab().")
    page.wait_for_selector("button:has-text('next packet'):disabled")


def test_a_slider_is_moved(lesson: Notebook) -> None:
    lesson.run_cell("from helpers import slider")
    lesson.page.wait_for_selector("pre:has-text('squared 1')")
    lesson.page.locator(".noUi-handle").focus()
    lesson.page.keyboard.press("ArrowRight")
    lesson.page.wait_for_selector("pre:has-text('squared 4')")


def test_an_exercise_is_solved_by_typing(lesson: Notebook) -> None:
    for text in ("import socket", "def make_listener", "report = check"):
        lesson.run_cell(text)
    lesson.shows("report = check", "failed")
    lesson.retype(
        "def make_listener",
        "def make_listener(port):\n    return socket.create_server(('', port), reuse_port=False)",
    )
    lesson.run_cell("report = check")
    lesson.shows("report = check", "All of them passed.")
