"""Notebook 01 would notice: with each sabotage one of its cells fails.

The code cells are plain Python, so they run here one after another, in this process.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import matplotlib as mpl
import pytest
from matplotlib import pyplot

from helpers import restarts, timers
from helpers.errors import LabError
from helpers.mirror import Socket
from helpers.timers import Sample
from tests.conftest import REASON, namespaces_allowed

pytestmark = [pytest.mark.slow, pytest.mark.live]
NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "01_reuse_and_time_wait.ipynb"
Patch = pytest.MonkeyPatch


@pytest.fixture(autouse=True)
def no_windows() -> Iterator[None]:
    mpl.use("agg")
    yield
    pyplot.close("all")


def run(path: Path) -> None:
    """Execute the code cells; one that is meant to fail may."""
    space: dict[str, Any] = {"__name__": "notebook"}
    cells = [c for c in json.loads(path.read_text())["cells"] if c["cell_type"] == "code"]
    try:
        for cell in cells:
            tags = cell["metadata"].get("tags", [])
            if "source_hidden" in str(cell["metadata"]) or "check(" in "".join(cell["source"]):
                continue  # the exercises have tests of their own
            try:
                _execute("".join(cell["source"]), space)
            except OSError:
                assert "raises-exception" in tags and "wire" not in tags
    finally:
        if "lab" in space:
            space["lab"].close()


def _execute(source: str, space: dict[str, Any]) -> None:
    import linecache

    name = f"<cell {len(linecache.cache)}>"
    linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
    space["__name__"] = "__main__"
    exec(compile(source, name, "exec"), space)


def nothing(patch: Patch) -> None:
    pass


def the_option_is_silently_not_set(patch: Patch) -> None:
    real = Socket.setsockopt

    def setsockopt(self: Socket, level: int, option: int, value: int | bytes) -> None:
        if (level, option) != (1, 2):
            real(self, level, option, value)

    patch.setattr(Socket, "setsockopt", setsockopt)


def old_and_new_are_swapped(patch: Patch) -> None:
    real = restarts.play

    def play(lab: Any, name: str, port: int, old: bool, new: bool) -> Any:
        return real(lab, name, port, new, old)

    patch.setattr(restarts, "play", play)


def the_timer_says_120_seconds(patch: Patch) -> None:
    real = timers._samples

    def samples(*args: Any) -> Iterator[Sample]:
        for sample in real(*args):
            yield Sample(sample.at, sample.left + 60)

    patch.setattr(timers, "_samples", samples)


@pytest.mark.parametrize(
    ("sabotage", "words"),
    [
        (nothing, ""),
        (the_option_is_silently_not_set, r"F2|1\.4|no belief"),
        (old_and_new_are_swapped, "F2"),
        (the_timer_says_120_seconds, r"claim 1\.1|no belief"),
    ],
)
def test_sabotage(
    nothing_left: None, monkeypatch: Patch, sabotage: Callable[[Patch], None], words: str
) -> None:
    if not namespaces_allowed():
        pytest.skip(REASON)
    sabotage(monkeypatch)
    if not words:
        run(NOTEBOOK)
        return
    with pytest.raises((AssertionError, LabError, IndexError), match=words):
        run(NOTEBOOK)
