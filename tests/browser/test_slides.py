"""Decks in a real browser, at the size of a projector: nothing is cut off, no host is asked.

The decks need reveal.js, which comes from npm: without it these tests are skipped.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from helpers.errors import LabError
from helpers.publish import slides, slides_reveal
from tests.browser.jupyter import CHROMIUM, browser

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(150),
    pytest.mark.skipif(not CHROMIUM, reason="Chromium is not installed"),
    pytest.mark.skipif(
        importlib.util.find_spec("playwright") is None, reason="playwright is not installed"
    ),
]
NUMBERS = [path.name[:2] for path in sorted(slides.NOTEBOOKS.glob("[0-9]*.ipynb"))]
WIDTH, HEIGHT = 1280, 720
# The right and lower edges of all that is visible on the slide, every fragment shown.
EDGES = """() => {
    while (Reveal.availableFragments().next) Reveal.nextFragment();
    const slide = Reveal.getCurrentSlide(), edges = [];
    const seen = document.createTreeWalker(slide, NodeFilter.SHOW_TEXT);
    while (seen.nextNode()) {
        if (seen.currentNode.parentElement.closest("aside")) continue;
        const range = document.createRange();
        range.selectNodeContents(seen.currentNode);
        edges.push(...[...range.getClientRects()].filter(edge => edge.width));
    }
    for (const box of slide.querySelectorAll("img, table, pre"))
        if (!box.closest("aside")) edges.push(box.getBoundingClientRect());
    return [Math.max(0, ...edges.map(e => e.right)), Math.max(0, ...edges.map(e => e.bottom)),
            Math.min(WIDTH, ...edges.map(e => e.left)), slide.innerText.slice(0, 60)];
}""".replace("WIDTH", str(WIDTH))


@pytest.fixture(scope="module")
def decks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Path]]:
    """Makes the deck of a notebook as ``make slides ONLY=`` does, and says where it is."""
    folder = tmp_path_factory.mktemp("slides")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(slides, "BUILD", folder)
        patch.setattr(slides, "ROOT", folder.parent)
        try:
            slides_reveal.fetch(folder)
        except LabError as error:
            pytest.skip(str(error))

        @cache
        def deck(number: str) -> Path:
            assert slides.main([number]) == 0
            (made,) = folder.glob(f"{number}_*.html")
            return made

        yield deck


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    with browser(WIDTH, HEIGHT) as found:
        yield found


@pytest.mark.parametrize("number", NUMBERS)
def test_nothing_is_cut_off_and_nothing_scrolls(
    number: str, decks: Callable[[str], Path], chromium: Any
) -> None:
    tab, wrong = chromium.new_page(), []
    tab.on(
        "request", lambda r: None if r.url.startswith(("file:", "data:")) else wrong.append(r.url)
    )
    tab.on("requestfailed", lambda r: wrong.append(r.url))
    tab.on("pageerror", lambda error: wrong.append(str(error)))
    tab.goto(decks(number).as_uri())
    tab.wait_for_function("window.Reveal && Reveal.isReady()")
    total = tab.evaluate("Reveal.getTotalSlides()")
    for place in range(total):
        right, foot, left, text = tab.evaluate(EDGES)
        assert right <= WIDTH - 20 and foot <= HEIGHT - 8 and left >= 20, (place + 1, text)
        tab.evaluate("Reveal.next()")
    assert tab.evaluate("Reveal.isLastSlide()") and total > 30
    assert not wrong
    tab.close()


def test_an_answer_comes_with_the_next_press(decks: Callable[[str], Path], chromium: Any) -> None:
    tab = chromium.new_page()
    tab.goto(decks("00").as_uri())
    tab.wait_for_function("window.Reveal && Reveal.isReady()")
    while "fragment told" not in tab.evaluate("Reveal.getCurrentSlide().innerHTML"):
        tab.evaluate("Reveal.next()")
    shown = "getComputedStyle(Reveal.getCurrentSlide().querySelector('.why')).visibility"
    assert tab.evaluate(shown) == "hidden"
    tab.keyboard.press("ArrowDown")
    assert tab.evaluate(shown) == "visible"
    assert tab.evaluate("Reveal.getCurrentSlide().querySelectorAll('.told.visible').length") == 1
    notes = tab.evaluate("Reveal.getPlugin('notes') !== undefined")
    assert notes
    tab.close()
