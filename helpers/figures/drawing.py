"""Draws the ladder for a replay: as SVG whose parts have names, and as PNG for what has no widgets.

The figure is nobody's but ours: pyplot does not know it, so that a panel can draw beside a
running cell and no cell shows it a second time.
"""

from __future__ import annotations

import io
import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from helpers.figures import calls, looks, showing
from helpers.figures.ladder import ladder, width
from helpers.figures.layout import in_steps
from helpers.figures.packets import SIZE, caption
from helpers.figures.steps import Step
from helpers.record.trace import Trace

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.text import Text

_ROW, _HEAD = 0.30, 1.9  # inches, and rows
_NEAR, _FAR = 2.4, 3.9  # inches between two rails, which the longest caption decides
_LETTER = 0.62 * SIZE / 72
_FEWEST = 6.0  # inches, in width
# The PNG of a long run shows its beginning: 40 inches are five screens.
_MOST_PNG = 40.0
_DPI = 150
# How far below a step's own row the picture is shown. The next row is 0.7 below or more, and a bar
# begins 0.14 above its row. A packet on its way is shown further, so that it is clear of its label.
_BELOW, _ON_ITS_WAY = 0.42, 0.66
# Texts that stand at the height of what they tell; others carry that height as their label.
_WORDS = ("note", "injected", "gauge label")
_MARKS = ("held", "waited", "lost", "folded")


@dataclass(frozen=True, slots=True)
class Drawing:
    """``svg`` with its size in points; where each step ends in it, and what it shows from when.

    ``ends`` has a height for each step, ``centres`` where to look for it, ``words`` pairs of a
    part's name and the number of the step that brings it. Steps count from 1, as readers do.
    """

    svg: str
    width: float
    height: float
    top: float
    ends: list[float]
    centres: list[float]
    words: list[tuple[str, int]]


def own_figure(trace: Trace) -> tuple[Figure, Axes]:
    """The ladder on a figure of its own, closer than a page's: two columns must fit a screen."""
    from matplotlib.figure import Figure

    layout = in_steps(trace)
    found = calls.bars(trace, layout, False)
    texts = [calls.longest(found, host, 1000) * calls.LETTER for host in trace.hosts]
    longest = max((len(caption(record)) for record in trace.packets), default=0)
    unit = min(max(_NEAR, longest * _LETTER * 1.35), _FAR)
    if len(texts) > 2:  # those of a host in the middle stand between two rails
        unit = max(unit, max(texts[1:-1]) + 1.6)
    wide = max(_FEWEST, width(trace, unit))
    figure = Figure(figsize=(wide, _ROW * (layout.bottom + _HEAD)), dpi=100, facecolor=looks.PAPER)
    return figure, ladder(trace, figure.add_axes((0.0, 0.0, 1.0, 1.0)))


def draw(trace: Trace, told: Sequence[Step]) -> Drawing:
    """The whole run as one SVG. Its letters are text, and its names are our artists' gids."""
    from matplotlib import rc_context

    with looks.lesson(), rc_context({"svg.fonttype": "none", "svg.hashsalt": "replay"}):
        figure, ax = own_figure(trace)
        words = _name_words(ax, trace, [step.row for step in told])
        for artist in [*ax.lines, *ax.patches, *ax.texts]:
            artist.set_clip_on(False)
        for text in ax.texts:
            text.set_path_effects([])  # they would make paths of letters; a style sheet has a halo
        out = io.StringIO()
        figure.savefig(out, format="svg", metadata={"Date": None})
    width, high = (72 * inches for inches in looks.room(ax))
    heights = [_height(ax, high, row) for row in _ends(told)]
    return Drawing(
        svg=plain(out.getvalue()),
        width=round(width, 1),
        height=round(high, 1),
        top=_height(ax, high, 0.0),
        ends=[*heights[:-1], round(high, 1)],
        centres=[_centre(ax, trace, step) for step in told],
        words=words,
    )


def _ends(told: Sequence[Step]) -> list[float]:
    rows = [step.row for step in told]
    gaps = [after - row for row, after in zip(rows, [*rows[1:], float("inf")], strict=True)]
    return [
        row + (min(_ON_ITS_WAY, gap * 0.6) if step.kind == "sent" else _BELOW)
        for step, row, gap in zip(told, rows, gaps, strict=True)
    ]


def _height(ax: Axes, high: float, row: float) -> float:
    at: float = ax.transData.transform((0, row))[1]
    return round(high - at * 72 / ax.figure.dpi, 1)


def _centre(ax: Axes, trace: Trace, step: Step) -> float:
    """Where a reader looks: between its hosts for a packet, at a call's text for a call."""
    names = (name.partition("-child")[0] for name in step.who.split(" > "))
    first = {
        (t.get_gid() or "").removeprefix("host:"): t.get_position()[0]
        for t in ax.texts
        if (t.get_gid() or "").startswith("host:")
    }
    rails = [first[name] for name in names if name in trace.hosts]
    x = sum(rails or first.values()) / len(rails or first)
    if step.kind == "call":
        x += (-1.0 if x == 0 and len(trace.hosts) > 1 else 1.0) * 1.1
    return round(float(ax.transData.transform((x, 0))[0]) * 72 / ax.figure.dpi, 1)


