"""The looks that all figures share: colours by meaning, the white halo, a fresh canvas.

One strong colour stands for what begins or ends a connection. Data is dark, plain
acknowledgements are grey, and so is furniture. The state colours are the Okabe-Ito
palette made pale; they differ in lightness too, for readers and printers without colour.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes

STYLE = Path(__file__).with_name("lesson.mplstyle")
STRONG, DATA, PLAIN = "#C8440E", "#1F2329", "#8D939C"
FURNITURE, FAINT, TEXT, PAPER = "#C9CDD3", "#ECEEF1", "#2B2F36", "#FFFFFF"
SYN_QUEUE, ACCEPT_QUEUE, BUFFER = "#E0A100", "#0B7A5B", "#2F6DB3"

STATES = {
    "LISTEN": "#E3E6EA",
    "SYN-SENT": "#F3D35C",
    "SYN-RECV": "#F3D35C",
    "ESTAB": "#79C7A6",
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


def halo(width: float = 3.0) -> list[Any]:
    """Path effects that put white behind a label, so that it can sit on a line."""
    from matplotlib.patheffects import withStroke

    return [withStroke(linewidth=width, foreground=PAPER)]


@contextmanager
def lesson() -> Iterator[None]:
    """Apply the style inside the block, and nothing outside it."""
    from matplotlib import style

    with style.context(str(STYLE)):
        yield


def canvas(ax: Axes | None, width: float, height: float) -> Axes:
    """The given axes, or new ones of that size in inches; new ones show in a notebook's cell.

    Not to be called inside ``lesson``: the first figure of a notebook switches its backend on,
    and the end of the style context would switch it off again.
    """
    if ax is not None:
        return ax
    from matplotlib import pyplot

    figure = pyplot.figure(figsize=(width, height), dpi=100, facecolor=PAPER)
    with lesson():
        return figure.add_subplot()
