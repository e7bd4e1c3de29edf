"""Notebook 06: what recv returns of a stream, and how to read messages from it."""

from __future__ import annotations

from helpers.concepts import find, names_of

TYPE_CHECKING = False  # typing itself would cost each lab four milliseconds
if TYPE_CHECKING:
    from typing import Any

_FILES = {
    "reads": ("read_runs",),
    "segments": ("shifted",),
    "kernels": ("room", "said"),
    "figures.barcode": ("barcode", "barcode_table"),
    "figures.stream": ("stream", "stream_table"),
    "figures.timeline": ("timeline", "timeline_table"),
    "figures.window": ("window", "window_table"),
    "reading": ("LINES", "MESSAGES", "RECV_EXACTLY"),
}


def __getattr__(name: str) -> Any:
    return find(__name__, _FILES, name)


def __dir__() -> list[str]:
    return names_of(__name__, _FILES)
