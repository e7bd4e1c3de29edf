"""What pictures are made of: words, boxes, steps, and an axis for rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from helpers.figures import looks
from helpers.figures.looks import Axes


def text(
    ax: Axes,
    x: float,
    y: float,
    words: object,
    ha: str = "center",
    *,
    va: str = "center",
    size: float = looks.LABEL,
    bold: bool = False,
    halo: float = 0,
    **look: Any,
) -> None:
    """Words at a point, in the middle of their height; ``halo`` in points puts white behind them.

    ``look`` is what matplotlib's ``Axes.text`` takes.
    """
    if halo:
        look["path_effects"] = looks.halo(halo)
    weight = "bold" if bold else "normal"
    ax.text(x, y, str(words), ha=ha, va=va, size=size, weight=weight, **look)


def head(
    ax: Axes, x: float, y: float, words: object, ha: str = "center", *, va: str = "baseline"
) -> None:
    """A heading, small and grey; by default it stands on the line ``y``."""
    text(ax, x, y, words, ha, va=va, size=looks.SMALL, color=looks.PLAIN)


def box(
    ax: Axes, x: float, y: float, width: float, height: float, fill: str,
    *, edge: str = "none", lw: float = 0, **look: Any,
) -> None:  # fmt: skip
    """A rectangle from its corner at ``(x, y)`` on; ``look`` is what a matplotlib patch takes."""
    from matplotlib.patches import Rectangle

    ax.add_patch(Rectangle((x, y), width, height, fc=fill, ec=edge, lw=lw, **look))


def steps(
    ax: Axes, xs: Sequence[float], ys: Sequence[float], colour: str, *, alpha: float, **look: Any
) -> None:
    """A line that keeps each value until the next one, over an area of the same colour."""
    ax.step(xs, ys, where="post", color=colour, lw=2.5, **look)
    ax.fill_between(xs, ys, step="post", color=colour, alpha=alpha, lw=0)


def rows(ax: Axes, xlabel: str, names: Sequence[str] = ()) -> None:
    """An axis at the foot alone, for rows at y = 0, 1, 2 …, with their names at the left."""
    ax.set_yticks(range(len(names)), names, size=looks.LABEL)
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)
    ax.set_xlabel(xlabel)
