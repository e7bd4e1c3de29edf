"""Draws crowds at a server's door: bursts, client by client, and who of several workers serves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from helpers.concepts.backlog.bursts import Burst
from helpers.concepts.backlog.schemes import Cost, Shares
from helpers.errors import LabError
from helpers.figures import looks

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_OUT, _IN = "#F0B79A", "#79C7A6"
_GAP = 0.16  # between two bands; a band is 1 high


def crowds(bursts: Sequence[Burst], ax: Axes | None = None) -> Axes:
    """A band for each burst, in it a line for each client, in the order in which they were served.

    Orange while its SYNs are dropped, green while it waits in the accept queue; a line ends
    when the client is served. What reaches the right edge was still waiting there.
    """
    if not bursts:
        raise LabError("there is nothing to draw: no burst was played")
    ax = looks.canvas(ax, 9.6, 0.75 + 0.95 * len(bursts))
    with looks.lesson():
        end = max(b.seconds for b in bursts) if any(b.left for b in bursts) else None
        end = end or max(b.worst for b in bursts) * 1.05
        for k, burst in enumerate(bursts):
            _band(ax, k * (1 + _GAP), burst, end)
        _frame(ax, len(bursts), end)
        _words(ax, bursts, end)
    return ax


def _words(ax: Axes, bursts: Sequence[Burst], end: float) -> None:
    """What the colours mean, on the largest orange band and beside the last green one."""
    outside = max(range(len(bursts)), key=lambda k: bursts[k].size - bursts[k].at_once)
    if bursts[outside].at_once < bursts[outside].size:
        middle = outside * (1 + _GAP) + 0.6
        words = "outside: the SYN was dropped, and will be sent again"
        ax.text(end / 2, middle, words, ha="center", va="center", size=10.5, color="#8A2F0A",
                gid="word:outside")  # fmt: skip
    last = bursts[-1]
    if last.worst < 0.5 * end:
        height = (len(bursts) - 1) * (1 + _GAP) + 0.45
        ax.text(last.worst * 0.8, height, "in the accept queue, then served", va="center",
                size=10.5, color=looks.ACCEPT_QUEUE, gid="word:inside")  # fmt: skip


def _band(ax: Axes, top: float, burst: Burst, end: float) -> None:
    pairs = [
        (c if c >= 0 else end, s if s >= 0 else end)
        for c, s in zip(burst.connected, burst.served, strict=True)
    ]
    pairs.sort(key=lambda pair: (pair[1], pair[0]))
    heights = [top + (k + 0.5) / burst.size for k in range(burst.size)]
    inside, served = [c for c, _ in pairs], [s for _, s in pairs]
    ax.fill_betweenx(heights, 0, inside, color=_OUT, lw=0, gid=f"outside:{burst.n}", step="mid")
    ax.fill_betweenx(heights, inside, served, color=_IN, lw=0, gid=f"inside:{burst.n}", step="mid")
    done = burst.size - burst.left
    ax.plot(served[:done], heights[:done], color=looks.TEXT, lw=1.1, gid=f"served:{burst.n}")
    ax.text(-0.02 * end, top + 0.38, f"n = {burst.n}", ha="right", va="center", size=12,
            weight="bold")  # fmt: skip
    ax.text(-0.02 * end, top + 0.68, f"{burst.at_once} in at once", ha="right", va="center",
            size=9.5, color=looks.PLAIN)  # fmt: skip
    words = f"{burst.left} still wait" if burst.left else f"all served after {burst.worst:.1f} s"
    colour = looks.STRONG if burst.left else looks.TEXT
    ax.text(1.02 * end, top + 0.38, words, va="center", size=10.5, color=colour)
    if burst.dropped is not None:
        ax.text(1.02 * end, top + 0.68, f"{burst.dropped:,} SYNs dropped", va="center", size=9.5,
                color=looks.PLAIN)  # fmt: skip


def _frame(ax: Axes, count: int, end: float) -> None:
    bottom = count * (1 + _GAP) - _GAP
    ax.set(xlim=(0, end), ylim=(bottom + 0.04, -0.04))
    ax.set_yticks([])
    ax.spines[["left"]].set_visible(False)
    ax.set_xlabel("seconds since the burst began")
    for second in range(1, int(end) + 1):
        ax.axvline(second, color="white", lw=0.8, alpha=0.7, zorder=2.5)
    low = 0.52 / (0.75 + 0.95 * count)
    ax.figure.subplots_adjust(left=0.14, right=0.82, top=0.99, bottom=low)


def crews(shares: Sequence[Shares], ax: Axes | None = None) -> Axes:
    """A row for each scheme: the four workers' shares, needless wake-ups, and who is not served."""
    if not shares:
        raise LabError("there is nothing to draw: no scheme was played")
    ax = looks.canvas(ax, 9.6, 0.75 + 0.55 * len(shares))
    with looks.lesson():
        for y, each in enumerate(shares):
            _row(ax, y, each)
        total = sum(shares[0].taken)
        heads = (
            (0.0, f"who took the {total} clients, worker by worker", "left"),
            (1.19, "needless\nwake-ups", "center"),
            (1.45, "unserved behind\na stuck worker", "center"),
        )
        for x, words, side in heads:
            ax.text(x, -0.62, words, ha=side, va="bottom", size=10, color=looks.PLAIN)
        ax.set(xlim=(-0.36, 1.6), ylim=(len(shares) - 0.45, -1.35))
        ax.set_axis_off()
        ax.set_position((0.0, 0.0, 1.0, 1.0))
    return ax


