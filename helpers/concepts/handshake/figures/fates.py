"""Draws what became of many SYNs: one mark a SYN, one row a setting."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from operator import itemgetter

from helpers.concepts.handshake.handshakes import COOKIE, DROPPED, KEPT, Fates
from helpers.figures import looks, marks
from helpers.figures.looks import Axes

_COLOURS = {KEPT: looks.SYN_QUEUE, COOKIE: looks.STRONG, DROPPED: looks.FURNITURE}
_WORDS = {KEPT: "in the SYN queue", COOKIE: "a cookie", DROPPED: "dropped"}
_WIDTH = 20.0


def fates(found: Sequence[Fates], ax: Axes | None = None) -> Axes:
    """Each row is one setting, each mark one SYN in the order of arrival.

    Under each run of marks that share a fate stand their number and the fate; at the right,
    for a flood, what the honest client met.
    """
    looks.need(found, "no SYN was sent")
    honest = any(f.honest for f in found)
    with looks.picture(ax, 9.8, 0.35 + 0.78 * len(found)) as ax:
        right = _WIDTH + (5.2 if honest else 0.4)
        ax.set(xlim=(-10.2, right), ylim=(len(found) - 0.35, -0.55))
        for y, each in enumerate(found):
            _row(ax, y, each)
    return ax


def _row(ax: Axes, y: int, found: Fates) -> None:
    step = _WIDTH / len(found.each)
    gap = 0.12 * step if len(found.each) <= 60 else 0.0
    for n, fate in enumerate(found.each):
        gid = f"{found.title}:{n}:{fate}"
        marks.box(ax, n * step, y - 0.3, step - gap, 0.42, _COLOURS[fate], gid=gid)
    marks.text(ax, -0.4, y - 0.09, found.title, "right", size=looks.SMALL)
    for first, last, fate in _runs(found.each):
        _run(ax, y, (first + last + 1) * step / 2, last - first + 1, fate)
    if found.honest:
        colour = looks.TEXT if found.honest == "connected" else looks.STRONG
        marks.text(ax, _WIDTH + 0.4, y - 0.09, f"honest client\n{found.honest}", "left",
                   size=looks.SMALL, color=colour, linespacing=1.15)  # fmt: skip


def _run(ax: Axes, y: int, x: float, count: int, fate: str) -> None:
    """The number under a run; the words as well, where they have room."""
    wide = count * _WIDTH > 60
    words = f"{count} {_WORDS[fate]}" if wide or count > 3 else str(count)
    marks.text(ax, x, y + 0.27, words, size=looks.SMALL, color=looks.PLAIN)


def _runs(each: Sequence[str]) -> Iterator[tuple[int, int, str]]:
    """Neighbours that share a fate: the first, the last, the fate."""
    for fate, run in groupby(enumerate(each), key=itemgetter(1)):
        places = [n for n, _ in run]
        yield places[0], places[-1], fate
