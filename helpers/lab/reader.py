"""Ends a traceback at the reader's own line: what follows in it is the apparatus.

The kernel's errors are the lesson, and so are those of the lab; how the lab came to raise them is
not. Anything else that is raised in here is a defect, and is shown whole.

Source: IPython's documentation, ``set_custom_exc``. IPython hides frames with
``__tracebackhide__`` too, but never the last one.
"""

from __future__ import annotations

import sys
from pathlib import Path
from types import TracebackType
from typing import Any

from helpers.errors import LabError

FAULTS = (LabError, OSError)
_HELPERS = f"{Path(__file__).parents[1]}/"


def attach() -> None:
    """From now on, in IPython, errors of these kinds end where the reader called."""
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    if shell is not None and not shell.custom_exceptions:
        shell.set_custom_exc(FAULTS, show)


def show(shell: Any, kind: Any, error: Any, tb: Any, tb_offset: Any = None) -> None:
    """What IPython calls with an error of a cell."""
    own = until_ours(tb) if isinstance(error, FAULTS) else tb
    shell.showtraceback((kind, error.with_traceback(own), own), running_compiled_code=True)
    if own is not tb:
        clear(tb)  # IPython still has them, and they would keep a lab


def clear(tb: TracebackType | None) -> None:
    """Empty the frames of this package; those of a reader's functions stay."""
    while tb is not None:
        if tb.tb_frame.f_code.co_filename.startswith(_HELPERS):
            tb.tb_frame.clear()
            # Whoever has read f_locals left a copy of it in the frame, which clear() does not
            # empty and the next reading does: measured on 3.11, one lab for each error.
            len(tb.tb_frame.f_locals)
        tb = tb.tb_next


def until_ours(tb: TracebackType | None) -> TracebackType | None:
    """The part of a traceback before it enters this package; all of it if it begins here."""
    first, frames = tb, []
    while tb is not None and not tb.tb_frame.f_code.co_filename.startswith(_HELPERS):
        frames.append(tb)
        tb = tb.tb_next
    kept: TracebackType | None = None
    for each in reversed(frames):
        kept = TracebackType(kept, each.tb_frame, each.tb_lasti, each.tb_lineno)
    return kept or first
