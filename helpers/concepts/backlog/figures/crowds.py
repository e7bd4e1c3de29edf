"""Draws crowds at a server's door: bursts, client by client, and who of several workers serves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from helpers.concepts.backlog.bursts import Burst
from helpers.concepts.backlog.schemes import Cost, Shares
from helpers.figures import looks, marks
from helpers.figures.looks import Axes

_GAP = 0.16  # between two bands; a band is 1 high


def crowds(bursts: Sequence[Burst], ax: Axes | None = None) -> Axes:
    """A band for each burst, in it a line for each client, in the order in which they were served.

    Orange while its SYNs are dropped, green while it waits in the accept queue; a line ends
    when the client is served. What reaches the right edge was still waiting there.
    """
    looks.need(bursts, "no burst was played")
    with looks.picture(ax, 9.6, 0.75 + 0.95 * len(bursts), within=(0.14, 0.52, 0.82, 0.99)) as ax:
        end = max(b.seconds for b in bursts) if any(b.left for b in bursts) else None
        end = end or max(b.worst for b in bursts) * 1.05
        ax.set(xlim=(0, end), ylim=(len(bursts) * (1 + _GAP) - _GAP + 0.04, -0.04))
        for k, burst in enumerate(bursts):
            _band(ax, k * (1 + _GAP), burst, end)
        for second in range(1, int(end) + 1):
            ax.axvline(second, color=looks.PAPER, lw=0.8, alpha=0.7, zorder=2.5)
        marks.rows(ax, "seconds since the burst began")
        _words(ax, bursts, end)
    return ax


def _words(ax: Axes, bursts: Sequence[Burst], end: float) -> None:
    """What the colours mean, on the largest orange band and beside the last green one."""
    outside = max(range(len(bursts)), key=lambda k: bursts[k].size - bursts[k].at_once)
    if bursts[outside].at_once < bursts[outside].size:
        words = "outside: the SYN was dropped, and will be sent again"
        marks.text(ax, end / 2, outside * (1 + _GAP) + 0.6, words, color="#8A2F0A",
                   gid="word:outside")  # fmt: skip
    last = bursts[-1].worst
    if last < 0.5 * end:
        height = (len(bursts) - 1) * (1 + _GAP) + 0.45
        marks.text(ax, last * 0.8, height, "in the accept queue, then served", "left",
                   color=looks.ACCEPT_QUEUE, gid="word:inside")  # fmt: skip


def _band(ax: Axes, top: float, burst: Burst, end: float) -> None:
    pairs = [
        (c if c >= 0 else end, s if s >= 0 else end)
        for c, s in zip(burst.connected, burst.served, strict=True)
    ]
    pairs.sort(key=lambda pair: (pair[1], pair[0]))
    heights = [top + (k + 0.5) / burst.size for k in range(burst.size)]
    edges = [0.0] * burst.size, [c for c, _ in pairs], [s for _, s in pairs]
    fills = ("outside", looks.BAD), ("inside", looks.GOOD)
    for (name, fill), left, right in zip(fills, edges, edges[1:], strict=False):
        gid = f"{name}:{burst.n}"
        ax.fill_betweenx(heights, left, right, color=fill, lw=0, gid=gid, step="mid")
    done = burst.size - burst.left
    ax.plot(edges[2][:done], heights[:done], color=looks.TEXT, lw=1.1, gid=f"served:{burst.n}")
    first, second = top + 0.38, top + 0.68
    before, after = -0.02 * end, 1.02 * end
    marks.text(ax, before, first, f"n = {burst.n}", "right", size=looks.LABEL, bold=True)
    small: dict[str, Any] = {"size": 9.5, "color": looks.PLAIN}
    marks.text(ax, before, second, f"{burst.at_once} in at once", "right", **small)
    words = f"{burst.left} still wait" if burst.left else f"all served after {burst.worst:.1f} s"
    colour = looks.STRONG if burst.left else looks.TEXT
    marks.text(ax, after, first, words, "left", color=colour)
    if burst.dropped is not None:
        marks.text(ax, after, second, f"{burst.dropped:,} SYNs dropped", "left", **small)


_IDLE, _UNSERVED = 1.19, 1.45  # columns of numbers, beside the shares


def crews(shares: Sequence[Shares], ax: Axes | None = None) -> Axes:
    """A row for each scheme: the four workers' shares, needless wake-ups, and who is not served."""
    looks.need(shares, "no scheme was played")
    with looks.picture(ax, 9.6, 0.75 + 0.55 * len(shares), margin=0) as ax:
        ax.set(xlim=(-0.36, 1.6), ylim=(len(shares) - 0.45, -1.35))
        for y, each in enumerate(shares):
            _row(ax, y, each)
        took = f"who took the {sum(shares[0].taken)} clients, worker by worker"
        marks.head(ax, 0, -0.62, took, "left", va="bottom")
        marks.head(ax, _IDLE, -0.62, "needless\nwake-ups", va="bottom")
        marks.head(ax, _UNSERVED, -0.62, "unserved behind\na stuck worker", va="bottom")
    return ax


