"""Marks what arrived at a host, and what the host's kernel then dropped.

It is the counters that say so, which move behind the arrival; without them, nothing is marked. The
cross stands at the host, where the packet ended: one on the wire is a loss.
"""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence

from helpers.figures import looks, marks
from helpers.figures.dropped import dropped
from helpers.figures.looks import Axes
from helpers.figures.packets import EDGE, Label, Line
from helpers.figures.rails import Rails
from helpers.figures.states import crosses, meets
from helpers.record.trace import Trace

_BESIDE = 0.17  # inches from the rail to the words
_LETTER, _HIGH = 0.62 * looks.SMALL / 72, 0.19
_SHARE = 0.6  # of the way to the other host, which words of one line may take
_FEWEST = 10  # letters of a line
_BELOW, _STEP, _STEPS = 0.15, 0.3, 6  # rows


def draw(
    ax: Axes, trace: Trace, lines: Sequence[Line], rails: Rails, taken: Sequence[Label]
) -> list[Label]:
    """A cross at the rail, with a few words below the arrow; returns where the words stand."""
    why = dropped(trace)
    placed: list[Label] = []
    for line in lines:
        words = why.get(line.packet)
        if words and line.bottom is not None:
            placed.append(_mark(ax, line, words, rails, lines, [*taken, *placed]))
    return placed


def _mark(
    ax: Axes, line: Line, words: str, rails: Rails, lines: Sequence[Line], taken: Sequence[Label]
) -> Label:
    ahead = math.copysign(1.0, line.faces[1] - line.faces[0])
    bottom = line.bottom or 0.0
    rail = line.x1 + ahead * EDGE
    ax.plot([rail], [bottom], "x", color=looks.FAILS, ms=10, mew=3, zorder=10,
            gid=f"dropped:{line.packet.number}")  # fmt: skip
    per_unit, per_row = looks.inches(ax)
    parts = _parts(words, abs(line.faces[1] - line.faces[0]) * per_unit)
    half = max(map(len, parts)) * _LETTER / per_unit / 2
    high = len(parts) * _HIGH / per_row
    x = rail - ahead * _BESIDE / per_unit
    spots = [
        (x - ahead * half, bottom + _BELOW + high / 2 + n * _STEP, half) for n in range(_STEPS)
    ]
    apart = [spot for spot in spots if not meets(spot, high, taken)]
    free = (s for s in apart if not any(crosses(s, high, other) for other in lines))
    spot = next(free, None) or (apart or spots)[0]
    side = "right" if ahead > 0 else "left"
    marks.text(
        ax, x, spot[1], "\n".join(parts), side, multialignment=side, size=looks.SMALL,
        color=looks.FAILS, linespacing=1.0, halo=3, zorder=8, gid="dropped", label=f"at:{bottom}",
    )  # fmt: skip
    return spot


def _parts(words: str, way: float) -> list[str]:
    """The words in as few lines as fit between two rails that are so many inches apart."""
    if len(words) * _LETTER <= way * _SHARE:
        return [words]
    most = max(int((way - 2 * _BESIDE) / _LETTER), _FEWEST)
    lines = words.replace(": ", ":\n").split("\n")
    return [part for line in lines for part in textwrap.wrap(line, most)]
