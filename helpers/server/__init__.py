"""The server under study at every stage, from the article's eight lines to one that may run.

Each is a whole plain program in a file of its own, and differs from the one before it by what a
notebook has taught: ``lab.server.run(server.eight_lines)`` in a lab, and
``python -m helpers.server eight-lines`` from a shell. Nothing here knows of the lab.
"""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Callable
from typing import Any

from helpers.server.addressed import addressed
from helpers.server.announced import announced
from helpers.server.bare import bare
from helpers.server.by_lines import by_lines
from helpers.server.eight_lines import eight_lines
from helpers.server.finished import finished
from helpers.server.impatient import impatient
from helpers.server.looping import looping

Stage = Callable[..., Any]
# In their order: notebook 01 begins with the first and ends with the second, and so on.
STAGES: tuple[Stage, ...] = (
    bare,
    eight_lines,
    addressed,
    announced,
    looping,
    impatient,
    by_lines,
    finished,
)


class Difference:
    """What the next stage has, ``+``, and has not, ``-``. As the last line of a cell it prints."""

    def __init__(self, old: Stage, new: Stage) -> None:
        self.old, self.new = old, new

    def __repr__(self) -> str:
        old, new = _source(self.old), _source(self.new)
        _, _, _, *lines = difflib.unified_diff(old, new, n=1, lineterm="")
        return "\n".join("   ..." if line.startswith("@@") else line for line in lines)


def difference(stage: Stage) -> Difference:
    """From one stage to the next, from the two sources."""
    return Difference(stage, STAGES[STAGES.index(stage) + 1])


def _source(stage: Stage) -> list[str]:
    """The program without the sentence at the head of its file."""
    module = inspect.getmodule(stage)
    text = inspect.getsource(module) if module else inspect.getsource(stage)
    return text.partition('"""\n\n')[2].splitlines()
