"""The book in a browser, from the disk: whole, without the network, and without barriers."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import re
from collections.abc import Iterator, Sequence
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import nbformat
import pytest
from nbformat.v4 import new_code_cell

from helpers.publish.book.build import build
from helpers.publish.glossary import NOTEBOOKS
from tests.browser.jupyter import CHROMIUM, browser
from tests.conftest import REASON, namespaces_allowed
from tests.notebooks import execute
from tests.publish.test_book import asked_and_answered, notebook, replayed

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(150),
    *(
        pytest.mark.skipif(importlib.util.find_spec(name) is None, reason=f"{name} is missing")
        for name in ("myst_nb", "sphinx_book_theme")
    ),
]
needs_browser = pytest.mark.skipif(
    not CHROMIUM or importlib.util.find_spec("playwright") is None,
    reason="Chromium or playwright is not installed",
)
LESSONS = [path.stem for path in sorted(NOTEBOOKS.glob("[0-9]*.ipynb"))]
OTHERS = ["index", "symptoms", "glossary", "claims", "search"]


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("book") / "pages"
    build(made)
    return made


def pages_of(folder: Path, lesson: nbformat.NotebookNode) -> Path:
    """Write a book of one notebook into a folder; returns where its pages will be."""
    notebooks = folder / "notebooks"
    notebooks.mkdir(parents=True)
    text = (NOTEBOOKS / "symptoms.md").read_text()
    # Its links lead to notebooks that are not in this book.
    (notebooks / "symptoms.md").write_text(re.sub(r"\]\(\d\d_[^)]*\)", "]", text))
    lesson.metadata["language_info"] = {"name": "python"}
    nbformat.write(lesson, notebooks / "09_small.ipynb")
    return folder / "pages"


def small(folder: Path) -> Path:
    """The pages of a book of one notebook with everything that is live."""
    made = notebook(*asked_and_answered(), replayed(), replayed())
    for number, cell in enumerate(made.cells):
        cell.id = f"cell-{number}"
    pages = pages_of(folder, made)
    build(pages, folder / "notebooks")
    return pages


class Page(HTMLParser):
    """Its ids, and what it refers to."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = {name: value or "" for name, value in attrs}
        if "id" in named:
            self.ids.append(named["id"])
        if tag == "a" and "href" in named:
            self.links.append(named["href"])
        elif tag == "link" and named.get("rel") not in ("next", "prev", "search", "index"):
            self.loaded.append(named.get("href", ""))
        if "src" in named:
            self.loaded.append(named["src"])


def test_every_link_leads_somewhere_and_nothing_comes_from_elsewhere(book: Path) -> None:
    pages = {path.name: Page(path) for path in book.glob("*.html")}
    assert {f"{name}.html" for name in LESSONS + OTHERS} <= set(pages)
    for name, page in pages.items():
        twice = {each for each in page.ids if page.ids.count(each) > 1}
        assert not twice, f"{name}: {twice}"
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme in ("http", "https"):
                continue
            target = unquote(parts.path) or name
            assert (book / target).is_file(), f"{name}: {link}"
            if parts.fragment:
                assert unquote(parts.fragment) in pages[target].ids, f"{name}: {link}"
        for loaded in page.loaded:
            assert loaded.startswith("data:") or (book / urlsplit(loaded).path).is_file(), loaded


def test_links_of_the_notebooks_are_links_between_pages(book: Path) -> None:
    symptoms = Page(book / "symptoms.html").links
    assert "01_reuse_and_time_wait.html#why-did-it-fail" in symptoms
    assert "glossary.html#word-accept-queue" in Page(book / "04_backlog.html").links


@pytest.mark.parametrize("name", LESSONS)
def test_a_page_says_how_to_run_it_and_has_no_dead_buttons(book: Path, name: str) -> None:
    text = (book / f"{name}.html").read_text()
    recorded = json.loads((NOTEBOOKS / f"{name}.ipynb").read_text())["metadata"]["recorded_on"]
    article = text[text.index("<article") :]
    head = re.sub(r"<[^>]*>", "", article[: article.index("<h2")])
    assert f"Recorded on {recorded}" in head and "make lab" in head and "make test" in head
    assert "launch-button" not in text and "mybinder" not in text
    assert "Show a solution" in text or name.startswith("00")


def test_one_source_gives_one_book(tmp_path: Path) -> None:
    def prints(folder: Path) -> dict[str, str]:
        pages = small(folder)
        files = sorted(path for path in pages.rglob("*") if path.is_file())
        return {
            str(f.relative_to(pages)): hashlib.sha256(f.read_bytes()).hexdigest() for f in files
        }

    assert prints(tmp_path / "one") == prints(tmp_path / "two")


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    with browser(1280, 900) as found:
        yield found


