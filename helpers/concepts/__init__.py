"""One room for each notebook: what it plays and measures, its figures, exercises and texts.

No room imports another. ``from helpers.concepts import backlog``, then ``backlog.crowds(…)``: a
file of a room is opened when a name of it is first used. A host finds what runs inside it here
too, and must not load the figures with it (matplotlib: 42 ms and 13 MB for each process).
"""

from __future__ import annotations

from importlib import import_module

TYPE_CHECKING = False  # typing itself would cost each lab four milliseconds
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any


def find(room: str, files: Mapping[str, Sequence[str]], name: str) -> Any:
    """A name of a room: from the file that has it, or a question of its texts."""
    for file, names in files.items():
        if name in names:
            return getattr(import_module(f"{room}.{file}"), name)
    if name.isupper() and name in (found := _texts(room)):
        return found[name]
    raise AttributeError(f"{room} has no {name!r}; it has {', '.join(names_of(room, files))}")


def names_of(room: str, files: Mapping[str, Sequence[str]]) -> list[str]:
    """All names of a room, in the order of the alphabet."""
    return sorted([*_texts(room), *(name for names in files.values() for name in names)])


def _texts(room: str) -> Mapping[str, Any]:
    texts = import_module("helpers.learning.texts")  # not where a host looks for what it runs
    found: Mapping[str, Any] = texts.named(room.rpartition(".")[2])
    return found
