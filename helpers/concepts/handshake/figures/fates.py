"""Draws what became of many SYNs: one mark a SYN, one row a setting."""

from __future__ import annotations

from collections.abc import Sequence

from helpers.concepts.handshake.handshakes import COOKIE, DROPPED, KEPT, Fates
from helpers.figures import looks, marks
from helpers.figures.looks import Axes

_WORDS = {KEPT: "in the SYN queue", COOKIE: "answered with a cookie", DROPPED: "dropped"}
# Inches: a letter, the least between two words, the words below the marks and the room below them,
# the place for an honest client, and the largest mark.
_LETTER, _GAP, _BELOW, _APART, _HONEST, _SIDE = 0.1, 0.2, 0.3, 0.22, 1.75, 0.36
_SINGLE, _FEW = 40, 300  # SYNs that fit into one line, and into five


def fates(
    found: Sequence[Fates], ax: Axes | None = None, *, title: str = "What becomes of each SYN"
) -> Axes:
    """Each row is one setting, each mark one SYN in the order of arrival, column by column.

    A square is kept in the SYN queue, a disc was answered with a cookie, a cross was dropped.
    Below stand their numbers; at the right, for a flood, what the honest client met.
    """
    looks.need(found, "no SYN was sent")
    honest = any(f.honest for f in found)
    left = _LETTER * max(len(part) for f in found for part in f.title.split(", ")) + 0.2
    most = max(len(f.each) for f in found)
    deep = 1 if most <= _SINGLE else 5 if most <= _FEW else 10
    room = looks.WIDE - left - (_HONEST if honest else 0.1)
    side = min(_SIDE, room / -(-most // deep))
    pitch = max(deep * side + _BELOW, 0.2 * max(f.title.count(", ") + 1 for f in found)) + _APART
    high = pitch * len(found)
    with looks.picture(ax, looks.WIDE, high, title=title, alt=_told(found), margin=0) as ax:
        ax.set(xlim=(0, looks.WIDE), ylim=(high, 0))  # inches
        for n, each in enumerate(found):
            _row(ax, left, n * pitch + 0.05, side, deep, each)
    return ax


def _row(ax: Axes, left: float, top: float, side: float, deep: int, found: Fates) -> None:
    middle = top + deep * side / 2
    words = found.title.replace(", ", "\n")
    marks.text(ax, left - 0.15, middle, words, "right", size=looks.SMALL, gid="setting")
    for n, fate in enumerate(found.each):
        x, y = left + n // deep * side, top + n % deep * side
        _MARKS[fate](ax, x, y, side, f"{found.title}:{n}:{fate}")
    end = 0.0
    for fate in dict.fromkeys(found.each):
        text = f"{found.count(fate)} {_WORDS[fate]}"
        x = max(left + found.each.index(fate) // deep * side, end)
        marks.text(ax, x, top + deep * side + 0.05, text, "left", va="top", gid="count")
        end = x + len(text) * _LETTER + _GAP
    if found.honest:
        _client(ax, middle, found.honest)


def _client(ax: Axes, middle: float, met: str) -> None:
    """The one client that is no part of the flood: served, or dropped like the others."""
    x, side = looks.WIDE - _HONEST + 0.2, 0.3
    if met == "connected":
        marks.box(ax, x, middle - side / 2, side, side, looks.GOOD, gid=f"honest:{met}")
        ax.plot([x + 0.07, x + 0.13, x + 0.24], [middle, middle + 0.07, middle - 0.08],
                color=looks.TICK, lw=2.5, gid="tick")  # fmt: skip
    else:
        _dropped(ax, x, middle - side / 2, side, f"honest:{met}")
    for line, words in ((-0.11, "honest client"), (0.11, met)):
        marks.text(ax, x + side + 0.08, middle + line, words, "left", size=looks.SMALL,
                   bold=line > 0, gid="honest")  # fmt: skip


def _kept(ax: Axes, x: float, y: float, side: float, gid: str) -> None:
    marks.box(ax, x, y, side * 0.86, side * 0.86, looks.SYN_QUEUE, gid=gid)


def _cookie(ax: Axes, x: float, y: float, side: float, gid: str) -> None:
    from matplotlib.patches import Circle

    centre = x + side * 0.43, y + side * 0.43
    ax.add_patch(Circle(centre, side * 0.43, fc=looks.COOKIE, ec="none", gid=gid))


def _dropped(ax: Axes, x: float, y: float, side: float, gid: str) -> None:
    marks.box(ax, x, y, side * 0.86, side * 0.86, looks.FAINT, gid=gid)
    near, far, gap = side * 0.22, side * 0.64, float("nan")  # NaN: the pen is lifted
    xs, ys = [near, far, gap, near, far], [near, far, gap, far, near]
    ax.plot([x + each for each in xs], [y + each for each in ys], color=looks.FAILS,
            lw=max(1.0, side * 7), gid=f"cross:{gid}")  # fmt: skip


_MARKS = {KEPT: _kept, COOKIE: _cookie, DROPPED: _dropped}


def _told(found: Sequence[Fates]) -> str:
    """The rows, as one would tell them."""
    rows = "; ".join(f"with {each.title}, {_counted(each)}" for each in found)
    return f"Each mark is a SYN, in the order of arrival: {rows}."


def _counted(found: Fates) -> str:
    counts = [f"{found.count(fate)} {_WORDS[fate]}" for fate in dict.fromkeys(found.each)]
    honest = [f"the honest client that came last: {found.honest}"] if found.honest else []
    return ", ".join(counts + honest)
