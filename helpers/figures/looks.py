"""The looks that all figures share: colours by meaning, the white halo, the frame of a picture.

Each colour has one meaning, which ``KEY`` tells. What is read on white has a contrast of 4.5 or
more, an area that counts something 3 or more. Colours that stand side by side differ for readers
with the three common colour blindnesses, or a word stands at each: at every packet and every state.
"""

from __future__ import annotations

import textwrap
import threading
from collections.abc import Iterator, Sized
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from helpers.errors import LabError
from helpers.figures import showing

if TYPE_CHECKING:
    import matplotlib.axes
    from matplotlib.figure import Figure

# A name for the type alone: whoever imports a picture does not import matplotlib with it.
Axes: TypeAlias = "matplotlib.axes.Axes"
STYLE = Path(__file__).with_name("lesson.mplstyle")
# What a packet does, and what became of it: it opens a connection, it ends one in order, it carries
# data, it only acknowledges; something failed or was lost; a cookie stands for memory.
OPENS, ENDS, DATA, PLAIN = "#8F6400", "#C8440E", "#1F2329", "#6A707A"
FAILS, COOKIE = "#A8123E", "#7B4BA0"
FURNITURE, FAINT, TEXT, PAPER = "#C9CDD3", "#ECEEF1", "#2B2F36", "#FFFFFF"
SYN_QUEUE, ACCEPT_QUEUE, BUFFER = "#B98500", "#0B7A5B", "#3F7FCC"
GOOD, BAD, TICK, OPENING = "#79C7A6", "#E8956B", "#0B5C43", "#F3D35C"
_LETTERS = {SYN_QUEUE: OPENS, BUFFER: "#2F6DB3"}  # darker, for words
DASHES = (0, (4, 3))
# Sizes of letters in points, which is what they are on a page. Those of DejaVu Sans are high: its x
# at 13 points is that of 14 points of Arial, and of 16 points of Times.
SMALL, LABEL, TITLE = 11.5, 13.0, 15.0
CODE = 12.0  # of DejaVu Sans Mono
# The most that a picture may be to be looked at together, in inches: 900 by 600 pixels.
WIDE, HIGH = 9.375, 6.25
TITLE_ROOM, TITLE_GAP = 0.27, 0.12  # inches for a line of the title, and below it
_TITLE_LETTER = 0.137  # inches: bold DejaVu Sans at 15 points, on average and with a little room
MONO = "DejaVu Sans Mono"
HALO = 5.0  # points of white around the letters of a label
# The style is set for the whole process: a panel may draw in a thread beside a running cell.
_ONE_AT_A_TIME = threading.RLock()
# Pictures that are drawn and not shown yet, and how many blocks are still drawing on them.
_finished: list[tuple[Axes, str, str]] = []
_unfinished: list[bool] = []

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

# What each colour means. The card of notebook 00 shows it, and no other picture has a legend.
KEY = {
    "packets": {
        "opens": OPENS, "ends": ENDS, "fails, lost": FAILS, "data": DATA, "only ACK": PLAIN,
        "cookie": COOKIE,
    },
    "states": {
        "listens": STATES["LISTEN"], "opening": OPENING, "open": GOOD,
        "closes first": STATES["FIN-WAIT-2"], "closes second": STATES["LAST-ACK"],
        "TIME-WAIT": STATES["TIME-WAIT"],
    },
    "waiting": {
        "SYN queue": SYN_QUEUE, "accept queue": ACCEPT_QUEUE, "unread bytes": BUFFER,
    },
}  # fmt: skip


def letters(colour: str) -> str:
    """The colour for words that name an area of ``colour``: dark enough to be read on white."""
    return _LETTERS.get(colour, colour)


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
    title: str,
    alt: str,
    margin: float = 0.01,
    within: tuple[float, float, float, float] | None = None,
) -> Iterator[Axes]:
    """What every picture begins and ends with: axes to draw on, in the style of the lesson.

    Given axes stay where they are, without a title. New ones are on a figure of that size in
    inches, with room above for the ``title``, which says what to see; under a notebook's cell it
    shows at the end of the block, unless an error ended it. ``alt`` is what a reader is told who
    cannot see it: a sentence or more, with what the picture shows in this very run.

    ``within`` says that there is an axis to read, and where: left, foot, right and top, the foot
    in inches for the words below it, the others as parts of the figure below its title. Without
    it there is no axis, and the picture fills all but the margin.
    """
    own = ax is None
    with lesson():
        if ax is None:
            above = TITLE_ROOM * len(lines(title, width)) + (TITLE_GAP if title else 0.0)
            ax = _fresh(width, height + above)
            left, foot, right, top = within or (margin, margin * height, 1 - margin, 1 - margin)
            whole = height + above
            ax.set_position((left, foot / whole, right - left, (top * height - foot) / whole))
            _write_title(ax, title, width)
        if within is None:
            ax.set_axis_off()
        ax.spines[["top", "right"]].set_visible(False)
        yield ax
        if own:
            _finished.append((ax, title, alt))
            if not _unfinished:
                _show()


@contextmanager
def unfinished() -> Iterator[None]:
    """Inside the block a new picture is not shown yet, for more is drawn on it."""
    _unfinished.append(True)
    try:
        yield
    except BaseException:
        _finished.clear()
        raise
    finally:
        _unfinished.pop()
    if not _unfinished:
        with lesson():
            _show()


def lines(title: str, width: float) -> list[str]:
    """The title in as many lines as a picture of that width in inches needs."""
    return textwrap.wrap(title, max(12, int(width / _TITLE_LETTER)), break_on_hyphens=False)


def _write_title(ax: Axes, title: str, width: float) -> None:
    figure: Any = ax.figure
    high = figure.get_size_inches()[1]
    for n, line in enumerate(lines(title, width)):
        figure.text(0.06 / width, 1 - (0.06 + n * TITLE_ROOM) / high, line, ha="left", va="top",
                    size=TITLE, weight="bold", color=TEXT, gid="title")  # fmt: skip


def _show() -> None:
    while _finished:
        ax, title, alt = _finished.pop(0)
        showing.show(cast("Figure", ax.figure), title, alt)


def _fresh(width: float, height: float) -> Axes:
    """On a figure that nobody owns but the caller: a program that draws a hundred keeps none."""
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), dpi=100, facecolor=PAPER).add_subplot()
