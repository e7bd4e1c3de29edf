"""Notebook 02: which address a server is bound to, and who reaches it."""

from __future__ import annotations

from helpers.concepts import find, names_of

TYPE_CHECKING = False  # typing itself would cost each lab four milliseconds
if TYPE_CHECKING:
    from typing import Any

_FILES = {
    "reachability": (
        "FOUR",
        "SIX",
        "TO_FOUR",
        "TO_SIX",
        "envelope_table",
        "reach_matrix",
        "reach_table",
        "read_envelopes",
    ),
    "sharing": ("neighbour_matrix", "neighbour_table"),
    "figures": ("envelopes", "neighbours", "reach"),
    "binding": ("BIND_TO",),
    "reaching": ("WHY_NOT",),
}


def __getattr__(name: str) -> Any:
    return find(__name__, _FILES, name)


def __dir__() -> list[str]:
    return names_of(__name__, _FILES)
