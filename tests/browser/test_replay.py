"""A replay in a real browser: mouse, keys, fingers; in JupyterLab, in Notebook 7, in a file."""

from __future__ import annotations

import importlib.util
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from helpers import Lab
from helpers.figures.kept import kept
from helpers.figures.replay import module, page, style, view_of
from tests.browser.jupyter import CHROMIUM, Notebook, browser, server
from tests.conftest import REASON, namespaces_allowed
from tests.scenes.stories import Story

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(150),
    pytest.mark.skipif(not CHROMIUM, reason="Chromium is not installed"),
    pytest.mark.skipif(
        importlib.util.find_spec("playwright") is None, reason="playwright is not installed"
    ),
]
RUN = (
    "listener = lab.server.socket()\nlistener.bind(('0.0.0.0', 8080))\nlistener.listen(1)\n"
    "client = lab.client.socket()\nclient.connect(('server', 8080))\n"
    "conn, _ = listener.accept()\nclient.sendall(b'hello, kernel')\nconn.recv(1024)\n"
)
CELLS = (
    "from helpers import Lab, debugger, replay\nlab = Lab()\n" + RUN,
    "replay(lab.trace)",
    "lab.close()",
    "panel = debugger()\npanel",
    "door = panel.lab.server.socket()\ndoor.bind(('0.0.0.0', 8080))\ndoor.listen(1)\n"
    "call = panel.lab.client.socket().start('connect', ('server', 8080))",
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A notebook for each front end, and a page."""
    if not namespaces_allowed():
        pytest.skip(REASON)
    made = tmp_path_factory.mktemp("replays")
    book = new_notebook(cells=[new_code_cell(cell) for cell in CELLS])
    book.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3 (ipykernel)"}
    for name in ("lab.ipynb", "seven.ipynb"):
        nbformat.write(book, made / name)
    with Lab() as lab:
        exec(RUN, {"lab": lab})
        piece = page(kept(lab.trace))
    (made / "page.html").write_text(f"<!doctype html><title>two</title>{piece}{piece}")
    return made


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    with browser(1500, 1000) as found:
        yield found


@pytest.fixture(scope="module")
def address(folder: Path) -> Iterator[str]:
    with server(folder) as found:
        yield found


@pytest.fixture
def file(chromium: Any, folder: Path) -> Iterator[Any]:
    """The page, from the disk; it asks no host for anything, and nothing in it fails."""
    tab, wrong = chromium.new_page(), []
    tab.on("request", lambda r: None if r.url.startswith("file:") else wrong.append(r.url))
    tab.on("pageerror", lambda error: wrong.append(str(error)))
    tab.goto((folder / "page.html").as_uri())
    tab.wait_for_selector(".tcp-replay .now .text")
    yield tab
    assert not wrong
    tab.close()


def first(page: Any) -> Any:
    return page.locator(".tcp-replay").first


def count(view: Any) -> str:
    return str(view.locator(".count").inner_text())


def test_keys_go_through_the_run(file: Any) -> None:
    view = first(file)
    end = count(view)
    last = int(end.split(" / ")[1])
    assert end == f"{last} / {last}" and last > 12
    view.locator("input").focus()
    file.keyboard.press("Home")
    assert count(view) == f"0 / {last}"
    assert view.locator(".now").inner_text() == "Before the first step"
    assert (
        view.locator("article .none").all_inner_texts()
        == ["no TCP socket that this run tells of"] * 2
    )
    seen = []
    for _ in range(last):
        file.keyboard.press("ArrowRight")
        seen.append(view.locator(".now .verb").first.inner_text())
    assert seen[:2] == ["server calls", "server calls"] and count(view) == end
    assert [s for s in seen if " " in s and s[0].isupper()] == [
        "SYN leaves", "SYN arrives", "SYN+ACK leaves", "SYN+ACK arrives", "ACK leaves",
        "ACK arrives", "ACK leaves", "ACK arrives",
    ]  # fmt: skip
    file.keyboard.press("ArrowLeft")
    assert count(view) == f"{last - 1} / {last}"
    file.keyboard.press("End")
    assert count(view) == end


def go_to(view: Any, verb: str) -> None:
    """Step from the beginning to where the live line says this."""
    view.locator(".first").click()
    for _ in range(60):
        if view.locator(".now .verb").first.inner_text() == verb:
            return
        view.locator(".next").click()
    raise AssertionError(f"no step of this run says {verb!r}")


def test_tables_and_queues_are_those_of_the_step(file: Any) -> None:
    view = first(file)
    host = view.locator("article[aria-label=server]")
    go_to(view, "SYN arrives")
    rows = host.locator("tbody tr").all_inner_texts()
    assert re.split(r"\s+", rows[1]) == [
        "SYN-RECV", "no", "process", "server:8080", "client:ephemeral", "0", "0"
    ]  # fmt: skip
    assert host.locator(".gauge").all_inner_texts() == ["SYN queue\n1", "accept queue\n0"]
    client = view.locator("article[aria-label=client]")
    assert "connect(server:8080) … has not returned" in client.inner_text()
    go_to(view, "ACK arrives")
    assert host.locator(".gauge").all_inner_texts() == ["SYN queue\n0", "accept queue\n1"]
    assert "connect(server:8080) has returned" in client.inner_text()


def test_the_curtain_hides_what_comes_later(file: Any) -> None:
    view = first(file)
    go_to(view, "SYN leaves")
    shown = view.locator(".words > g:not(.off)").all_text_contents()
    texts = [text.strip() for text in shown]
    assert "SYN" in texts and "connect(server:8080)" in texts
    assert not {"SYN+ACK", "SYN-RECV", "ESTAB"} & set(texts)
    assert view.locator(".flying").count() == 1
    view.locator(".last").click()
    assert view.locator(".words > g.off").count() == 0 == view.locator(".flying").count()


def test_tab_goes_to_packets_and_out_again(file: Any) -> None:
    view = first(file)
    view.locator("input").focus()
    names = []
    for _ in range(12):
        file.keyboard.press("Tab")
        if not view.evaluate("view => view.contains(document.activeElement)"):
            break
        names.append(file.evaluate("document.activeElement.getAttribute('aria-label')") or "")
        if names[-1].startswith("packet 2:"):
            assert view.locator(".packet h4").inner_text() == "SYN+ACK server > client"
            # It can be seen where the focus is.
            style = (
                "e => getComputedStyle(document.activeElement.querySelector('.hit')).strokeOpacity"
            )
            assert float(file.evaluate(style, None)) > 0.3
    else:
        raise AssertionError(f"Tab does not leave the view: {names}")
    assert [n.split(":")[0] for n in names if n.startswith("packet")] == [
        f"packet {n}" for n in range(1, 6)
    ]


def test_a_pointer_shows_every_field_and_its_bytes(file: Any) -> None:
    view = first(file)
    view.locator("[data-part='label:4']").hover()
    packet = view.locator(".packet")
    assert packet.locator("h4").inner_text() == "data client > server"
    fields = dict(
        zip(*(packet.locator(tag).all_inner_texts() for tag in ("dt", "dd")), strict=True)
    )
    assert fields["flags"] == "ACK PSH" and fields["destination port"] == "8080"
    assert re.fullmatch(r"1 +\(\d+\)", fields["sequence number"])
    assert fields["13 bytes"] == "b'hello, kernel'" and "timestamps" in fields
    assert "hello, kerne" in packet.locator(".bytes").inner_text()
    packet.locator("dt", has_text="13 bytes").hover()
    lit = packet.locator("b.lit").all_inner_texts()
    assert "".join(t for t in lit if len(t) == 1) == "hello, kernel" and len(lit) == 26
    view.locator(".first").click()
    assert packet.locator("h4").count() == 0


def test_a_finger_chooses_a_packet_until_the_next_step(chromium: Any, folder: Path) -> None:
    touch = chromium.browser.new_context(has_touch=True, viewport={"width": 430, "height": 900})
    tab = touch.new_page()
    tab.goto((folder / "page.html").as_uri())
    view = first(tab)
    assert tab.evaluate("document.documentElement.scrollWidth") <= 430
    view.locator("[data-part='label:2']").tap()
    assert view.locator(".packet h4").inner_text() == "SYN+ACK server > client"
    view.locator(".first").tap()
    assert view.locator(".packet h4").count() == 0
    touch.close()


def test_space_plays_and_stops(file: Any) -> None:
    view = first(file)
    view.locator(".first").click()
    view.locator("input").focus()
    file.keyboard.press("Space")
    assert view.locator(".play").get_attribute("aria-label") == "Pause"
    file.wait_for_function("document.querySelector('.count').textContent.startsWith('2 ')")
    file.keyboard.press("Space")
    assert view.locator(".play").get_attribute("aria-label") == "Play"


def test_two_views_of_one_run_share_no_id(file: Any) -> None:
    ids = file.evaluate("[...document.querySelectorAll('[id]')].map(e => e.id)")
    assert len(ids) == len(set(ids))
    one, other = file.locator(".tcp-replay").all()
    one.locator(".first").click()
    assert count(one).startswith("0 ") and not count(other).startswith("0 ")


def test_a_step_of_a_long_run_draws_nothing_again(chromium: Any, tmp_path: Path) -> None:
    """It moves the curtain and shows or hides words, so a step costs the same in any run; and what
    it comes to is in view."""
    story = Story()
    for _ in range(150):
        story.pass_("P.", 5)
    view = json.dumps(view_of(story.trace)).replace("<", "\\u003c")
    (tmp_path / "long.html").write_text(
        f'<!doctype html><div class="tcp-replay-page"><style>{style()}</style>'
        f'<script type="application/json">{view}</script>'
        f'<script type="module">{module()}showPages();</script></div>'
    )
    tab = chromium.new_page()
    tab.goto((tmp_path / "long.html").as_uri())
    long = first(tab)
    go_to(long, "data leaves")
    changed = long.evaluate(
        """async (view) => {
            const seen = [], watch = new MutationObserver((all) => seen.push(...all));
            const paper = view.querySelector(".paper"), names = ["class", "tabindex"];
            watch.observe(paper, { subtree: true, childList: true, attributeFilter: names });
            const before = paper.querySelectorAll("*").length;
            view.querySelector(".next").click();
            view.querySelector(".next").click();
            await null; // an observer is told behind what runs
            return [seen.length, paper.querySelectorAll("*").length - before];
        }""",
    )
    assert changed[0] < 40 and abs(changed[1]) <= 1
    assert count(long) == "3 / 300"
    long.locator("input").focus()
    for key in ("End", *["ArrowLeft"] * 3, "Home", "PageDown", "PageDown"):
        tab.keyboard.press(key)
        tab.wait_for_function("""() => {
            const [line, box] = [".curtain line", ".picture"].map((each) =>
                document.querySelector(each).getBoundingClientRect());
            return box.top <= line.top && line.top <= box.bottom + 1;
        }""")
    assert count(long) == "20 / 300"
    tab.close()


def ran(book: Notebook) -> Any:
    """Run all; the view under the second cell."""
    book.page.wait_for_selector(".tcp-replay .now .text", timeout=60_000)
    return book.page.locator(".tcp-replay").first


def test_in_jupyterlab(chromium: Any, address: str, folder: Path) -> None:
    """JupyterLab's keys are not ours, and ours not JupyterLab's; a restart ends no view."""
    book = Notebook(chromium, address, folder / "lab.ipynb")
    try:
        book.run_all()
        view = ran(book)
        tab, cells = book.page, book.page.locator(".jp-Cell")
        end, before = count(view), cells.count()
        view.locator(".picture").click(position={"x": 10, "y": 60})
        for key in ("Home", "ArrowDown", "b", "d", "d", "x", "ArrowRight"):
            tab.keyboard.press(key)
        assert count(view).startswith("2 / ") and cells.count() == before
        tab.keyboard.press("Control+s")
        book.shows("replay(lab.trace)", "SYN-RECV")
        (output,) = book.cells()[1]["outputs"]
        assert "image/png" in output["data"] and output["metadata"]["tcp-replay"]["format"] == 1
        # The debugger's own lab is open after lab.close(), and its view goes on from step to step.
        panel = tab.locator(".tcp-replay").nth(1)
        tab.click("button:has-text('next packet')")
        tab.wait_for_selector("text=passed: client > server S 0:0(0) win 64240")
        panel.locator("article .state:text-is('SYN-RECV')").wait_for()
        assert panel.locator(".gauge").all_inner_texts() == ["SYN queue\n1", "accept queue\n0"]
        book.command("Kernel > Restart Kernel…")
        tab.click(".jp-Dialog button:has-text('Restart')")
        tab.wait_for_selector(r"text=/ipykernel\) \| Idle/", timeout=60_000)
        view.locator(".last").click()
        view.locator(".picture").click(position={"x": 10, "y": 60})
        assert count(view) == end
        tab.keyboard.press("ArrowLeft")
        assert count(view) != end
    finally:
        book.close()


def test_in_notebook_7(chromium: Any, address: str, folder: Path) -> None:
    if importlib.util.find_spec("notebook") is None:
        pytest.skip("notebook is not installed")
    tab = chromium.new_page()
    tab.goto(address.replace("/lab?", f"/notebooks/{folder.name}/seven.ipynb?"))
    tab.wait_for_selector(".jp-Notebook .jp-Cell", timeout=40_000)
    tab.click(".lm-MenuBar-itemLabel:text-is('Run')")
    tab.click(".lm-Menu-itemLabel:text-is('Run All Cells')")
    tab.wait_for_selector(".tcp-replay .now .text", timeout=60_000)
    view, cells = first(tab), tab.locator(".jp-Cell").count()
    view.locator("input").focus()
    for key in ("Home", "ArrowRight", "d", "d", "b"):
        tab.keyboard.press(key)
    assert count(view).startswith("1 / ") and tab.locator(".jp-Cell").count() == cells
    tab.close()
