"""What every picture must keep to, and how a test reads one: by words, places and colours."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import combinations
from typing import Any
from unittest.mock import patch

import pytest
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_hex
from matplotlib.patches import Rectangle
from matplotlib.text import Text

from helpers.figures import looks, showing


@dataclass(frozen=True)
class Drawn:
    """A picture, and what its readers are told of it."""

    ax: Axes
    title: str
    alt: str


def drawn(draw: Callable[..., Axes], *args: Any, **also: Any) -> Drawn:
    """Draw as a notebook does, and look at what would be shown."""
    with patch.object(showing, "show") as show:
        ax = draw(*args, **also)
    ((_, title, alt),) = [call.args for call in show.call_args_list]
    return Drawn(ax, title, alt)


def words_of_all(patch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """Title and alternative text of each picture that is drawn from now on."""
    found: list[tuple[str, str]] = []
    patch.setattr(showing, "show", lambda _, *words: found.append(words))
    return found


def well_told(picture: Drawn) -> None:
    """It has a title of two lines at most, and words for who cannot see it."""
    width = picture.ax.figure.get_size_inches()[0]  # type: ignore[union-attr]
    assert len(picture.title) >= 10
    assert 1 <= len(looks.lines(picture.title, width)) <= 2, picture.title
    assert 80 <= len(picture.alt) <= 700, picture.alt
    assert picture.alt.endswith(".") and "  " not in picture.alt, picture.alt


def told(draw: Callable[..., Axes]) -> tuple[str, str]:
    """The title and the alternative text with which a new picture shows."""
    picture = drawn(draw)
    well_told(picture)
    return picture.title, picture.alt


def words(ax: Axes) -> list[Text]:
    """Every text that is seen on the figure of these axes: titles, names of axes and ticks too."""
    figure: Any = ax.figure
    FigureCanvasAgg(figure).draw()
    unseen = {id(text) for each in figure.axes for text in _unseen(each)}
    return [
        text
        for text in figure.findobj(Text)
        if text.get_text().strip() and text.get_visible() and id(text) not in unseen
    ]


def _unseen(ax: Axes) -> list[Text]:
    """What an axis has and does not draw: all of it if it is off, and ticks beyond its ends."""
    if not ax.axison:
        return [*ax.xaxis.findobj(Text), *ax.yaxis.findobj(Text)]
    return [
        tick
        for axis, at in ((ax.xaxis, 0), (ax.yaxis, 1))
        for tick in axis.get_ticklabels()
        if not min(axis.get_view_interval())
        <= tick.get_position()[at]
        <= max(axis.get_view_interval())
    ]


def legible(ax: Axes) -> None:
    """Letters are large enough, the picture is not too large, no text covers another or is cut."""
    figure: Any = ax.figure
    width, height = figure.get_size_inches()
    assert width <= looks.WIDE + 1e-6 and height <= looks.HIGH + 1e-6, (width, height)
    texts = words(ax)
    small = {t.get_text(): t.get_size() for t in texts if t.get_size() < looks.SMALL}
    assert not small, small
    boxes = [(t.get_text(), t.get_window_extent()) for t in texts]
    outside = [
        word
        for word, b in boxes
        if b.x0 < 0 or b.y0 < 0 or b.x1 > figure.bbox.x1 or b.y1 > figure.bbox.y1
    ]
    assert not outside, outside
    # Letters fill less than the height of a line.
    cores = [(word, box.shrunk(0.98, 0.7)) for word, box in boxes]
    over = [(a, b) for (a, one), (b, two) in combinations(cores, 2) if one.overlaps(two)]
    assert not over, over


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
