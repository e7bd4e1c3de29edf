"""What every picture is held to: it can be read from the back row, and is told in words."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations
from typing import Any
from unittest.mock import patch

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text

from helpers.figures import looks, showing


def words(ax: Axes) -> list[Text]:
    """Every text that is drawn: labels, the title, the ticks' and the axes' words."""
    figure: Any = ax.figure
    FigureCanvasAgg(figure).draw()
    found = [*figure.texts, *(t for each in figure.axes for t in each.texts)]
    for each in (each for each in figure.axes if each.axison):
        for axis in (each.xaxis, each.yaxis):
            found += [*axis.get_ticklabels(), axis.label]
    return [t for t in found if t.get_visible() and t.get_text().strip()]


def legible(ax: Axes) -> None:
    """No letter too small, no picture too large, no words over others or beyond the edge."""
    width, height = ax.figure.get_size_inches()  # type: ignore[union-attr]
    assert width <= looks.WIDE + 1e-6 and height <= looks.HIGH + 1e-6, (width, height)
    texts = words(ax)
    small = [t.get_text() for t in texts if t.get_size() < looks.SMALL]
    assert not small, f"too small: {small}"
    boxes = [(t.get_text(), t.get_window_extent()) for t in texts]
    right, top = ax.figure.bbox.x1 + 0.5, ax.figure.bbox.y1 + 0.5
    outside = [t for t, b in boxes if min(b.x0, b.y0) < -0.5 or b.x1 > right or b.y1 > top]
    assert not outside, f"beyond the edge: {outside}"
    shrunk = [(t, b.shrunk(0.98, 0.7)) for t, b in boxes]
    over = [(a, b) for (a, one), (b, two) in combinations(shrunk, 2) if one.overlaps(two)]
    assert not over, f"over each other: {over}"


def told(draw: Callable[[], Axes]) -> tuple[str, str]:
    """The title and the alternative text with which a new picture shows."""
    with patch.object(showing, "show") as show:
        draw()
    ((_, title, alt),) = [call.args for call in show.call_args_list]
    assert 10 <= len(title) <= 120 and 80 <= len(alt) <= 700, (title, alt)
    assert alt.endswith(".") and "  " not in alt
    return title, alt
