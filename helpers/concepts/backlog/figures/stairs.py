"""Draws what a backlog means: the staircase of n + 1, and who asks for how much."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from helpers.concepts.backlog.steps import Step
from helpers.figures import looks, marks, telling
from helpers.figures.looks import Axes

_PLACES = "Each listen(n) lets n + 1 clients in, and the next one hangs"


def stairs(steps: Sequence[Step], ax: Axes | None = None, *, title: str = _PLACES) -> Axes:
    """One row a call of listen: a square for each client that got through, and one that hangs.

    Those beyond n, as the kernel keeps it, are dark. Squares that would be too many are cut short
    by a gap, and counted in words.
    """
    looks.need(steps, "no listener was filled")
    high = 0.44 * len(steps) + 0.5
    with looks.picture(ax, 9.2, high, margin=0, title=title, alt=_stairs_told(steps)) as ax:
        ax.set(xlim=(-4.7, 26.4), ylim=(len(steps) - 0.4, -1.5))
        for y, step in enumerate(steps):
            _stair(ax, y, step)
        marks.head(ax, -0.4, -1.0, "call", "right", va="center")
        heading = "clients that got through, and the first that hangs"
        marks.head(ax, 0, -1.0, heading, "left", va="center")
    return ax


def _stairs_told(steps: Sequence[Step]) -> str:
    rows = [f"{step.call} {step.through}, the backlog kept being {step.limit}" for step in steps]
    return (
        "A staircase of squares, a row for each call of listen and a square for each client that "
        f"got through before one hangs: {'; '.join(rows)}."
    )


_MOST, _TAIL = 18, 3  # squares in a row; those after the gap


def _stair(ax: Axes, y: int, step: Step) -> None:
    """The first squares, perhaps a gap, and the last ones."""
    end = min(step.through, _MOST)
    tail = _TAIL if step.through > _MOST else 0
    for x in range(end - tail - 2 if tail else end):
        _square(ax, x, y, step, x)
    for k in range(-tail, 0):
        _square(ax, end + k, y, step, step.through + k)
    if tail:
        marks.text(ax, end - tail - 1, y, "· · ·", color=looks.PLAIN)
    ax.plot(end + 0.55, y, "x", color=looks.FAILS, ms=9, mew=2.6, gid=f"hangs:{step.call}")
    marks.text(ax, -0.4, y, step.call, "right", size=looks.CODE, family=looks.MONO,
               color=looks.TEXT)  # fmt: skip
    words = f"{step.through} = {step.limit} + {step.through - step.limit}"
    gid = f"words:{step.call}"
    marks.text(ax, end + 1.4, y, words, "left", bold=True, color=looks.TEXT, gid=gid)
    if step.asked not in (None, step.limit):
        kept = f"the backlog kept is {step.limit}"
        marks.text(ax, end + 6.2, y, kept, "left", size=looks.SMALL, color=looks.PLAIN)


def _square(ax: Axes, x: int, y: int, step: Step, client: int) -> None:
    beyond = client >= step.limit
    colour = looks.ACCEPT_QUEUE if beyond else looks.GOOD
    marks.box(ax, x + 0.06, y - 0.36, 0.88, 0.72, colour, gid=f"client:{step.call}:{client}")
    if beyond:
        marks.text(ax, x + 0.5, y, "+1", size=looks.SMALL, color=looks.PAPER)


def backlogs(asked: Mapping[str, int], ax: Axes | None = None, *, title: str = "") -> Axes:
    """How much each server asked for, as bars, the smallest first."""
    looks.need(asked, "no server was started")
    names = sorted(asked, key=lambda name: asked[name])
    least, most = asked[names[0]], asked[names[-1]]
    title = title or f"Left to themselves, servers ask for {least} to {most}"
    told = telling.listed([f"{name} {asked[name]}" for name in names])
    alt = f"Bars of the backlog that each server asks for when nobody says a number: {told}."
    with looks.picture(ax, 9.2, 0.12 + 0.46 * len(names), margin=0, title=title, alt=alt) as ax:
        ax.set(xlim=(-0.42 * most, 1.12 * most), ylim=(len(names) - 0.4, -0.6))
        for y, name in enumerate(names):
            ax.barh(y, asked[name], height=0.66, color=looks.ACCEPT_QUEUE, gid=f"bar:{name}")
            end = asked[name] + 0.015 * most
            marks.text(ax, end, y, asked[name], "left", bold=True, color=looks.TEXT)
            marks.text(ax, -0.015 * most, y, name, "right", color=looks.TEXT)
    return ax
