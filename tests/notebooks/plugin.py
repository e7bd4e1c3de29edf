"""For pytest: runs the notebooks with nbval where there may be no wire.

Loaded by ``pytest -p tests.notebooks.plugin --nbval notebooks``. Where the kernel forbids
network namespaces, or where TCP_LAB_BENCH=1 asks for that, code cells tagged ``wire`` are
skipped, and the notebooks' kernels are told to work in bench mode without announcing it; one tagged
``bench-differs`` runs there too, and shows another text. What a cell tagged ``kernel`` shows is
compared only where this kernel does as the recording one.
"""

from __future__ import annotations

import os
import tempfile
from typing import Any

import pytest

from helpers import Lab, NotPermitted
from tests.notebooks import kernels

REASON = "needs the wire: this kernel forbids network namespaces, or TCP_LAB_BENCH=1 is set"
DIFFERS = "bench-differs"
_profile = pytest.StashKey["tempfile.TemporaryDirectory[str]"]()


def bench() -> bool:
    """Whether the notebooks are to run in bench mode."""
    return os.environ.get("TCP_LAB_BENCH", "") not in ("", "0")


def pytest_configure(config: pytest.Config) -> None:
    """Find out once, in the first process; the others and all kernels inherit the answer."""
    if hasattr(config, "workerinput"):
        return
    import matplotlib.font_manager  # noqa: F401  a first run builds a cache, and warns about it

    os.environ.pop("MPLBACKEND", None)
    config.stash[_profile] = tempfile.TemporaryDirectory()
    os.environ["IPYTHONDIR"] = config.stash[_profile].name  # no start-up files of the reader's
    if bench() or not permitted():
        os.environ["TCP_LAB_BENCH"] = "quiet"


def permitted() -> bool:
    """Whether the kernel lets a lab have its namespaces."""
    try:
        Lab(bench=False).close()
    except NotPermitted:
        return False
    return True


def pytest_unconfigure(config: pytest.Config) -> None:
    """Remove the kernels' profile."""
    if _profile in config.stash:
        config.stash[_profile].cleanup()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what needs the wire where there is none, and compare what this kernel can show."""
    for item in items:
        cell = getattr(item, "cell", None)
        tags = cell.metadata.get("tags", []) if cell is not None else []
        if bench() and "wire" in tags:
            item.add_marker(pytest.mark.skip(reason=REASON))
        elif bench() and DIFFERS in tags:
            _compare_nothing(item)
        elif kernels.TAG in tags:
            _compare_where_recorded(item)


def _compare_where_recorded(item: Any) -> None:
    notebook = item.parent.nb
    if not kernels.as_recorded(kernels.room_of(notebook), notebook.metadata.recorded_on):
        _compare_nothing(item)


def _compare_nothing(item: Any) -> None:
    """The text may be another one, but an error is an error."""
    item.options |= {"check": False, "check_exception": False}
