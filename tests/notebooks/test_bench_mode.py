"""Run All without a wire: every cell is run or stood in for, and nothing listens to a network."""

from __future__ import annotations

import os
import shutil
import subprocess
import threading
from pathlib import Path

import pytest

from tests.notebooks.execute import execute, read

NOTEBOOKS = sorted((Path(__file__).parents[2] / "notebooks").glob("0*.ipynb"))
# TCP_LAB_SLOW=1 asks for all; one in which nearly every cell needs the wire is always run.
CHOSEN = NOTEBOOKS if os.environ.get("TCP_LAB_SLOW") else NOTEBOOKS[5:6]


class Listeners:
    """Looks, again and again, at what listens on this machine."""

    def __init__(self) -> None:
        self.before = self._look()
        self.seen: set[str] = set()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def __enter__(self) -> Listeners:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._over.wait(0.05):
            self.seen |= self._look()

    @staticmethod
    def _look() -> set[str]:
        done = subprocess.run(["ss", "-tlnH"], capture_output=True, text=True, check=True)
        return {line.split()[3] for line in done.stdout.splitlines()}

    @property
    def open_to_others(self) -> list[str]:
        """Those of ``seen`` that a packet from another machine could reach."""
        return sorted(
            local
            for local in self.seen - self.before
            if not local.startswith(("127.", "[::1]:", "[::ffff:127.")) and "%lo:" not in local
        )


@pytest.mark.timeout(180)
@pytest.mark.parametrize("path", CHOSEN, ids=lambda path: path.stem)
def test_run_all_reaches_the_end_without_a_wire(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TCP_LAB_BENCH", "1")
    notebook = read(path)
    if shutil.which("ss") is None:
        execute(notebook, path.parent)
    else:
        with Listeners() as listeners:
            execute(notebook, path.parent)
        assert not listeners.open_to_others
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    for cell in cells:
        tags = set(cell.metadata.get("tags", ()))
        errors = [o.ename for o in cell.outputs if o.output_type == "error"]
        assert bool(errors) == ("raises-exception" in tags and "wire" not in tags), cell.source
        assert not [o for o in cell.outputs if o.get("name") == "stderr"], cell.outputs
    assert "show what was recorded with a wire" in cells[0].outputs[0].text
    shown = [o for cell in cells for o in cell.outputs if "recorded" in str(o.get("data", ""))]
    assert shown, "no stored output was shown"
