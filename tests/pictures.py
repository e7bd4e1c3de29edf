"""What every picture must keep to, and how a test reads one: by words, places and colours."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import pytest
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_hex
from matplotlib.patches import Rectangle
from matplotlib.text import Text

from helpers.figures import looks

# Pixels at a hundred an inch: boxes of letters have room above and below.
_SLACK = 1.0


@dataclass(frozen=True)
class Drawn:
    """A picture, and what its readers are told of it."""

    ax: Axes
    title: str
    alt: str


def drawn(patch: pytest.MonkeyPatch, draw: Callable[..., Axes], *args: Any, **also: Any) -> Drawn:
    """Draw as a notebook does, and look at what would be shown."""
    shown: list[tuple[str, str]] = []
    patch.setattr(looks.showing, "show", lambda _, title, alt: shown.append((title, alt)))
    ax = draw(*args, **also)
    ((title, alt),) = shown
    return Drawn(ax, title, alt)


def told(picture: Drawn) -> None:
    """It has a title of two lines at most, and words for who cannot see it."""
    width = picture.ax.figure.get_size_inches()[0]  # type: ignore[union-attr]
    assert 1 <= len(looks.lines(picture.title, width)) <= 2, picture.title
    assert 80 <= len(picture.alt) <= 700, picture.alt
    assert picture.alt.endswith(".")


def legible(ax: Axes) -> None:
    """It is small enough for a class, its letters are large enough, apart, and inside."""
    figure: Any = ax.figure
    width, height = figure.get_size_inches()
    assert width <= looks.WIDE + 1e-6 and height <= looks.HIGH + 1e-6, (width, height)
    words = [text for text in _texts(figure) if text.get_text().strip()]
    small = {text.get_text(): text.get_fontsize() for text in words}
    assert [w for w, size in small.items() if size < looks.SMALL] == []  # type: ignore[operator]
    FigureCanvasAgg(figure).draw()
    boxes = [(text.get_text(), text.get_window_extent()) for text in words]
    whole = figure.bbox.padded(_SLACK)
    outside = [w for w, box in boxes if not (whole.containsx(box.x0) and whole.containsx(box.x1))
               or not (whole.containsy(box.y0) and whole.containsy(box.y1))]  # fmt: skip
    assert outside == []
    close = [(w, box.shrunk(0.98, 0.7)) for w, box in boxes]
    assert [(a, b) for (a, one), (b, two) in combinations(close, 2) if one.overlaps(two)] == []


def _texts(figure: Any) -> list[Text]:
    found = list(figure.texts)
    for ax in figure.axes:
        found += ax.texts
        if ax.axison:
            found += [ax.xaxis.label, ax.yaxis.label, *ax.get_xticklabels(), *ax.get_yticklabels()]
    return found


def text(ax: Axes, gid: str) -> Text:
    """The one text with that name."""
    (found,) = [t for t in ax.texts if t.get_gid() == gid]
    return found


def named(artists: Iterable[Any], prefix: str) -> dict[str, Any]:
    """Artists by what follows ``prefix`` in their name."""
    pairs = [(str(a.get_gid() or ""), a) for a in artists]
    return {gid.removeprefix(prefix): a for gid, a in pairs if gid.startswith(prefix)}


def boxes(ax: Axes, prefix: str = "") -> list[Rectangle]:
    """Rectangles whose name begins so, in reading order: by row, and from the left."""
    found = [p for p in ax.patches if isinstance(p, Rectangle)
             and str(p.get_gid() or "").startswith(prefix)]  # fmt: skip
    return sorted(found, key=lambda p: (round(p.get_y(), 3), p.get_x()))


def inside(ax: Axes, box: Rectangle) -> list[str]:
    """The words whose place is in the box."""
    left, low = box.get_xy()
    return [
        t.get_text()
        for t in ax.texts
        if t.get_text()
        and left <= t.get_position()[0] <= left + box.get_width()
        and low <= t.get_position()[1] <= low + box.get_height()
    ]


def beside(ax: Axes, y: float, reach: float = 0.01) -> list[str]:
    """The words of one line, from left to right."""
    found = [t for t in ax.texts if abs(t.get_position()[1] - y) <= reach and t.get_text()]
    return [t.get_text() for t in sorted(found, key=lambda t: t.get_position()[0])]


def fill(box: Any) -> str:
    """The colour of a box, as it stands in ``looks``."""
    return to_hex(box.get_facecolor()).upper()


def shade(words: Any) -> str:
    """The colour of a text or a line, as it stands in ``looks``."""
    return to_hex(words.get_color()).upper()


def arrows(texts: Iterable[Any]) -> list[Any]:
    """The texts that are arrows."""
    return [t for t in texts if getattr(t, "arrow_patch", None)]
