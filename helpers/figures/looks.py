"""The looks that all figures share: colours by meaning, the white halo, the frame of a picture.

One strong colour stands for what begins or ends a connection. Data is dark, plain
acknowledgements are grey, and so is furniture. The state colours are the Okabe-Ito
palette made pale; they differ in lightness too, for readers and printers without colour.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator, Sized
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from helpers.errors import LabError

if TYPE_CHECKING:
    import matplotlib.axes
    from matplotlib.figure import Figure

# A name for the type alone: whoever imports a picture does not import matplotlib with it.
Axes: TypeAlias = "matplotlib.axes.Axes"
STYLE = Path(__file__).with_name("lesson.mplstyle")
STRONG, DATA, PLAIN = "#C8440E", "#1F2329", "#747A84"
FURNITURE, FAINT, TEXT, PAPER = "#C9CDD3", "#ECEEF1", "#2B2F36", "#FFFFFF"
SYN_QUEUE, ACCEPT_QUEUE, BUFFER = "#E0A100", "#0B7A5B", "#2F6DB3"
GOOD, BAD, TICK, OPENING = "#79C7A6", "#F0B79A", "#0B5C43", "#F3D35C"
DASHES = (0, (4, 3))
# Sizes of letters, in points.
TINY, FINE, NOTE, SMALL, LABEL, NAME, LARGE, TITLE = 8.5, 9.0, 9.5, 10.0, 10.5, 11.0, 12.0, 14.0
MONO = "DejaVu Sans Mono"
HALO = 5.0  # points of white around the letters of a label
# The style is set for the whole process: a panel may draw in a thread beside a running cell.
_ONE_AT_A_TIME = threading.RLock()

STATES = {
    "LISTEN": "#E3E6EA",
    "SYN-SENT": OPENING,
    "SYN-RECV": OPENING,
    "ESTAB": GOOD,
    "FIN-WAIT-1": "#F2A97E",
    "FIN-WAIT-2": "#E58A5B",
    "CLOSING": "#D9713F",
    "CLOSE-WAIT": "#A9B8E0",
    "LAST-ACK": "#7F93CC",
    "TIME-WAIT": "#B98AA8",
}


def state_colour(state: str) -> str:
    """The rail's colour for a state; grey for one that has none."""
    return STATES.get(state, FURNITURE)


def halo(width: float = HALO) -> list[Any]:
    """Path effects that put white behind a label, so that it can sit on a line."""
    from matplotlib.patheffects import withStroke

    return [withStroke(linewidth=width, foreground=PAPER)]


def patch() -> dict[str, Any]:
    """What a halo is to letters, for words with spaces: no speck of the line shows between."""
    return {"boxstyle": "square,pad=0.08", "facecolor": PAPER, "edgecolor": "none"}


@contextmanager
def lesson() -> Iterator[None]:
    """Apply the style inside the block, and nothing outside it."""
    from matplotlib import style

    with _ONE_AT_A_TIME, style.context(str(STYLE)):
        yield


def room(ax: Axes) -> tuple[float, float]:
    """How wide and how high these axes are, in inches."""
    return ax.bbox.width / ax.figure.dpi, ax.bbox.height / ax.figure.dpi


def inches(ax: Axes) -> tuple[float, float]:
    """How wide and how high one unit of these axes is, in inches of the figure as it is now."""
    width, height = room(ax)
    (left, right), (low, high) = ax.get_xlim(), ax.get_ylim()
    return width / abs(right - left), height / abs(high - low)


def need(found: Sized, missing: str) -> None:
    """Raise a ``LabError`` that says what is ``missing`` if there is nothing to draw."""
    if not found:
        raise LabError(f"there is nothing to draw: {missing}")


@contextmanager
def picture(
    ax: Axes | None,
    width: float,
    height: float,
    *,
    margin: float = 0.01,
    within: tuple[float, float, float, float] | None = None,
) -> Iterator[Axes]:
    """What every picture begins and ends with: axes to draw on, in the style of the lesson.

    Given axes stay where they are. New ones are on a figure of that size in inches, and show in a
    notebook's cell. ``within`` says that there is an axis to read, and where: left, foot, right
    and top, the foot in inches for the words below it, the others as parts of the figure. Without
    it there is no axis, and the picture fills all but the margin.
    """
    own = ax is None
    # Outside the style's context: the first figure of a notebook switches its backend on, and
    # the end of the context would switch it off again.
    ax = _fresh(width, height) if ax is None else ax
    with lesson():
        if own:
            left, foot, right, top = within or (margin, margin * height, 1 - margin, 1 - margin)
            ax.set_position((left, foot / height, right - left, top - foot / height))
        if within is None:
            ax.set_axis_off()
        ax.spines[["top", "right"]].set_visible(False)
        yield ax


def _fresh(width: float, height: float) -> Axes:
    """In IPython pyplot owns the new figure, shows it under its cell and then forgets it.

    Elsewhere nobody owns it but the caller: a program that draws a hundred keeps none of them.
    """
    size = width, height
    figure = _shown_by_ipython(size) if _in_ipython() else _nobodys(size)
    with lesson():
        return figure.add_subplot()


def _in_ipython() -> bool:
    module = sys.modules.get("IPython")
    return module is not None and module.get_ipython() is not None


def _shown_by_ipython(size: tuple[float, float]) -> Figure:
    """A figure of pyplot's; a cell may draw many, and stderr is no place to count them."""
    from matplotlib import pyplot, rcParams

    limit = rcParams["figure.max_open_warning"]
    rcParams["figure.max_open_warning"] = 0
    try:
        return pyplot.figure(figsize=size, dpi=100, facecolor=PAPER)
    finally:
        rcParams["figure.max_open_warning"] = limit


def _nobodys(size: tuple[float, float]) -> Figure:
    from matplotlib.figure import Figure

    return Figure(figsize=size, dpi=100, facecolor=PAPER)