class Tab:
    """A page from the disk; what it asks of the network, and what fails in it, is written down."""

    def __init__(self, context: Any, folder: Path) -> None:
        self.page, self.folder, self.wrong = context.new_page(), folder, []
        own = ("file:", "data:", "blob:")
        self.page.on("request", lambda r: r.url.startswith(own) or self.wrong.append(r.url))
        self.page.on("pageerror", lambda error: self.wrong.append(str(error)))

    def open(self, name: str) -> Any:
        self.page.goto((self.folder / f"{name}.html").as_uri())
        return self.page


@pytest.fixture
def tab(chromium: Any, book: Path) -> Iterator[Tab]:
    made = Tab(chromium, book)
    yield made
    made.page.close()
    assert not made.wrong


@needs_browser
def test_a_click_is_answered_with_its_reason_and_nothing_before_it(tab: Tab) -> None:
    page = tab.open("00_eight_lines")
    asked = page.locator(".lesson-question", has_text="A server has called bind")
    assert asked.count() == 2  # where it is asked, and where the kernel was asked
    first, second = asked.nth(0), asked.nth(1)
    shown = page.locator("main").inner_text()
    assert "The port has an owner and no listener" not in shown
    assert first.locator(".lesson-result").inner_text() == ""
    first.locator("button", has_text="it waits until the server listens").click()
    for each in (first, second):
        text = each.locator(".lesson-result").inner_text()
        assert text.startswith("You said: nothing yet") and "Nobody keeps the SYN" in text
        assert "What the kernel did: ConnectionRefusedError." in text
        assert each.locator(".lesson-right").inner_text().endswith("ConnectionRefusedError")
    second.locator("button", has_text="ConnectionRefusedError").click()
    assert first.locator(".lesson-result").inner_text().startswith("You predicted it")


@needs_browser
@pytest.mark.parametrize("name", LESSONS)
def test_every_question_can_be_answered(tab: Tab, name: str) -> None:
    """Each choice of each question gets its answer; and none is told before a click."""
    page = tab.open(name)
    assert page.locator(".lesson-page").count() >= 5
    assert not page.locator(".lesson-result:not(:empty)").count()
    unanswered = page.evaluate(
        """() => [...document.querySelectorAll(".lesson-question")].filter((question) => {
            const quizzed = question.matches(".lesson-head ~ .lesson-question");
            const result = question.querySelector(".lesson-result");
            return ![...question.querySelectorAll(".lesson-choices button")].every((button) => {
                button.click();
                const said = /^(You said|You predicted|What )/.exec(result.textContent)?.[0];
                const again = / Read again: .*“.+”\\.$/.test(result.textContent);
                return Boolean(said) && (quizzed && said === "You said") === again;
            });
        }).length"""
    )
    assert unanswered == 0


@needs_browser
def test_an_answer_as_text_is_folded(tab: Tab) -> None:
    page = tab.open("04_backlog")
    assert "right: 1" not in page.locator("main").inner_text()
    for fold in page.locator("details.twin").all():
        assert not fold.evaluate("fold => fold.open")


@needs_browser
def test_a_solution_opens_when_it_is_asked_for(tab: Tab) -> None:
    page = tab.open("04_backlog")
    code = page.locator("details", has_text="Show a solution").first
    assert not code.locator("pre").is_visible()
    code.locator("summary").click()
    assert "def sturdy(listener)" in code.locator("pre").inner_text()


@needs_browser
def test_a_word_is_told_under_the_pointer_and_to_a_key(tab: Tab) -> None:
    page = tab.open("00_eight_lines")
    told = "word => getComputedStyle(word, '::after').content"
    word = page.locator("a.word", has_text="listener").first
    assert word.evaluate(told) == "none"
    word.hover()
    assert "takes connections" in word.evaluate(told)
    page.mouse.move(0, 0)
    page.keyboard.press("Tab")
    page.evaluate("() => document.querySelectorAll('a.word')[1].focus({ focusVisible: true })")
    assert page.locator("a.word").nth(1).evaluate(told) not in ("none", '""')
    assert not page.locator("pre a.word, code a.word, h1 a.word, h2 a.word, a a.word").count()


@needs_browser
def test_search_works_from_the_disk(tab: Tab) -> None:
    page = tab.open("search")
    page.goto(page.url + "?q=cookie")
    page.wait_for_selector("#search-results li a")
    found = page.locator("#search-results li a").all_inner_texts()
    assert any("handshake" in text for text in found), found


@needs_browser
def test_no_page_is_wider_than_a_phone(chromium: Any, book: Path) -> None:
    phone = chromium.browser.new_context(viewport={"width": 400, "height": 800})
    tab = Tab(phone, book)
    for name in LESSONS + OTHERS:
        assert tab.open(name).evaluate("document.documentElement.scrollWidth") <= 400, name
    phone.close()
    assert not tab.wrong


