"""Draws what a backlog means: the staircase of n + 1, who asks for how much, and SYNs in vain."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from helpers.concepts.backlog.steps import Step
from helpers.concepts.backlog.syns import Attempts
from helpers.figures import looks, marks
from helpers.figures.looks import Axes


def stairs(steps: Sequence[Step], ax: Axes | None = None) -> Axes:
    """One group a call of listen: a square for each client that got through, and one that hangs.

    The grey outline is n, as ``listen`` was told. Squares that would be too many are cut short
    by a gap, and counted in words.
    """
    looks.need(steps, "no listener was filled")
    with looks.picture(ax, 9.2, 0.9 + 0.46 * len(steps), margin=0) as ax:
        ax.set(xlim=(-4.4, 31), ylim=(len(steps) - 0.4, -1.5))
        for y, step in enumerate(steps):
            _stair(ax, y, step)
        marks.head(ax, -0.4, -1.0, "call", "right", va="center")
        heading = "clients that got through, and the first that hangs"
        marks.head(ax, 0, -1.0, heading, "left", va="center")
    return ax


_MOST, _TAIL = 20, 3  # squares in a row; those after the gap


def _stair(ax: Axes, y: int, step: Step) -> None:
    """The first squares, perhaps a gap, and the last ones."""
    end = min(step.through, _MOST)
    tail = _TAIL if step.through > _MOST else 0
    for x in range(end - tail - 2 if tail else end):
        _square(ax, x, y, step, x)
    for k in range(-tail, 0):
        _square(ax, end + k, y, step, step.through + k)
    if tail:
        marks.text(ax, end - tail - 1, y, "· · ·", color=looks.PLAIN, size=looks.LABEL)
    ax.plot(end + 0.5, y, "x", color=looks.STRONG, ms=8, mew=2.2, gid=f"hangs:{step.call}")
    marks.text(ax, -0.4, y, step.call, "right", size=looks.LABEL, family="monospace")
    words = f"{step.through} = {step.limit} + {step.through - step.limit}"
    marks.text(
        ax, end + 1.4, y, words, "left", size=looks.LABEL, bold=True, gid=f"words:{step.call}"
    )
    if step.asked not in (None, step.limit):
        kept = f"   backlog kept: {step.limit}"
        marks.text(ax, end + 5.2, y, kept, "left", size=looks.SMALL, color=looks.STRONG)


def _square(ax: Axes, x: int, y: int, step: Step, client: int) -> None:
    beyond = client >= step.limit
    colour = looks.ACCEPT_QUEUE if beyond else looks.GOOD
    marks.box(ax, x + 0.06, y - 0.34, 0.88, 0.68, colour, gid=f"client:{step.call}:{client}")
    if beyond:
        marks.text(ax, x + 0.5, y, "+1", size=looks.SMALL, color=looks.PAPER, bold=True)


def backlogs(asked: Mapping[str, int], ax: Axes | None = None) -> Axes:
    """How much each server asked for, as bars on a scale of doublings."""
    looks.need(asked, "no server was started")
    with looks.picture(ax, 8.6, 0.75 + 0.42 * len(asked), within=(0.31, 0.5, 0.97, 0.98)) as ax:
        names = sorted(asked, key=lambda name: asked[name])
        ax.set_xscale("log", base=2)
        ax.set(xlim=(0.6, max(asked.values()) * 1.6), ylim=(len(names) - 0.4, -0.6))
        for y, name in enumerate(names):
            ax.barh(y, asked[name] - 0.6, left=0.6, height=0.6, color=looks.GOOD, gid=f"bar:{name}")
            marks.text(ax, asked[name] * 1.06, y, asked[name], "left", bold=True, size=looks.LABEL)
        marks.rows(ax, "backlog asked for", names)
        ax.spines["left"].set_visible(True)
        ax.set_xticks([1, 4, 16, 64, 256], ["1", "4", "16", "64", "256"])
        ax.minorticks_off()
    return ax


def attempts(found: Sequence[Attempts], ax: Axes | None = None) -> Axes:
    """The SYNs of each client on an axis of seconds, with the gaps between them."""
    looks.need(found, "no client sent a SYN")
    with looks.picture(ax, 9.2, 0.9 + 0.62 * len(found), within=(0.19, 0.55, 0.98, 0.97)) as ax:
        end = max(each.times[-1] for each in found)
        ax.set(xlim=(-0.3, end + 0.7), ylim=(len(found) - 0.5, -0.75))
        for y, each in enumerate(found):
            ax.plot([0, end + 0.6], [y, y], color=looks.OPENING, lw=7, zorder=1)
            ax.plot(each.times, [y] * len(each.times), "o", color=looks.STRONG, ms=9, zorder=3,
                    gid=f"syns:{each.client}")  # fmt: skip
            for early, late, gap in zip(each.times, each.times[1:], each.gaps, strict=False):
                middle = (early + late) / 2
                marks.text(ax, middle, y - 0.2, f"{gap} s", va="bottom", size=looks.SMALL)
        marks.rows(ax, "seconds since its first SYN", [each.client for each in found])
    return ax
