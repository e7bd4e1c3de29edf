"""Draws restarts: the matrix of scenarios by options, and how long TIME-WAIT lasts.

Units of both pictures are inches, from the upper left corner.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from helpers.concepts.reuse.restarts import OPTIONS, STARTS, Outcome, blocked_first
from helpers.concepts.reuse.timers import Sample
from helpers.errors import LabError
from helpers.figures import looks, marks
from helpers.figures.looks import Axes
from helpers.figures.telling import listed

# Of the matrix: where names end and cells begin, and what is left; a column and a row.
_NAMES, _CELLS, _LEFT, _COLUMN, _ROW = 3.02, 3.14, 7.86, 1.12, 0.345
_OLD, _NEW, _FIRST, _GAP = 0.2, 0.44, 0.58, 0.3  # the headings, the first row, between two groups
_PAIRS = dict(
    zip(OPTIONS, ("neither has", "the new one has", "the old one has", "both have"), strict=True)
)
# Of the bars: where they begin, a row and the bar in it.
_ZERO, _BAR_ROW, _THICK = 2.45, 0.72, 0.44
_SECONDS, _MEASURED = 0.9, 5.0  # what is kept free at the right of the longest, and of ours
_OURS, _SHADES = "this kernel", {True: looks.TEXT, False: looks.PLAIN}


def matrix(
    outcomes: Sequence[Outcome],
    ax: Axes | None = None,
    *,
    title: str = "What is left keeps the port, unless both have set the option",
) -> Axes:
    """One row a scenario, one column a pair (old server, new server); a tick where it starts.

    Those that any pair has met with an error stand above the others. Beside each scenario stands
    what it left on the server's port.
    """
    looks.need(outcomes, "no scenario was played")
    ordered = blocked_first(outcomes)
    stuck = sum(not outcome.always for outcome in ordered)
    groups = [g for g in (ordered[:stuck], ordered[stuck:]) if g]
    high = _FIRST + _ROW * len(ordered) + _GAP * (len(groups) - 1)
    with looks.picture(ax, looks.WIDE, high, margin=0, title=title, alt=_told(ordered)) as ax:
        ax.set(xlim=(0, looks.WIDE), ylim=(high, 0))
        _options(ax)
        y = _FIRST
        for group in groups:
            for outcome in group:
                _row(ax, y, outcome)
                y += _ROW
            y += _GAP
    return ax


def _options(ax: Axes) -> None:
    marks.head(ax, _NAMES, _OLD, "SO_REUSEADDR on the old server", "right")
    marks.head(ax, _NAMES, _NEW, "on the new server", "right")
    marks.head(ax, _LEFT, _NEW, "left on the port", "left")
    for n, pair in enumerate(OPTIONS):
        for y, on in zip((_OLD, _NEW), pair, strict=True):
            x, words = _CELLS + (n + 0.5) * _COLUMN, "set" if on else "not set"
            colour = looks.TEXT if on else looks.PLAIN
            marks.text(ax, x, y, words, va="baseline", bold=on, color=colour, gid=f"option:{n}")


def _row(ax: Axes, y: float, outcome: Outcome) -> None:
    middle = y + _ROW / 2
    marks.text(ax, _NAMES, middle, outcome.name, "right", color=looks.TEXT)
    left = outcome.server_left
    words, colour = ("nothing", looks.PLAIN) if left == "-" else (left, looks.TEXT)
    marks.text(ax, _LEFT, middle, words, "left", color=colour, gid=f"left:{outcome.name}")
    for n, pair in enumerate(OPTIONS):
        said = outcome.restarts[pair]
        sign, fill, shade = _SIGNS[said == STARTS]
        x, gid = _CELLS + n * _COLUMN, f"{outcome.name}:{n}:{said}"
        box = x + 0.02, y + 0.02, _COLUMN - 0.04, _ROW - 0.04
        marks.box(ax, *box, fill, gid=f"cell:{gid}")
        marks.text(ax, x + _COLUMN / 2, middle, sign, size=looks.TITLE, color=shade, bold=True,
                   gid=f"sign:{gid}")  # fmt: skip


_SIGNS = {True: ("✓", looks.GOOD, looks.TICK), False: ("✗", looks.BAD, looks.FAILS)}


def _told(outcomes: Sequence[Outcome]) -> str:
    """Scenarios whose restarts went alike are told together."""
    alike: dict[tuple[str, ...], list[str]] = {}
    for each in outcomes:
        left = "" if each.server_left == "-" else f" ({each.server_left} left)"
        said = tuple(each.restarts[pair] for pair in OPTIONS)
        alike.setdefault(said, []).append(each.name.replace(",", ":") + left)
    told = ["Whether a server starts again on its port, by who has set SO_REUSEADDR."]
    for said, names in alike.items():
        who = [_PAIRS[pair] for pair, got in zip(OPTIONS, said, strict=True) if got == STARTS]
        always = len(who) == len(OPTIONS)
        when = "in any case" if always else f"if {listed(who)}" if who else "never"
        told.append(f"It starts {when} after: {listed(names)}.")
    return " ".join(told)


def timer(
    samples: Sequence[Sample],
    ax: Axes | None = None,
    *,
    said: Mapping[str, float] | None = None,
    title: str = "",
) -> Axes:
    """A bar for each number of seconds that somebody gives, and one for the kernel's own timer.

    ``said`` are the numbers of others, by who says so; their bars are outlines. Of the kernel's
    bar the dark part ran down while it was watched, and the rest was left then. By default the
    title says how long the kernel's is.
    """
    if len(samples) < 2:
        raise LabError("a timer needs two samples or more to be drawn")
    first, last = samples[0], samples[-1]
    whole = round(first.at + first.left)
    rows = sorted([(whole, _OURS), *((long, who) for who, long in (said or {}).items())])
    title = title or f"The kernel's own timer says {whole:g} s, whatever others say"
    alt = (
        f"Bars, in seconds. {'; '.join(f'{who}: {long:g}' for long, who in rows)}. The one of this "
        f"kernel is measured: its timer ran down from {first.left:.0f} as it was read. The others "
        f"are what people say."
    )
    high = _BAR_ROW * len(rows)
    with looks.picture(ax, looks.WIDE, high, margin=0, title=title, alt=alt) as ax:
        ax.set(xlim=(0, looks.WIDE), ylim=(high, 0))
        room = looks.WIDE - _ZERO
        scale = min((room - _SECONDS) / rows[-1][0], (room - _MEASURED) / whole)
        ax.plot([_ZERO] * 2, [0.05, high - 0.05], color=looks.FURNITURE, lw=1.2, zorder=1)
        for n, (long, who) in enumerate(rows):
            y = _BAR_ROW * (n + 0.5)
            _bar(ax, y, who, long, scale)
            if who == _OURS:
                _measured(ax, y, first, last, scale)
    return ax


def _bar(ax: Axes, y: float, who: str, long: float, scale: float) -> None:
    """Its name, the bar, and its length in words."""
    ours = who == _OURS
    fill, colour = (looks.STATES["TIME-WAIT"] if ours else looks.PAPER), _SHADES[ours]
    marks.text(ax, _ZERO - 0.14, y, who, "right", color=colour, bold=ours)
    marks.box(ax, _ZERO, y - _THICK / 2, long * scale, _THICK, fill, edge=colour, zorder=2,
              lw=1.4, ls="-" if ours else looks.DASHES, gid=f"bar:{who}")  # fmt: skip
    marks.text(ax, _ZERO + long * scale + 0.14, y, f"{long:g} s", "left", size=looks.TITLE,
               bold=ours, color=colour, gid=f"seconds:{who}")  # fmt: skip


def _measured(ax: Axes, y: float, first: Sample, last: Sample, scale: float) -> None:
    """The part of the bar that was seen to run down, and what was read."""
    ran = (first.left - last.left) * scale
    marks.box(ax, _ZERO, y - _THICK / 2, ran, _THICK, looks.TEXT, gid="ran", zorder=3)
    read = f"{first.left:.0f} s were left, and {last.left:.0f} s after {last.at - first.at:.0f} s"
    x = _ZERO + (first.at + first.left) * scale + 0.9
    marks.text(ax, x, y, f"measured: {read}", "left", color=looks.TEXT, gid="measured")