def _name_words(ax: Axes, trace: Trace, rows: list[float]) -> list[tuple[str, int]]:
    """Give a name of its own to each text that a step brings; returns the names with their steps.

    The label of a packet comes with the first step of the packet that is in the trace.
    """
    births: dict[str, float] = {}
    ends: dict[str, float] = {}
    heights = in_steps(trace).heights
    for event, height in zip(trace.events, heights, strict=True):
        if number := getattr(event.record, "number", 0):
            births.setdefault(f"label:{number}", height)
            ends[f"label:{number}"] = height
    born = {str(text.get_gid()): _born(text, births) for text in _own_names(ax)}
    born |= _marks(ax, births, ends)
    born |= {name: ends["label:" + name.partition(":")[2]] for name in _dropped(ax)}
    return [(name, max(1, bisect_right(rows, row + 1e-6))) for name, row in born.items()]


def _own_names(ax: Axes) -> list[Text]:
    """The texts that a step may bring, each with a name that no other has."""
    found: list[Text] = []
    for text in ax.texts:
        gid = text.get_gid() or ""
        if gid in _WORDS:
            text.set_label(f"at:{text.get_position()[1]}")
        if str(text.get_label()).startswith("at:"):
            text.set_gid(f"word:{len(found)}")
        elif not gid.startswith("label:"):
            continue
        found.append(text)
    return found


def _marks(ax: Axes, births: dict[str, float], ends: dict[str, float]) -> dict[str, float]:
    """Crosses and dots, which are drawn right behind the line of their packet: a packet stands on
    the wire from its beginning, and it is lost at its end."""
    found: dict[str, float] = {}
    number = ""
    for line in ax.lines:
        gid = line.get_gid() or ""
        if gid.startswith("packet:"):
            number = gid.removeprefix("packet:")
        elif gid in _MARKS:
            line.set_gid(f"mark:{number}")
            times = ends if gid in ("lost", "folded") else births
            found[f"mark:{number}"] = times[f"label:{number}"]
    return found


def _dropped(ax: Axes) -> list[str]:
    """Crosses at a host, which come when a packet has arrived there."""
    names = [line.get_gid() or "" for line in ax.lines]
    return [name for name in names if name.startswith("dropped:")]


def _born(text: Text, births: dict[str, float]) -> float:
    """The row of what a text tells; it may have had to move down from there."""
    gid = text.get_gid() or ""
    return births[gid] if gid in births else float(str(text.get_label()).removeprefix("at:"))


_JUNK = re.compile(r"<\?xml.*?\?>|<!DOCTYPE.*?>|<!--.*?-->|<metadata>.*?</metadata>", re.DOTALL)
_OURS = re.compile(r'<g id="((?:packet|label|word|mark|dropped):\d+)">')
_NAMED = re.compile(r' id="([^"]*)"')
# As matplotlib 3.11 writes it, and as 3.10 does.
_FAMILY = re.compile(r"(font-family:|font:[^;\"']*px) [^;\"]*")
_SIZE = re.compile(r' (?:width|height)="[^"]*"')


def plain(svg: str) -> str:
    """Only what a browser needs, with names that many pictures of one page can share.

    Our parts get ``data-part`` for ``id``. An id that something refers to begins with ``@@``,
    which each view replaces by letters of its own; the others go.
    """
    svg = _JUNK.sub("", svg)
    svg = _OURS.sub(r'<g data-part="\1">', svg)
    used = set(re.findall(r'(?:href="|url\()#([^")]+)', svg))
    svg = _NAMED.sub(lambda m: f' id="@@{m[1]}"' if m[1] in used else "", svg)
    svg = re.sub(r'((?:href="|url\()#)', r"\1@@", svg)
    svg = _FAMILY.sub(_family, svg)
    begin, tag, rest = svg.partition(">")
    return re.sub(r"\s*\n\s*", "\n", _SIZE.sub("", begin) + tag + rest).strip()


def _family(match: re.Match[str]) -> str:
    """One of two generic names; the style sheet says which fonts have letters of that width."""
    return f"{match[1]} {'monospace' if 'Mono' in match[0] else 'sans-serif'}"


def png(trace: Trace) -> tuple[bytes, float]:
    """The ladder as PNG, and how wide it is meant to be shown, in pixels.

    Of a long run the beginning, and in its last line how many rows are left out.
    """
    rows = in_steps(trace).heights
    # Three rows more than are shown, so that no packet seems to be held where the picture ends.
    count = bisect_right(rows, _MOST_PNG / _ROW + 3)
    shown = replace(trace, events=trace.events[:count], meanwhile=[])
    with looks.lesson():
        figure, ax = own_figure(shown)
        wide, high = looks.room(ax)
        if high > _MOST_PNG:
            _cut(figure, ax, rows[-1])
        return showing.png(figure, _DPI), round(wide * showing.SHOWN)


def _cut(figure: Figure, ax: Axes, last: float) -> None:
    """Make it as high as may be, and say how many of its rows, up to ``last``, are left out."""
    bottom, top = ax.get_ylim()
    end = top + (bottom - top) * _MOST_PNG / looks.room(ax)[1]
    ax.set_ylim(end, top)
    figure.set_figheight(_MOST_PNG)
    words = f"{last - end:.0f} more rows: run this cell to replay them"
    ax.text(0.5, 0.004, words, transform=ax.transAxes, ha="center", va="bottom", size=11,
            style="italic", color=looks.TEXT, bbox=looks.patch(), zorder=20)  # fmt: skip
