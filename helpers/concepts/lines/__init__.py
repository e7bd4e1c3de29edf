"""Notebook 00: the eight lines, and which of them the network notices."""

from __future__ import annotations

from helpers.concepts import find, names_of

TYPE_CHECKING = False  # typing itself would cost each lab four milliseconds
if TYPE_CHECKING:
    from typing import Any

_FILES = {"reading": ("card", "card_table", "scenes", "sends")}


def __getattr__(name: str) -> Any:
    return find(__name__, _FILES, name)


def __dir__() -> list[str]:
    return names_of(__name__, _FILES)
