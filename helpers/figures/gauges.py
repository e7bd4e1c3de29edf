"""Draws queue depths beside a ladder, as bars that grow with what waits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpers.figures import looks

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLOURS = {
    "SYN queue": looks.SYN_QUEUE,
    "accept queue": looks.ACCEPT_QUEUE,
    "unread bytes": looks.BUFFER,
}
_WIDTH, GAUGE = 0.11, 0.2


def draw_gauges(
    ax: Axes, gauges: dict[str, list[tuple[float, float]]], x: float, bottom: float
) -> None:
    """One column for each gauge that ever rose above zero, from ``x`` on to the right."""
    for n, (name, points) in enumerate(gauges.items()):
        left = x + n * GAUGE
        ax.text(
            left, -0.45, name.replace(" ", "\n"), ha="left", va="center", size=9, color=looks.TEXT
        )
        ax.plot([left, left], [0, bottom - 0.3], color=looks.FURNITURE, lw=1, zorder=1)
        _column(ax, points, left, bottom - 0.3, COLOURS[name])


def _column(
    ax: Axes, points: list[tuple[float, float]], left: float, bottom: float, colour: str
) -> None:
    from matplotlib.patches import Rectangle

    top_value = max(value for _, value in points)
    ends = [height for height, _ in points[1:]] + [bottom]
    labelled = -1.0
    for (top, value), end in zip(points, ends, strict=True):
        if value and end > top:
            width = _WIDTH * value / top_value
            gid = f"gauge:{value:g}"
            ax.add_patch(
                Rectangle((left, top), width, end - top, color=colour, lw=0, zorder=2, gid=gid)
            )
            if top - labelled >= 0.7:
                labelled = top
                ax.text(
                    left + width + 0.008, top, f"{value:g}", va="top", size=9, color=looks.TEXT,
                    path_effects=looks.halo(2.5), zorder=6, gid="gauge label",
                )  # fmt: skip
