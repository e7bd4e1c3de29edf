"""Notebook 05: the SYN queue and the accept queue, and what passes through them."""

from __future__ import annotations

from helpers.concepts import find, names_of

TYPE_CHECKING = False  # typing itself would cost each lab four milliseconds
if TYPE_CHECKING:
    from typing import Any

_FILES = {
    "handshakes": ("answered_twice", "fates_table", "flood", "half_open", "spoofed"),
    "ghosts": ("ghost",),
    "kernels": ("syn_queue",),
    "figures.passage": ("passage", "passage_table"),
    "figures.fates": ("fates",),
    "filling": ("FILL",),
    "telling": ("WHAT_HAPPENED",),
}


def __getattr__(name: str) -> Any:
    return find(__name__, _FILES, name)


def __dir__() -> list[str]:
    return names_of(__name__, _FILES)
