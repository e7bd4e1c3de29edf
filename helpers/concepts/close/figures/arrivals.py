"""Draws how much of a reply arrived, for each way to end the connection.

Units are inches, from the upper left corner.
"""

from __future__ import annotations

from collections.abc import Sequence

from helpers.concepts.close.endings import EOF, Ending, arrived
from helpers.figures import looks, marks
from helpers.figures.looks import Axes

# Where the ways end, what was unread ends, bars begin, and what recv said stands.
_WAY, _UNREAD, _BAR, _LONG, _THEN = 2.3, 3.82, 3.96, 3.98, 8.08
_FIRST, _ROW, _GAP, _THICK = 0.44, 0.42, 0.2, 0.3


def arrivals(
    found: Sequence[Ending],
    ax: Axes | None = None,
    *,
    title: str = "",
) -> Axes:
    """A bar for each ending: dark what arrived, hatched what was lost; the rows of a way together.

    All replies must be of one length. By default the title names the ways that lose nothing.
    """
    looks.need(found, "no ending was played")
    title = title or _seen(found)
    ys = _rows(found)
    high = ys[-1] + _ROW
    told = [f"{e.way} with {_left(e)}: {arrived(e)} arrived, then {e.end}" for e in found]
    alt = f"A reply of {found[0].sent:,} bytes, by how the server ended. {'; '.join(told)}."
    with looks.picture(ax, looks.WIDE, high, margin=0, title=title, alt=alt) as ax:
        ax.set(xlim=(0, looks.WIDE), ylim=(high, 0))
        marks.head(ax, _WAY, 0.22, "how the server ended", "right")
        marks.head(ax, _BAR, 0.22, f"what arrived of {found[0].sent:,} bytes", "left")
        marks.head(ax, _THEN, 0.22, "then recv", "left")
        for way in dict.fromkeys(e.way for e in found):
            own = [y for y, e in zip(ys, found, strict=True) if e.way == way]
            middle = (own[0] + own[-1] + _ROW) / 2
            marks.text(ax, _WAY, middle, way, "right", color=looks.TEXT, gid="way")
        for y, each in zip(ys, found, strict=True):
            _bar(ax, y + _ROW / 2, each)
    return ax


def _seen(found: Sequence[Ending]) -> str:
    losing = {e.way for e in found if e.received < e.sent}
    safe = [way for way in dict.fromkeys(e.way for e in found) if way not in losing]
    if not losing:
        return "No way loses anything"
    return f"Only {' and '.join(safe)} loses nothing" if safe else "Each way loses a part"


def _rows(found: Sequence[Ending]) -> list[float]:
    """Where each row begins: a gap stands where another way begins."""
    order = list(dict.fromkeys(e.way for e in found))
    return [_FIRST + n * _ROW + order.index(e.way) * _GAP for n, e in enumerate(found)]


def _left(e: Ending) -> str:
    return f"{e.unread:,} byte{'s' * (e.unread != 1)} unread" if e.unread else "all read"


def _bar(ax: Axes, y: float, e: Ending) -> None:
    scale, lost = _LONG / e.sent, e.sent - e.received
    marks.text(ax, _UNREAD, y, _left(e), "right", size=looks.SMALL, color=looks.PLAIN)
    at = _BAR + e.received * scale, y - _THICK / 2
    if lost:
        marks.box(ax, *at, lost * scale, _THICK, looks.PAPER, edge=looks.FAILS, lw=1.2,
                  hatch="////", gid=f"lost:{lost}")  # fmt: skip
        marks.text(ax, at[0] + lost * scale / 2, y, f"{lost / e.sent:.0%} lost", color=looks.FAILS,
                   bold=True, bbox=looks.patch(), zorder=4)  # fmt: skip
    marks.box(ax, _BAR, at[1], e.received * scale, _THICK, looks.DATA, gid=f"arrived:{e.received}")
    marks.text(ax, _THEN, y, e.end, "left", size=looks.CODE, family=looks.MONO,
               color=looks.TEXT if e.end == EOF else looks.FAILS, gid=f"end:{e.end}")  # fmt: skip
