"""Draws the states of sockets as strips of colour on a ladder's rails, each with its name."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from helpers.figures import looks, marks
from helpers.figures.looks import Axes
from helpers.figures.packets import Label, Line
from helpers.figures.rails import Rails
from helpers.figures.strips import Span

# In inches. A listener is a wide pale strip, so that its connection on the same rail leaves some of
# it to be seen; another listener is wider still.
_RAIL, _LISTENER, _WIDER = 0.075, 0.2, 0.1
_BESIDE = 0.13  # from the middle of a rail to the name
_SIZE = looks.SMALL
_LETTER, _HIGH = 0.66 * _SIZE / 72, 0.19  # of capitals
_SAMPLES = 16


def draw_states(
    ax: Axes, spans: Sequence[Span], rails: Rails, lines: Sequence[Line], bottom: float
) -> list[Label]:
    """Colour the rails; ``lines`` are those of the packets, which names keep off.

    Returns where the names stand.
    """
    taken: list[Label] = []
    for span in spans:
        end = bottom if span.bottom is None else span.bottom
        _strip(ax, rails.x(span.host, span.lane), span, max(end - span.top, 0.12))
        if rails.named(span.host, span.lane):
            taken.append(_name(ax, span, rails, lines, taken))
    return taken


def _strip(ax: Axes, x: float, span: Span, tall: float) -> None:
    """A state on the rail; a listener's lies below, and is no connection's."""
    listens = span.lane < 0
    wide = _LISTENER + _WIDER * (-1 - span.lane) if listens else _RAIL
    level = 1.5 - 0.01 * (-1 - span.lane) if listens else 2.0
    gid = f"{'listener' if listens else 'span'}:{span.state}"
    marks.box(
        ax,
        x - wide / 2,
        span.top,
        wide,
        tall,
        looks.state_colour(span.state),
        zorder=level,
        gid=gid,
    )


def _name(
    ax: Axes, span: Span, rails: Rails, lines: Sequence[Line], taken: Sequence[Label]
) -> Label:
    """Beside the strip on its inner side: the first place below or above its beginning that no
    other name and no packet has."""
    per_unit, per_row = looks.inches(ax)
    toward = -rails.side(span.host)
    x = rails.x(span.host, span.lane) + toward * _BESIDE
    words = span.state.replace("-", "-\n", 1) if span.lane > 0 else span.state
    parts = words.split("\n")
    half = max(map(len, parts)) * _LETTER / per_unit / 2
    high = len(parts) * _HIGH / per_row
    spots = [(x + toward * half, y, half) for y in _heights(span, high, _HIGH / per_row)]
    near = [line for line in lines if line.top - 3 < span.top + 5 and span.top - 3 < line.foot]
    free = (
        s
        for s in spots
        if not meets(s, high, taken) and not any(crosses(s, high, line) for line in near)
    )
    apart = (s for s in spots if not meets(s, high, taken))
    spot = next(free, None) or next(apart, spots[0])
    colour = looks.PLAIN if span.state == "LISTEN" else looks.TEXT
    marks.text(
        ax, x, spot[1], words, "left" if toward > 0 else "right", size=_SIZE, halo=3, zorder=7,
        color=colour, linespacing=1.0, gid=f"state:{span.state}", label=f"at:{span.top}",
    )  # fmt: skip
    return spot


def _heights(span: Span, high: float, line: float) -> Iterator[float]:
    """Where the middle of a name may be, the best first, at most some lines away."""
    below = span.top + high / 2 + 0.05
    yield below
    if span.top > 0.5:
        yield span.top - high / 2 - 0.05
    for n in range(1, 9):
        yield below + n * line / 2


def meets(spot: Label, high: float, taken: Sequence[Label]) -> bool:
    """Whether words of that height, in rows, would stand on others."""
    x, y, half = spot
    return any(abs(x - a) < half + other and abs(y - b) < high * 0.95 for a, b, other in taken)


def crosses(spot: Label, high: float, line: Line) -> bool:
    """Whether a packet's line goes through these words."""
    x, y, half = spot
    for x0, y0, x1, y1 in line.legs:
        if max(y0, y1) < y - high / 2 or min(y0, y1) > y + high / 2:
            continue
        for n in range(_SAMPLES + 1):
            share = n / _SAMPLES
            a, b = x0 + share * (x1 - x0), y0 + share * (y1 - y0)
            if abs(a - x) < half and abs(b - y) < high * 0.4:
                return True
    return False
