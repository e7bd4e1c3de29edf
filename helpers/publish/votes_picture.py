"""Draws the votes on one question: for each choice a bar for the first vote and one for the last.

The first is an outline, the last is filled, and a tick stands before what is right: nothing of it
needs colour.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING

from helpers.errors import LabError
from helpers.figures import looks
from helpers.learning.question import Question, letter

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_WIDE, _TEXT, _BARS = looks.WIDE, 5.0, 3.8  # inches: all of it, the choices, the longest bar
_ROW = 0.66  # inches: a choice
_KEY = "outline: first, before the run     filled: at last     ✓ right"


def draw(
    question: Question, first: Sequence[int], last: Sequence[int], ax: Axes | None = None
) -> Axes:
    """Two numbers for each choice of the question, in its order. Raises ``LabError`` for others."""
    if not len(first) == len(last) == len(question.choices):
        given = f"{len(first)} and {len(last)}"
        raise LabError(
            f"{question.key} has {len(question.choices)} choices, and was given {given} numbers"
        )
    title = question.by_itself.ask
    height = _ROW * len(first) + 0.4
    unit = _BARS / max(1, *first, *last)
    alt = _told(question, first, last)
    with looks.picture(ax, _WIDE, height, margin=0, title=title, alt=alt) as ax:
        ax.set(xlim=(0, _WIDE), ylim=(height, 0))
        for place, choice in enumerate(question.choices):
            top = place * _ROW
            _choice(ax, top, f"{letter(place)}  {choice.text}", right=choice.right)
            _bar(ax, top + 0.04, first[place], unit, filled=False, right=choice.right)
            _bar(ax, top + 0.29, last[place], unit, filled=True, right=choice.right)
        ax.text(0.1, height - 0.15, _KEY, va="center", size=looks.SMALL, color=looks.PLAIN)
    return ax


def _told(question: Question, first: Sequence[int], last: Sequence[int]) -> str:
    """The same in a sentence for each choice."""
    votes = (
        f"{letter(n)}{', which is right' if choice.right else ''}: {first[n]} first, {last[n]} last"
        for n, choice in enumerate(question.choices)
    )
    return f"Votes for each choice. {'; '.join(votes)}."


def _choice(ax: Axes, top: float, text: str, *, right: bool) -> None:
    lines = textwrap.wrap(text, 40, max_lines=2, placeholder=" …", subsequent_indent="     ")
    weight, colour = ("bold", looks.TICK) if right else ("normal", looks.TEXT)
    if right:
        ax.text(0.1, top + 0.27, "✓", va="center", size=looks.LABEL, color=colour)
    label = "\n".join(lines)
    ax.text(0.4, top + 0.27, label, va="center", size=looks.LABEL, color=colour, weight=weight)


def _bar(ax: Axes, top: float, number: int, unit: float, *, filled: bool, right: bool) -> None:
    from matplotlib.patches import Rectangle

    edge = looks.ACCEPT_QUEUE if right else looks.PLAIN
    face = edge if filled else looks.PAPER
    where = "last" if filled else "first"
    box = Rectangle((_TEXT, top), number * unit, 0.2, facecolor=face, edgecolor=edge, lw=1.3)
    box.set_gid(f"{where}:{number}")
    if number:
        ax.add_patch(box)
    at = _TEXT + number * unit + 0.1
    ax.text(at, top + 0.1, str(number), va="center", size=looks.SMALL, color=looks.TEXT)
