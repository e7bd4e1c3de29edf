"""Notebook 04: how long the queue of a listener is, and who empties it."""

from __future__ import annotations

from helpers.concepts import find, names_of

TYPE_CHECKING = False  # typing itself would cost each lab four milliseconds
if TYPE_CHECKING:
    from typing import Any

_FILES = {
    "steps": ("staircase", "staircase_table", "under_cap"),
    "bursts": ("burst", "burst_table", "start_bursts"),
    "kernels": ("linear_waits", "schedule", "set_linear", "three_syns"),
    "schemes": ("accept_cost", "scheme_table", "worker_schemes"),
    "racing": ("race",),
    "syns": ("attempt_table", "syn_times", "watch_syns"),
    "late": ("late_client",),
    "figures.spike": ("spike",),
    "figures.stairs": ("backlogs", "stairs"),
    "figures.schedule": ("attempts",),
    "figures.crowds": ("crowds",),
    "figures.workers": ("cost_table", "costs", "crews"),
    "accepting": ("ACCEPTS",),
    "planning": ("PLANS",),
}


def __getattr__(name: str) -> Any:
    return find(__name__, _FILES, name)


def __dir__() -> list[str]:
    return names_of(__name__, _FILES)