@needs_browser
@pytest.mark.parametrize("width", [1280, 400])
def test_pictures_keep_their_shape(chromium: Any, book: Path, width: int) -> None:
    """They are stored at twice the size at which they are shown, and a phone is narrower still."""
    screen = chromium.browser.new_context(viewport={"width": width, "height": 800})
    page = Tab(screen, book).open("04_backlog")
    page.wait_for_function("[...document.images].every((each) => each.complete)")
    shapes = page.evaluate(
        """() => [...document.querySelectorAll("a.figure img")].map((each) => [
            each.clientWidth, each.clientHeight * each.naturalWidth / each.naturalHeight])"""
    )
    links_without_words = page.locator("a:empty:not([aria-label])").count()
    screen.close()
    assert len(shapes) >= 5 and not links_without_words
    for shown, natural in shapes:
        assert shown == pytest.approx(natural, rel=0.02) and shown >= 300


def barriers(context: Any, book: Path, names: Sequence[str]) -> list[tuple[str, ...]]:
    """What axe-core finds that is serious or worse: the page, the rule, and the element."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    tab, found = Tab(context, book), []
    for name in names:
        page = tab.open(name)  # whose colours change for a moment when it comes up
        page.wait_for_function("document.getAnimations().every(a => a.playState !== 'running')")
        told = axe.run(page).response
        assert len(told["passes"]) > 20
        found += [
            (name, each["id"], node["html"][:160])
            for each in told["violations"]
            if each["impact"] in ("serious", "critical")
            for node in each["nodes"]
        ]
    assert not tab.wrong
    return found


@needs_browser
@pytest.mark.parametrize(
    ("scheme", "width", "page"),
    [
        ("light", 1280, "00_eight_lines"),
        ("light", 400, "symptoms"),
        ("dark", 1280, "05_syn_and_accept_queues"),
        ("dark", 400, "04_backlog"),
    ],
)
def test_axe_finds_nothing_serious(
    chromium: Any, book: Path, scheme: Any, width: int, page: str
) -> None:
    size = {"width": width, "height": 900}
    context = chromium.browser.new_context(color_scheme=scheme, viewport=size)
    assert barriers(context, book, ("index", "claims", page)) == []
    context.close()


CELLS = (
    "from helpers import Lab, predict, replay, reveal\n"
    "from helpers.concepts import lines\n\nlab = Lab()",
    "predict(lines.EARLY)",
    "lab.server.socket().bind(('0.0.0.0', 8080))\n"
    "call = lab.client.socket().start('connect', ('server', 8080))\n"
    "reveal(lines.EARLY, call.exception())",
    "replay(lab.trace)",
    "lab.close()",
)


@needs_browser
def test_what_a_kernel_has_stored_is_live_in_the_page(chromium: Any, tmp_path: Path) -> None:
    """From a notebook's cells to a reader's click, as make notebooks and make book do it."""
    if not namespaces_allowed():
        pytest.skip(REASON)
    made = notebook(*(new_code_cell(cell) for cell in CELLS))
    folder = pages_of(tmp_path, made)
    path = tmp_path / "notebooks" / "09_small.ipynb"
    assert execute.run(path)
    first = path.read_text()
    assert execute.run(path)
    again = nbformat.reads(path.read_text(), 4)
    kept = execute.replays_of(again)
    assert len(kept) == 1 and kept == execute.replays_of(nbformat.reads(first, 4))
    build(folder, path.parent)
    tab = Tab(chromium, folder)
    page = tab.open("09_small")
    view = page.locator(".tcp-replay")
    view.locator("input").focus()
    page.keyboard.press("Home")
    assert view.locator(".count").inner_text().startswith("0 / ")
    verbs = []
    for _ in range(40):
        page.keyboard.press("ArrowRight")
        verbs.append(view.locator(".now .verb").first.inner_text())
    assert "SYN arrives" in verbs and "RST arrives" in verbs, verbs
    page.locator(".lesson-choices button", has_text="ConnectionRefusedError").first.click()
    assert page.locator(".lesson-result").first.inner_text().startswith("You predicted it")
    page.close()
    assert not tab.wrong


@needs_browser
def test_two_replays_on_a_page_are_two(chromium: Any, tmp_path: Path) -> None:
    tab = Tab(chromium, small(tmp_path))
    page = tab.open("09_small")
    one, other = page.locator(".tcp-replay").all()
    one.locator("input").focus()
    page.keyboard.press("Home")
    assert one.locator(".count").inner_text().startswith("0 / ")
    assert not other.locator(".count").inner_text().startswith("0 / ")
    page.keyboard.press("ArrowRight")
    assert "09_small" in page.url and one.locator(".count").inner_text().startswith("1 / ")
    ids = page.evaluate("[...document.querySelectorAll('[id]')].map(e => e.id)")
    assert len(ids) == len(set(ids))
    assert barriers(chromium, tab.folder, ["09_small"]) == []
    page.evaluate("document.documentElement.dataset.theme = 'dark'")
    page.wait_for_function("document.body.dataset.jpThemeLight === 'false'")
    page.close()
    assert not tab.wrong