def _row(ax: Axes, y: int, each: Shares) -> None:
    left, total = 0.0, sum(each.taken)
    for worker, taken in enumerate(each.taken):
        width, shade = taken / total, (0.95, 0.7, 0.5, 0.32)[worker % 4]
        ax.barh(y, width, left=left, height=0.62, color=looks.ACCEPT_QUEUE, alpha=shade, lw=1.5,
                edgecolor="white", gid=f"share:{each.scheme}:{worker}")  # fmt: skip
        if width > 0.05:
            ax.text(left + width / 2, y, str(taken), ha="center", va="center", size=10.5,
                    color="white" if shade > 0.45 else looks.TEXT)  # fmt: skip
        left += width
    ax.text(-0.02, y, each.scheme, ha="right", va="center", size=11)
    idle = sum(each.woken) - total
    _number(ax, 1.19, y, max(0, idle), bad=idle > total / 2)
    _number(ax, 1.45, y, each.unserved, bad=each.unserved > 0)


def _number(ax: Axes, x: float, y: float, value: int, bad: bool) -> None:
    colour, weight = (looks.STRONG, "bold") if bad else (looks.PLAIN, "normal")
    ax.text(x, y, str(value), ha="center", va="center", size=12, color=colour, weight=weight)


def costs(cost: Cost, one: Burst, many: Burst, ax: Axes | None = None) -> Axes:
    """Where a connection's time goes, and how long the same crowd takes one worker and several."""
    ax = looks.canvas(ax, 9.2, 2.5)
    with looks.lesson():
        micro = 1e6
        longest = max(one.worst, many.worst)
        whole = cost.accept + cost.serve
        parts = ((0.0, cost.accept / whole, looks.STRONG), (cost.accept / whole, 1.0, _IN))
        for left, right, colour in parts:
            ax.barh(0, right - left, left=left, height=0.55, color=colour)
        words = f"accept: {cost.accept * micro:.0f} µs"
        ax.text(0.0, -0.36, words, color=looks.STRONG, size=10.5, va="bottom")
        ax.text(0.52, 0, f"serving: {cost.serve * micro:.0f} µs", ha="center", va="center", size=11)
        for y, each in ((1.45, one), (2.15, many)):
            ax.barh(y, each.worst / longest, height=0.55, color=_IN)
            ax.text(each.worst / longest - 0.01, y, f"{each.worst * 1000:.0f} ms", ha="right",
                    va="center", size=11)  # fmt: skip
        names = (
            "one connection",
            f"one worker, {one.size} clients",
            f"{many.workers} workers, {many.size} clients",
        )
        for y, name in zip((0, 1.45, 2.15), names, strict=True):
            ax.text(-0.015, y, name, ha="right", va="center", size=11)
        ax.set(xlim=(-0.3, 1.02), ylim=(2.6, -0.85))
        ax.set_axis_off()
        ax.set_position((0.0, 0.0, 1.0, 1.0))
    return ax


def cost_table(cost: Cost, one: Burst, many: Burst) -> str:
    """The text twin of ``costs``, in words that are true in every run."""
    part = "less than a tenth" if cost.share < 0.1 else "a tenth or more"
    times = one.worst / many.worst
    gain = "less than half the time" if times > 2 else "half the time or more"
    return f"accept takes {part} of a connection's time\n{many.workers} workers need {gain} of one"
