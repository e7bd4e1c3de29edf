"""Drives JupyterLab in a headless browser, as a student would."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or ""
_FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
_ADDRESS = re.compile(r"http://127\.0\.0\.1:\d+/lab\?token=\w+")


@contextmanager
def server(folder: Path) -> Iterator[str]:
    """JupyterLab as ``make lab`` starts it, above the ``folder`` with a reader's copies and what is
    remembered of him; yields its address with the token."""
    command = [
        sys.executable, "-m", "jupyterlab", "--no-browser", "--ServerApp.ip=127.0.0.1",
        "--ServerApp.port=0", f"--ServerApp.root_dir={folder.parent}", "--LabApp.news_url=None",
        *(["--allow-root"] if os.getuid() == 0 else []),
    ]  # fmt: skip
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "JUPYTER_PREFER_ENV_PATH": "1"}
    environment["JUPYTER_CONFIG_DIR"] = str(folder / ".config")
    environment["IPYTHONDIR"] = str(folder / ".ipython")
    environment["TCP_LAB_PROGRESS"] = str(folder / "progress.jsonl")
    log = folder / "server.log"
    with log.open("w") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out, env=environment, cwd=folder)
        try:
            yield _wait_for_address(log, process)
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait_for_address(log: Path, process: subprocess.Popen[bytes]) -> str:
    limit = time.monotonic() + 40
    while not (found := _ADDRESS.search(log.read_text())):
        assert process.poll() is None and time.monotonic() < limit, log.read_text()
        time.sleep(0.05)
    return found[0]


@contextmanager
def browser(width: int, height: int) -> Iterator[Any]:
    """A headless Chromium, whose tabs have what JupyterLab loads in common, as a window's have."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        chromium = play.chromium.launch(executable_path=CHROMIUM, args=_FLAGS)
        try:
            yield chromium.new_context(viewport={"width": width, "height": height})
        finally:
            chromium.close()


_SEEN = """() => {
    const view = document.querySelector(".jp-WindowedPanel-outer").getBoundingClientRect();
    const seen = box => box.height && box.bottom > view.top && box.top < view.bottom;
    return [...document.querySelectorAll(".jp-Notebook .jp-Cell")]
        .filter(cell => seen(cell.getBoundingClientRect())).map(cell => cell.innerText);
}"""
_INDICATOR = ".jp-Notebook-ExecutionIndicator[data-status=idle]"


class Notebook:
    """One notebook, open in a tab of its own."""

    def __init__(self, browser: Any, address: str, path: Path) -> None:
        self.path = path
        self.page = browser.new_page()
        where = address.replace("/lab?", f"/lab/tree/{path.parent.name}/{path.name}?") + "&reset"
        self.page.goto(where)
        self.page.wait_for_selector(".jp-Notebook .jp-Cell", timeout=40_000)
        # The toolbar says idle before a kernel is there; the status bar does not.
        self.page.wait_for_selector(r"text=/ipykernel\) \| Idle/", timeout=60_000)

    def first_screen(self) -> str:
        """The text of the cells of which anything can be seen, as it is shown."""
        texts: list[str] = self.page.evaluate(_SEEN)
        return "\n".join(texts)

    def command(self, name: str) -> None:
        """One of JupyterLab's own commands, by its menu."""
        menu, item = name.split(" > ")
        self.page.click(f".lm-MenuBar-itemLabel:text-is('{menu}')")
        self.page.click(f".lm-Menu-itemLabel:text-is('{item}')")

    def run_all(self) -> None:
        """Run > Run All Cells, and wait until the kernel has nothing left to do."""
        self.command("Run > Run All Cells")
        self.saved_when(lambda cells: all(c["execution_count"] for c in cells))

    def saved_when(self, done: Any, seconds: int = 60) -> list[dict[str, Any]]:
        """Save again and again until the code cells on disk are as ``done`` wants them."""
        limit = time.monotonic() + seconds
        while True:
            self.page.keyboard.press("Control+s")
            cells = self.cells()
            idle = self.page.query_selector(_INDICATOR)
            if idle and done(cells):
                return cells
            assert time.monotonic() < limit, f"{self.path.name}: not as wanted in {seconds} s"
            self.page.wait_for_timeout(200)

    def shows(self, source: str, output: str) -> None:
        """Save until the code cell with ``source`` has ``output`` on disk."""
        self.saved_when(
            lambda cells: any(
                source in "".join(c["source"]) and output in str(c["outputs"]) for c in cells
            )
        )

    def cells(self) -> list[dict[str, Any]]:
        """The code cells as they are on disk; an unfinished file is read again."""
        for _ in range(100):
            try:
                cells = json.loads(self.path.read_text())["cells"]
            except json.JSONDecodeError:
                self.page.wait_for_timeout(20)
                continue
            return [c for c in cells if c["cell_type"] == "code"]
        raise AssertionError(f"{self.path.name} is not a notebook any more")

    def cell_with(self, text: str) -> Any:
        """The code cell that has this text in it."""
        return self.page.locator(".jp-CodeCell", has_text=text).first

    def run_cell(self, text: str) -> None:
        """Click into a cell and press Control and Enter."""
        cell = self.cell_with(text)
        cell.locator(".cm-content").first.click()
        self.page.keyboard.press("Control+Enter")

    def retype(self, text: str, new: str) -> None:
        """Replace the whole text of a cell by typing, and run it."""
        self.cell_with(text).locator(".cm-content").first.click()
        self.page.keyboard.press("Control+a")
        self.page.keyboard.insert_text(new)
        self.page.keyboard.press("Control+Enter")

    def close(self) -> None:
        """Shut the kernel down and close the tab."""
        self.page.close()


def errors(cells: list[dict[str, Any]]) -> list[str]:
    """The errors in cells that are not meant to show one."""
    return [
        f"{o['ename']}: {o['evalue']}"
        for c in cells
        if "raises-exception" not in c["metadata"].get("tags", [])
        for o in c["outputs"]
        if o["output_type"] == "error"
    ]
