"""Says whether a notebook's cells that are tagged ``kernel`` must show what is stored.

The text of such a cell depends on the kernel. It is compared where this kernel does what the one
that recorded the notebook does, as the table of the notebook's room has it; elsewhere the cell
must only run without an error.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Mapping
from functools import cache
from typing import Any

TAG = "kernel"


def room_of(notebook: Any) -> str:
    """The room whose names a notebook uses: ``backlog``."""
    text = "\n".join("".join(cell["source"]) for cell in notebook["cells"])
    return re.findall(r"^from helpers\.concepts import (\w+)$", text, re.MULTILINE)[0]


def release_of(recorded_on: str) -> tuple[int, int]:
    """``Linux 6.18`` as numbers."""
    major, minor = recorded_on.removeprefix("Linux ").split(".")
    return int(major), int(minor)


def kind_of(kinds: Mapping[tuple[int, int], Any], release: tuple[int, int]) -> Any:
    """What kernels of a release do, by a room's table: ``(6, 18)``."""
    return kinds[max(since for since in kinds if since <= release)]


@cache
def as_recorded(room: str, recorded_on: str) -> bool:
    """Whether this kernel does in this room what the recording one does; measured once."""
    kernels = importlib.import_module(f"helpers.concepts.{room}.kernels")
    return bool(kernels.kind_here() == kind_of(kernels.KINDS, release_of(recorded_on)))
