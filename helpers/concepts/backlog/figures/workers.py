"""Draws several workers at one port: who serves, who is woken, and where the time goes."""

from __future__ import annotations

from collections.abc import Sequence

from helpers.concepts.backlog.bursts import Burst
from helpers.concepts.backlog.schemes import Cost, Shares
from helpers.figures import looks, marks
from helpers.figures.looks import Axes

_WHO = "Four ways to wait at one port, and who gets the clients"
# In inches: the names' column, all shares together, a column of numbers, a row, a bar.
_NAMES, _SHARES, _NUMBER, _ROW, _BAR = 1.72, 4.5, 1.48, 0.62, 0.42


def crews(shares: Sequence[Shares], ax: Axes | None = None, *, title: str = _WHO) -> Axes:
    """A row for each scheme: each worker's share, needless wake-ups, and who is not served."""
    looks.need(shares, "no scheme was played")
    width, high = _NAMES + _SHARES + 2 * _NUMBER, _ROW * len(shares) + 0.66
    with looks.picture(ax, width, high, margin=0, title=title, alt=_crews_told(shares)) as ax:
        ax.set(xlim=(-_NAMES, width - _NAMES), ylim=(len(shares) * _ROW - 0.25, -0.91))
        idle, unserved = _SHARES + 0.55 * _NUMBER, _SHARES + 1.5 * _NUMBER
        took = f"who took the {sum(shares[0].taken)} clients, from the first worker to the last"
        marks.head(ax, 0, -0.4, took, "left")
        marks.head(ax, idle, -0.4, "woken\nfor nothing")
        marks.head(ax, unserved, -0.4, "unserved if\none is stuck")
        for k, each in enumerate(shares):
            y = k * _ROW
            marks.text(ax, -0.14, y, each.scheme, "right", color=looks.TEXT)
            _shares(ax, y, each)
            needless = max(0, sum(each.woken) - sum(each.taken))
            _number(ax, idle, y, needless, needless > sum(each.taken) / 2)
            _number(ax, unserved, y, each.unserved, each.unserved > 0)
    return ax


def _shares(ax: Axes, y: float, each: Shares) -> None:
    """One bar, in it a part for each worker with what it took."""
    left, total = 0.0, sum(each.taken)
    for worker, taken in enumerate(each.taken):
        wide = _SHARES * taken / total
        marks.box(ax, left, y - _BAR / 2, wide, _BAR, looks.GOOD, edge=looks.PAPER, lw=3,
                  gid=f"share:{each.scheme}:{worker}")  # fmt: skip
        if wide > 0.1 + 0.115 * len(str(taken)):
            marks.text(ax, left + wide / 2, y, taken, color=looks.TEXT)
        left += wide


def _number(ax: Axes, x: float, y: float, value: int, bad: bool) -> None:
    """What should be zero; in a frame where it is not."""
    frame = {"boxstyle": "round,pad=0.3", "fc": looks.PAPER, "ec": looks.TEXT, "lw": 2.0}
    look = {"bbox": frame, "color": looks.TEXT} if bad else {"color": looks.PLAIN}
    marks.text(ax, x, y, value, bold=bad, gid="bad" if bad else "well", **look)


def _crews_told(shares: Sequence[Shares]) -> str:
    """Shares in words: but for those that are equal they are chance."""
    rows = []
    for each in shares:
        taken = "one worker takes all" if max(each.taken) == sum(each.taken) else "unequal shares"
        taken = "equal shares" if each.even else taken
        wakes = f"{each.needless:.0f} needless wake-ups a client"
        left = "clients left behind a stuck worker" if each.unserved else "nobody left behind"
        rows.append(f"{each.scheme}: {taken}, {wakes}, {left}")
    return (
        f"A table with a bar for each of {len(shares[0].taken)} workers, as long as its share of "
        f"{sum(shares[0].taken)} clients. {'; '.join(rows)}."
    )


def costs(
    cost: Cost, one: Burst, many: Burst, ax: Axes | None = None, *, title: str = ""
) -> Axes:  # fmt: skip
    """Two panels: where a connection's time goes, and how long a crowd takes one worker and many.

    All bars of a panel have one scale; the panels have none in common.
    """
    thin = "a sliver" if cost.share < 0.1 else f"{cost.share:.0%} of the time"
    title = title or f"accept is {thin}; workers help by serving side by side"
    left = ("one connection, in µs", [("accept", cost.accept * 1e6), ("serving", cost.serve * 1e6)])
    bursts = ((_workers(one), one.worst * 1e3), (_workers(many), many.worst * 1e3))
    right = (f"until the last of {one.size} clients is served, in ms", bursts)
    part = "less than a tenth" if cost.share < 0.1 else "a tenth or more"
    gain = "less than half" if one.worst > 2 * many.worst else "half or more"
    alt = (
        f"Two panels of bars. In the time of one connection, accept takes {part}, serving the "
        f"rest. A crowd of {one.size} clients takes {_workers(many)} {gain} of "
        f"the time that it takes {_workers(one)}."
    )
    with looks.picture(ax, 9.2, 1.56, margin=0, title=title, alt=alt) as ax:
        ax.set(xlim=(0, 9.2), ylim=(1.56, 0))
        _panel(ax, 0.95, 2.65, *left)
        _panel(ax, 5.6, 2.85, *right)
    return ax


def _workers(burst: Burst) -> str:
    return f"{burst.workers} worker" + ("" if burst.workers == 1 else "s")


def _panel(
    ax: Axes, x: float, width: float, heading: str, bars: Sequence[tuple[str, float]]
) -> None:  # fmt: skip
    """Bars below a heading; the longest is ``width`` wide, in inches."""
    marks.head(ax, x, 0.26, heading, "left")
    longest = max(value for _, value in bars)
    for (name, value), y in zip(bars, (0.66, 1.22), strict=True):
        wide = width * value / longest
        marks.box(ax, x, y - 0.2, wide, 0.4, looks.GOOD, gid=f"bar:{name}")
        marks.text(ax, x - 0.1, y, name, "right", color=looks.TEXT)
        marks.text(ax, x + wide + 0.08, y, f"{value:.0f}", "left", bold=True, color=looks.TEXT)


def cost_table(cost: Cost, one: Burst, many: Burst) -> str:
    """The text twin of ``costs``, in words that are true in every run."""
    part = "less than a tenth" if cost.share < 0.1 else "a tenth or more"
    times = one.worst / many.worst
    gain = "less than half the time" if times > 2 else "half the time or more"
    return f"accept takes {part} of a connection's time\n{many.workers} workers need {gain} of one"
