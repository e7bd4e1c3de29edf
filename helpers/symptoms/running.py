"""Runs a row: ``symptom("…")`` finds it, plays it, and shows what was printed with what helps."""

from __future__ import annotations

import importlib
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from helpers.errors import LabError, NotPermitted
from helpers.lab.standin import WHERE
from helpers.record.trace import Trace
from helpers.symptoms.finding import find, listing
from helpers.symptoms.play import Play
from helpers.symptoms.rows import HOME, Row

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_WIDTH = 92
PAGE = HOME.parents[1] / "notebooks" / "symptoms.md"


@dataclass(frozen=True)
class Shown:
    """A row that was played: it prints as its message, its tables, causes, and what helps.

    ``printed`` is what the play printed, the same in every run; ``traces`` has the record of each
    of its labs, which are closed, and ``trace`` the last one.
    """

    row: Row
    printed: str
    traces: tuple[Trace, ...]

    @property
    def trace(self) -> Trace:
        """The record of its last lab; ``str`` of it is the text twin of the ladder."""
        return self.traces[-1]

    def ladder(self) -> Axes:
        """Draw ``trace`` as a ladder."""
        from helpers.figures.ladder import ladder

        return ladder(self.trace)

    def __repr__(self) -> str:
        row = self.row
        causes = [_filled(f"{n}. {cause}", 3) for n, cause in enumerate(row.causes, 1)]
        return "\n".join(
            [
                self.printed,
                "",
                _filled(f"In this lab: {row.made}"),
                "",
                "Look at first:",
                *causes,
                _filled(f"To tell them apart: {row.tell}"),
                _filled(f"What helps: {row.helps}"),
                *[f"Read on: {link}" for link in row.see],
            ]
        )


@dataclass(frozen=True)
class Several:
    """More than one row has the text that was asked for; prints as a list of them."""

    asked: str
    rows: tuple[Row, ...]

    def __repr__(self) -> str:
        head = f"{len(self.rows)} rows have {self.asked!r}; ask for one by its short name:"
        return f"{head}\n{listing(list(self.rows))}"


def symptom(text: str) -> Shown | Several:
    """Build the smallest lab that shows this message; prints it, and says what it is.

    ``text`` is any part of the message, an errno's name (``EADDRINUSE``), or a row's short name.
    If several rows have it, they are listed. Takes up to two seconds, in labs of its own that are
    closed afterwards. Raises ``LabError`` if no row has it, naming the nearest, and
    ``NotPermitted`` in bench mode for a row that needs the wire.
    """
    found = find(text)
    return run(found[0]) if len(found) == 1 else Several(text, tuple(found))


def run(row: Row) -> Shown:
    """Play one row."""
    act = play_of(row)
    play = Play()
    try:
        act(play)
        traces = tuple(lab.trace for lab in play.labs)
    except NotPermitted as error:
        why, where = str(error).partition(". ")[0], WHERE.replace("see", "See", 1)
        raise NotPermitted(f"{row.name} cannot be shown here ({why}). {where}") from None
    finally:
        play.close()
    if row.message not in play.text:
        raise LabError(f"the play of {row.name} did not print {row.message!r}, but: {play.text}")
    return Shown(row, play.text, traces)


def play_of(row: Row) -> Callable[[Play], None]:
    """The function that plays a row: of its family's file, named like it."""
    family = importlib.import_module(f"helpers.symptoms.{row.family}")
    found: Callable[[Play], None] = getattr(family, row.name.replace("-", "_"))
    return found


def _filled(text: str, indent: int = 0) -> str:
    return textwrap.fill(
        text,
        _WIDTH,
        subsequent_indent=" " * indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
