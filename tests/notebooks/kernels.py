"""Says whether a notebook's cells that are tagged ``kernel`` must show what is stored.

The text of such a cell depends on the kernel. It is compared where this kernel does what the one
that recorded the notebook does, as the table of the notebook's room has it; elsewhere the cell
must only run without an error.
"""

from __future__ import annotations

import importlib
import re
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


@cache
def as_recorded(room: str, recorded_on: str) -> bool:
    """Whether this kernel does in this room what the recording one does; measured once."""
    kernels = importlib.import_module(f"helpers.concepts.{room}.kernels")
    return bool(kernels.kind_here() == kernels.kind_of(release_of(recorded_on)))