def _row(ax: Axes, y: int, each: Shares) -> None:
    left, total = 0.0, sum(each.taken)
    for worker, taken in enumerate(each.taken):
        width, shade = taken / total, (0.95, 0.7, 0.5, 0.32)[worker % 4]
        ax.barh(y, width, left=left, height=0.62, color=looks.ACCEPT_QUEUE, alpha=shade, lw=1.5,
                edgecolor=looks.PAPER, gid=f"share:{each.scheme}:{worker}")  # fmt: skip
        if width > 0.05:
            colour = looks.PAPER if shade > 0.45 else looks.TEXT
            marks.text(ax, left + width / 2, y, taken, color=colour)
        left += width
    marks.text(ax, -0.02, y, each.scheme, "right", size=looks.LABEL)
    idle = max(0, sum(each.woken) - total)
    for x, value, bad in (
        (_IDLE, idle, idle > total / 2),
        (_UNSERVED, each.unserved, each.unserved),
    ):
        colour = looks.STRONG if bad else looks.PLAIN
        marks.text(ax, x, y, value, size=looks.LABEL, color=colour, bold=bool(bad))


def costs(cost: Cost, one: Burst, many: Burst, ax: Axes | None = None) -> Axes:
    """Where a connection's time goes, and how long the same crowd takes one worker and several."""
    longest = max(one.worst, many.worst)
    share = cost.accept / (cost.accept + cost.serve)
    with looks.picture(ax, 9.2, 2.5, margin=0) as ax:
        ax.set(xlim=(-0.3, 1.02), ylim=(2.6, -0.85))
        marks.text(ax, -0.015, 0, "one connection", "right", size=looks.LABEL)
        ax.barh(0, share, height=0.55, color=looks.STRONG)
        ax.barh(0, 1.0 - share, left=share, height=0.55, color=looks.GOOD)
        words = f"accept: {cost.accept * 1e6:.0f} µs"
        marks.text(ax, 0.0, -0.36, words, "left", va="bottom", color=looks.STRONG)
        marks.text(ax, 0.52, 0, f"serving: {cost.serve * 1e6:.0f} µs", size=looks.LABEL)
        for y, each, who in ((1.45, one, "one worker"), (2.15, many, f"{many.workers} workers")):
            marks.text(ax, -0.015, y, f"{who}, {each.size} clients", "right", size=looks.LABEL)
            wide = each.worst / longest
            ax.barh(y, wide, height=0.55, color=looks.GOOD)
            marks.text(ax, wide - 0.01, y, f"{each.worst * 1000:.0f} ms", "right", size=looks.LABEL)
    return ax


def cost_table(cost: Cost, one: Burst, many: Burst) -> str:
    """The text twin of ``costs``, in words that are true in every run."""
    part = "less than a tenth" if cost.share < 0.1 else "a tenth or more"
    times = one.worst / many.worst
    gain = "less than half the time" if times > 2 else "half the time or more"
    return f"accept takes {part} of a connection's time\n{many.workers} workers need {gain} of one"
