"""Notebook 01: why a port is still taken, by whom, and for how long."""

from __future__ import annotations

from helpers.concepts import find, names_of

TYPE_CHECKING = False  # typing itself would cost each lab four milliseconds
if TYPE_CHECKING:
    from typing import Any

_FILES = {
    "restarts": ("play", "restart_matrix", "restart_table"),
    "newcomers": ("newcomer_matrix", "newcomer_table"),
    "reconnects": ("reconnect_matrix", "reconnect_table"),
    "timers": ("SAID", "sample_timer", "watch"),
    "figures": ("matrix", "timer"),
    "restarting": ("RESTARTS",),
    "diagnosing": ("WHY",),
}


def __getattr__(name: str) -> Any:
    return find(__name__, _FILES, name)


def __dir__() -> list[str]:
    return names_of(__name__, _FILES)
