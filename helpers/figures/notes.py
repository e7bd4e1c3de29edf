"""Writes what was done to the lab itself across a ladder: a kill, a cut wire, a sysctl."""

from __future__ import annotations

import re
import textwrap

from helpers.figures import looks, marks
from helpers.figures.looks import Axes
from helpers.figures.rails import Rails
from helpers.record.trace import Note, Trace

_LETTER = 0.6 * looks.SMALL / 72  # inches, on average
_CLEAR = 0.15  # from a rail to the words
_FEWEST = 12  # letters of a line
# A sysctl's name up to its last part: the picture has no room for where it stands in /proc/sys.
_PATH = re.compile(r"(?<= sysctl )\S+[./](?=\S+ = )")


def room(trace: Trace) -> float:
    """Inches at the right of a lone host's calls that its notes take, in two lines or more."""
    texts = [_PATH.sub("", e.record.text) for e in trace.events if isinstance(e.record, Note)]
    longest = max((max(len(text) / 2, *map(len, text.split())) for text in texts), default=0.0)
    return (longest + 2) * _LETTER + 2 * _CLEAR if texts else 0.0


def draw(ax: Axes, note: Note, y: float, rails: Rails) -> None:
    """A dashed line, and the words between the first two rails, where no rail and no call is; the
    rail of a host that stands alone has them at its right."""
    ax.axhline(y, xmin=0.02, xmax=0.98, color=looks.FURNITURE, lw=0.8, ls=looks.DASHES)
    per_unit = looks.inches(ax)[0]
    if len(rails.firsts) > 1:
        left, right = rails.firsts[:2]
        x, ha = (left + right) / 2, "center"
    else:
        left, right = rails.calls(rails.hosts[0]), max(ax.get_xlim())
        x, ha = left + _CLEAR / per_unit, "left"
    most = int(((right - left) * per_unit - 2 * _CLEAR) / _LETTER)
    marks.text(
        ax, x, y, shown(note.text, most), ha, size=looks.SMALL, style="italic", color=looks.TEXT,
        halo=looks.HALO, linespacing=1.0, zorder=8, gid="note",
    )  # fmt: skip


def shown(text: str, most: int) -> str:
    """A note as a picture has it, in lines of at most ``most`` letters."""
    short = _PATH.sub("", text)
    return "\n".join(textwrap.wrap(short, max(most, _FEWEST), break_long_words=False))
