"""Keeps IPython's memory of a notebook's outputs from keeping a lab.

``Out``, ``_`` and ``_5`` would hold a lab that was a cell's last line, and the traceback of the
last error the frames of the lab's own methods. After each cell a name that stays valid as long
as the lab does takes the lab's place in the first, and those frames are cleared.

Sources: IPython.core.displayhook (update_user_ns), IPython.core.events (post_run_cell).
"""

from __future__ import annotations

import re
import sys
import weakref
from typing import Any

from helpers.errors import LabError
from helpers.lab import reader
from helpers.lab.belonging import CLOSED

_OUTPUT = re.compile(r"_{1,3}|_\d+")
_watched: weakref.WeakSet[Any] = weakref.WeakSet()


class Shown:
    """What stands in ``Out`` for a lab: it is the lab as long as that has a name elsewhere."""

    def __init__(self, lab: object) -> None:
        self._lab, self._text = weakref.ref(lab), repr(lab)

    def __getattr__(self, name: str) -> Any:
        lab = self._lab()
        if lab is None:
            raise LabError(CLOSED)
        return getattr(lab, name)

    def __repr__(self) -> str:
        lab = self._lab()
        return repr(lab) if lab is not None else f"{self._text[:-1]}, closed>"


def watch(kind: type) -> None:
    """Look after IPython's outputs of this ``kind`` from now on; without IPython, nothing."""
    found = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    if found is not None and found not in _watched:
        _watched.add(found)
        found.events.register("post_run_cell", lambda result: _after(found, result, kind))


def _after(shell: Any, result: Any, kind: type) -> None:
    shown = _without(result.result, kind)
    if shown is not result.result:
        _replace(shell, result.result, shown)
        result.result = shown
    if result.error_in_exec is not None:
        _clear(result.error_in_exec)


def _without(value: Any, kind: type) -> Any:
    """``value`` with ``Shown`` in the place of labs, also in a tuple such as ``lab, side``."""
    if isinstance(value, kind):
        return Shown(value)
    if type(value) is tuple and any(isinstance(v, kind) for v in value):
        return tuple(_without(v, kind) for v in value)
    return value


def _replace(shell: Any, value: Any, shown: Any) -> None:
    for space in (shell.user_ns, shell.user_ns_hidden, shell.user_ns.get("_oh", {})):
        for name in [n for n, v in space.items() if v is value]:
            if isinstance(name, int) or _OUTPUT.fullmatch(name):
                space[name] = shown
    for name in ("_", "__", "___"):
        if getattr(shell.displayhook, name, None) is value:
            setattr(shell.displayhook, name, shown)


def _clear(error: BaseException | None) -> None:
    """Clear the frames of the lab's own methods; those of a reader's functions stay."""
    while error is not None:
        reader.clear(error.__traceback__)
        error = error.__cause__ or error.__context__
