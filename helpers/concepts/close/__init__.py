"""Notebook 07: what close and shutdown send, and when."""

from __future__ import annotations

from helpers.concepts import find, names_of

TYPE_CHECKING = False  # typing itself would cost each lab four milliseconds
if TYPE_CHECKING:
    from typing import Any

_FILES = {
    "endings": ("ending_table", "play_endings"),
    "holders": ("Holders",),
    "paths": ("path_table",),
    "figures.arrivals": ("arrivals",),
    "figures.references": ("references",),
    "figures.statepath": ("state_path",),
    "closing": ("FINISH",),
    "leaking": ("LEAK",),
}


def __getattr__(name: str) -> Any:
    return find(__name__, _FILES, name)


def __dir__() -> list[str]:
    return names_of(__name__, _FILES)
