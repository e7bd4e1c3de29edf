"""What every picture has in common: it can be read from the back row, and nothing covers words."""

from __future__ import annotations

from itertools import combinations
from typing import Any

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text

from helpers.figures import looks


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
