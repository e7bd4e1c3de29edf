"""What a student does, in a real browser: Run All, predict, step, type a solution."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from helpers.concepts import reuse
from helpers.learning.desk import lay_out
from helpers.learning.progress import first_choice, questions, read
from helpers.learning.question import letter
from helpers.learning.texts import asked
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
    "predict(reuse.HOLDER)",
    "reveal(reuse.HOLDER, ['none'])",
    "print(predict(reuse.HOLDER).chosen)",
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
    """The reader's own copies, as ``make lab`` lays them out: what is seen there was run there. And
    the lesson.
    """
    made = tmp_path_factory.mktemp("notebooks") / "work"
    lay_out(made)
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
        questions_are_answered(book.page, sum("predict(" in c["source"] for c in cells))
    finally:
        book.close()


def questions_are_answered(page: Any, least: int) -> None:
    """Whatever is clicked after Run All is answered at once, and so is a change of mind."""
    questions = page.locator(".lesson-question")
    assert questions.count() >= least
    for number in range(questions.count()):
        question = questions.nth(number)
        buttons = question.locator(".lesson-choices button")
        for n in range(buttons.count()):
            buttons.nth(n).click()
            assert buttons.nth(n).get_attribute("aria-pressed") == "true"
            assert question.locator("[aria-pressed=true]").count() == 1
            said = question.locator(".lesson-result").inner_text()
            assert said.startswith(("You said: ", "You predicted it: ")), said


def test_the_first_screen_shows_no_answer(
    desk: tuple[Any, str], folder: Path, tmp_path: Path
) -> None:
    """Notebook 01 as a reader opens it: a title, what it asks, and nothing that has been run."""
    stored = nbformat.read(next(p for p in NOTEBOOKS if p.name.startswith("01")), as_version=4)
    code = [cell for cell in stored.cells if cell.cell_type == "code"]
    shown = {"".join(o.get("data", {}).get("text/plain", o.get("text", "")))
             for cell in code for o in cell.outputs}  # fmt: skip
    answers = {line.strip() for text in shown for line in text.splitlines() if len(line) > 30}
    answers |= {choice.why for name in questions("reuse") if (q := asked(f"reuse.{name}"))
                for choice in q.choices}  # fmt: skip
    assert len(answers) > 30
    folded = [cell for cell in code if cell.metadata.get("jupyter", {}).get("source_hidden")]
    book = Notebook(*desk, next(folder.glob("01*.ipynb")))
    try:
        book.page.screenshot(path=tmp_path / "first.png")
        seen = book.first_screen()
        assert stored.cells[0].source.splitlines()[0].strip("# ") in seen
        assert not [text for text in answers if text in seen]
        assert book.page.locator(".jp-Notebook .jp-OutputArea-output").count() == 0
        assert book.page.locator(".jp-Notebook .jp-InputPrompt:text-matches('[0-9]')").count() == 0
        # Further down, each solution is folded: a button stands in the place of its code.
        hidden = book.page.locator(".jp-CodeCell .jp-Placeholder.jp-InputPlaceholder")
        hidden.nth(len(folded) - 1).wait_for(state="attached")
        assert hidden.count() == len(folded) > 0
    finally:
        book.close()


def test_a_prediction_is_clicked_and_answered_once_the_kernel_has_been_asked(
    lesson: Notebook, folder: Path
) -> None:
    """By mouse and by keyboard, in either of its two views, and again. All of it is remembered.

    Before anything else has run: to the kernel that is asked the question must be new.
    """
    page = lesson.page
    lesson.run_cell("from helpers import predict")
    question = page.locator(".lesson-question")
    page.click("button:has-text('nobody')")
    page.wait_for_selector("text=Noted. The answer comes when the kernel has been asked.")
    assert question.first.locator("[aria-pressed=true]").inner_text() == letter_of("nobody")
    assert "connection as close would have" not in page.content()
    lesson.run_cell("reveal(reuse.HOLDER")
    page.wait_for_selector("text=You said: nobody. That is so for the listener")
    question.nth(1).wait_for()  # the page may hear of it before it has drawn it
    assert question.count() == 2  # a click in one view is seen in both
    question.last.locator("button:has-text('for no process')").focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("text=You predicted it: the kernel, for no process.")
    right = question.first.locator("[aria-pressed=true]").inner_text()
    assert right == "✓ " + letter_of("the kernel, for no process")
    lesson.run_cell("print(predict(reuse.HOLDER).chosen)")
    place = reuse.HOLDER.place_of("the kernel, for no process")
    lesson.shows("print(predict(reuse.HOLDER).chosen)", f"{{'reuse.HOLDER': {place}}}")
    lesson.run_cell("reveal(reuse.HOLDER")
    page.wait_for_selector("text=You predicted it: the kernel, for no process.")
    own = [r for r in read(folder / "progress.jsonl") if r["name"] == "HOLDER"]
    assert (own[0]["chose"], own[0]["seen"], own[0]["right"]) == ("nobody", None, None)
    assert (own[-1]["chose"], own[-1]["right"]) == ("the kernel, for no process", True)
    assert first_choice(own) == ("nobody", "the kernel, for no process", False)


def letter_of(text: str) -> str:
    """A choice of this question as its button shows it."""
    return f"{letter(reuse.HOLDER.place_of(text))}  {text}"


def test_the_lesson_runs_to_its_end(lesson: Notebook) -> None:
    """Run All in small: with this, and with nbval, make test knows what whole notebooks do here."""
    if not namespaces_allowed():
        pytest.skip(REASON)  # the debugger's cells raise, and Run All stops there
    lesson.run_all()
    first = lesson.cells()[0]["execution_count"]
    counts = [cell["execution_count"] - first for cell in lesson.cells()]
    assert counts == list(range(len(LESSON)))


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
    for head in ("Where to look:", "What helps:"):
        lesson.page.click("button:has-text('a hint')")
        lesson.page.wait_for_selector(f"pre:has-text('{head}')")
    lesson.retype(
        "def make_listener",
        "def make_listener(port):\n    return socket.create_server(('', port), reuse_port=False)",
    )
    lesson.run_cell("report = check")
    lesson.shows("report = check", "All of them passed.")
