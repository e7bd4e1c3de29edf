"""Draws what a backlog means: the staircase of n + 1, who asks for how much, and SYNs in vain."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from helpers.concepts.backlog.steps import Step
from helpers.concepts.backlog.syns import Attempts
from helpers.errors import LabError
from helpers.figures import looks

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def stairs(steps: Sequence[Step], ax: Axes | None = None) -> Axes:
    """One group a call of listen: a square for each client that got through, and one that hangs.

    The grey outline is n, as ``listen`` was told. Squares that would be too many are cut short
    by a gap, and counted in words.
    """
    if not steps:
        raise LabError("there is nothing to draw: no listener was filled")
    ax = looks.canvas(ax, 9.2, 0.9 + 0.46 * len(steps))
    with looks.lesson():
        for y, step in enumerate(steps):
            _stair(ax, y, step)
        ax.set(xlim=(-4.4, 31), ylim=(len(steps) - 0.4, -1.5))
        ax.set_axis_off()
        ax.set_position((0.0, 0.0, 1.0, 1.0))
        ax.text(-0.4, -1.0, "call", ha="right", va="center", size=10, color=looks.PLAIN)
        ax.text(0, -1.0, "clients that got through, and the first that hangs", va="center",
                size=10, color=looks.PLAIN)  # fmt: skip
    return ax


_MOST, _TAIL = 20, 3  # squares in a row; those after the gap


def _stair(ax: Axes, y: int, step: Step) -> None:
    """The first squares, perhaps a gap, and the last ones."""
    long = step.through > _MOST
    shown = list(range(step.through)) if not long else [*range(_MOST - _TAIL - 2)]
    for x in shown:
        _square(ax, x, y, step, x)
    end = step.through
    if long:
        ax.text(_MOST - _TAIL - 1, y, "· · ·", ha="center", va="center", color=looks.PLAIN, size=12)
        for k in range(_TAIL):
            _square(ax, _MOST - _TAIL + k, y, step, step.through - _TAIL + k)
        end = _MOST
    ax.plot(end + 0.5, y, "x", color=looks.STRONG, ms=8, mew=2.2, gid=f"hangs:{step.call}")
    ax.text(-0.4, y, step.call, ha="right", va="center", size=11, family="monospace")
    extra = step.through - step.limit
    words = f"{step.through} = {step.limit} + {extra}"
    ax.text(end + 1.4, y, words, va="center", size=11, weight="bold", gid=f"words:{step.call}")
    if step.asked not in (None, step.limit):
        kept = f"   backlog kept: {step.limit}"
        ax.text(end + 5.2, y, kept, va="center", size=10, color=looks.STRONG)


def _square(ax: Axes, x: int, y: int, step: Step, client: int) -> None:
    from matplotlib.patches import Rectangle

    beyond = client >= step.limit
    colour = looks.ACCEPT_QUEUE if beyond else "#79C7A6"
    gid = f"client:{step.call}:{client}"
    ax.add_patch(Rectangle((x + 0.06, y - 0.34), 0.88, 0.68, color=colour, lw=0, gid=gid))
    if beyond:
        ax.text(x + 0.5, y, "+1", ha="center", va="center", size=8.5, color="white", weight="bold")


def backlogs(asked: Mapping[str, int], ax: Axes | None = None) -> Axes:
    """How much each server asked for, as bars on a scale of doublings."""
    if not asked:
        raise LabError("there is nothing to draw: no server was started")
    ax = looks.canvas(ax, 8.6, 0.75 + 0.42 * len(asked))
    with looks.lesson():
        names = sorted(asked, key=lambda name: asked[name])
        for y, name in enumerate(names):
            ax.barh(y, asked[name] - 0.6, left=0.6, height=0.6, color="#79C7A6", gid=f"bar:{name}")
            ax.text(asked[name] * 1.06, y, str(asked[name]), va="center", weight="bold", size=11)
        ax.set_xscale("log", base=2)
        ax.set(xlim=(0.6, max(asked.values()) * 1.6), ylim=(len(names) - 0.4, -0.6))
        ax.set_yticks(range(len(names)), names, size=11)
        ax.set_xticks([1, 4, 16, 64, 256], ["1", "4", "16", "64", "256"])
        ax.minorticks_off()
        ax.tick_params(axis="y", length=0)
        ax.set_xlabel("backlog asked for")
        ax.figure.subplots_adjust(
            left=0.31, right=0.97, top=0.98, bottom=0.5 / (0.75 + 0.42 * len(asked))
        )
    return ax


def attempts(found: Sequence[Attempts], ax: Axes | None = None) -> Axes:
    """The SYNs of each client on an axis of seconds, with the gaps between them."""
    ax = looks.canvas(ax, 9.2, 0.9 + 0.62 * len(found))
    with looks.lesson():
        end = max(each.times[-1] for each in found)
        for y, each in enumerate(found):
            ax.plot([0, end + 0.6], [y, y], color=looks.STATES["SYN-SENT"], lw=7, zorder=1)
            ax.plot(each.times, [y] * len(each.times), "o", color=looks.STRONG, ms=9, zorder=3,
                    gid=f"syns:{each.client}")  # fmt: skip
            for early, late, gap in zip(each.times, each.times[1:], each.gaps, strict=False):
                ax.text((early + late) / 2, y - 0.2, f"{gap} s", ha="center", va="bottom", size=9.5)
        ax.set_yticks(range(len(found)), [each.client for each in found], size=11)
        ax.set(xlim=(-0.3, end + 0.7), ylim=(len(found) - 0.5, -0.75))
        ax.tick_params(axis="y", length=0)
        ax.spines["left"].set_visible(False)
        ax.set_xlabel("seconds since its first SYN")
        ax.figure.subplots_adjust(
            left=0.19, right=0.98, top=0.97, bottom=0.55 / (0.9 + 0.62 * len(found))
        )
    return ax
