"""Draws what became of many SYNs: one mark a SYN, one row a setting."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from helpers.concepts.handshake.handshakes import COOKIE, DROPPED, KEPT, Fates
from helpers.errors import LabError
from helpers.figures import looks

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_COLOURS = {KEPT: looks.SYN_QUEUE, COOKIE: looks.STRONG, DROPPED: looks.FURNITURE}
_WORDS = {KEPT: "in the SYN queue", COOKIE: "a cookie", DROPPED: "dropped"}
_WIDTH = 20.0


def fates(found: Sequence[Fates], ax: Axes | None = None) -> Axes:
    """Each row is one setting, each mark one SYN in the order of arrival.

    Under each run of marks that share a fate stand their number and the fate; at the right,
    for a flood, what the honest client met.
    """
    if not found:
        raise LabError("there is nothing to draw: no SYN was sent")
    honest = any(f.honest for f in found)
    ax = looks.canvas(ax, 9.8, 0.35 + 0.78 * len(found))
    with looks.lesson():
        for y, each in enumerate(found):
            _row(ax, y, each)
        ax.set_xlim(-10.2, _WIDTH + (5.2 if honest else 0.4))
        ax.set_ylim(len(found) - 0.35, -0.55)
        ax.set_axis_off()
        ax.set_position((0.01, 0.01, 0.98, 0.98))
    return ax


def _row(ax: Axes, y: int, found: Fates) -> None:
    from matplotlib.patches import Rectangle

    step = _WIDTH / len(found.each)
    gap = 0.12 * step if len(found.each) <= 60 else 0.0
    for n, fate in enumerate(found.each):
        box = (n * step, y - 0.3), step - gap, 0.42
        gid = f"{found.title}:{n}:{fate}"
        ax.add_patch(Rectangle(*box, color=_COLOURS[fate], lw=0, gid=gid))
    ax.text(-0.4, y - 0.09, found.title, ha="right", va="center", size=10)
    for first, last, fate in _runs(found.each):
        _run(ax, y, (first + last + 1) * step / 2, last - first + 1, fate)
    if found.honest:
        good = found.honest == "connected"
        ax.text(_WIDTH + 0.4, y - 0.09, f"honest client\n{found.honest}", va="center", size=10,
                color=looks.TEXT if good else looks.STRONG, linespacing=1.15)  # fmt: skip


def _run(ax: Axes, y: int, x: float, count: int, fate: str) -> None:
    """The number under a run; the words as well, where they have room."""
    wide = count * _WIDTH > 60
    words = f"{count} {_WORDS[fate]}" if wide or count > 3 else str(count)
    ax.text(x, y + 0.27, words, ha="center", va="center", size=8.5, color=looks.PLAIN)


def _runs(each: Sequence[str]) -> list[tuple[int, int, str]]:
    """Neighbours that share a fate: the first, the last, the fate."""
    runs: list[tuple[int, int, str]] = []
    for n, fate in enumerate(each):
        if runs and runs[-1][2] == fate:
            runs[-1] = (runs[-1][0], n, fate)
        else:
            runs.append((n, n, fate))
    return runs
