"""For pytest: how the workers of pytest-xdist share the tests.

Each test is handed out by itself, but for those of a file that has one kernel or one browser.
The marks that pytest-xdist has for this do nothing with pytest 9.2, silently: its version 3.8
writes them into an attribute of a test that is no longer read.
"""

from __future__ import annotations

import sys

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

# nbformat's checks would load 38 grammars for addresses that no notebook has: 1.7 s a process.
sys.modules["rfc3987_syntax"] = None  # type: ignore[assignment]


class Sharing(LoadScopeScheduling):
    """Deals what belongs together to one worker; the largest first."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return file if file.endswith(".ipynb") or "tests/browser/" in file else nodeid


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Sharing:
    """Take the place of what --dist would choose."""
    return Sharing(config, log)
