"""Notebook 03: which port the kernel chooses when none is named."""

from __future__ import annotations

from helpers.concepts import find, names_of

TYPE_CHECKING = False  # typing itself would cost each lab four milliseconds
if TYPE_CHECKING:
    from typing import Any

_FILES = {
    "ephemeral": ("chosen_ports", "exhaust", "exhaust_table", "ports_table"),
    "figures": ("exhaustion", "odd_and_even"),
    "taking": ("in_use",),
    "finding": ("LISTENER",),
    "counting": ("HOW_MANY",),
}


def __getattr__(name: str) -> Any:
    return find(__name__, _FILES, name)


def __dir__() -> list[str]:
    return names_of(__name__, _FILES)
