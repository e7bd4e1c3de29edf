"""Draws crowds at a server's door: bursts, client by client."""

from __future__ import annotations

from collections.abc import Sequence

from helpers.concepts.backlog.bursts import AT_ONCE, Burst
from helpers.figures import looks, marks
from helpers.figures.looks import Axes

_GAP = 0.16  # between two bands; a band is 1 high
_DOOR = "Whoever finds the queue full comes back whole seconds later"
_WIDTH, _LEFT, _RIGHT, _FOOT = 9.3, 1.32, 2.02, 0.62  # inches, of the words beside and below


def crowds(bursts: Sequence[Burst], ax: Axes | None = None, *, title: str = _DOOR) -> Axes:
    """A band for each burst, in it a line for each client, in the order in which they were served.

    Pale orange while its SYNs are dropped, green while it waits in the accept queue, which who got
    in at once has done from the beginning; a line ends when the client is served. What reaches the
    right edge was still waiting there.
    """
    looks.need(bursts, "no burst was played")
    place = _LEFT / _WIDTH, _FOOT, 1 - _RIGHT / _WIDTH, 1.0
    high = min(_FOOT + 0.96 * len(bursts), looks.HIGH - 0.75)
    with looks.picture(ax, _WIDTH, high, within=place, title=title, alt=_told(bursts)) as ax:
        end = max(b.seconds for b in bursts) if any(b.left for b in bursts) else None
        end = end or max(b.worst for b in bursts) * 1.05
        ax.set(xlim=(0, end), ylim=(len(bursts) * (1 + _GAP) - _GAP + 0.06, -0.04))
        for k, burst in enumerate(bursts):
            _band(ax, k * (1 + _GAP), burst, end)
        for second in range(1, int(end) + 1):
            ax.axvline(second, color=looks.PAPER, lw=1.2, alpha=0.8, zorder=2.5)
        marks.rows(ax, "seconds since the burst began")
        ax.set_yticks([])
        if end >= 2:
            ax.set_xticks(range(int(end) + 1))
        _words(ax, bursts, end)
    return ax


def _words(ax: Axes, bursts: Sequence[Burst], end: float) -> None:
    """What the colours mean, on the largest orange band and beside the last green one."""
    outside = max(range(len(bursts)), key=lambda k: bursts[k].size - bursts[k].at_once)
    if bursts[outside].at_once < bursts[outside].size:
        words = "outside: the SYN was dropped, and is sent again"
        marks.text(ax, end / 2, outside * (1 + _GAP) + 0.55, words, color=looks.TEXT, zorder=4,
                   gid="word:outside")  # fmt: skip
    last = bursts[-1].worst
    if last < 0.5 * end:
        height = (len(bursts) - 1) * (1 + _GAP) + 0.45
        marks.text(ax, last * 0.8, height, "in the accept queue, until it is served", "left",
                   color=looks.ACCEPT_QUEUE, gid="word:inside")  # fmt: skip


def _band(ax: Axes, top: float, burst: Burst, end: float) -> None:
    pairs = [
        (end if c < 0 else c if c >= AT_ONCE else 0.0, s if s >= 0 else end)
        for c, s in zip(burst.connected, burst.served, strict=True)
    ]
    pairs.sort(key=lambda pair: (pair[1], pair[0]))
    heights = [top + (k + 0.5) / burst.size for k in range(burst.size)]
    edges = [0.0] * burst.size, [c for c, _ in pairs], [s for _, s in pairs]
    fills = ("outside", looks.BAD), ("inside", looks.ACCEPT_QUEUE)
    for (name, fill), left, right in zip(fills, edges, edges[1:], strict=False):
        gid = f"{name}:{burst.n}"
        ax.fill_betweenx(heights, left, right, color=fill, lw=0, gid=gid, step="mid")
    done = burst.size - burst.left
    ax.plot(edges[2][:done], heights[:done], color=looks.TEXT, lw=1.6, gid=f"served:{burst.n}")
    _beside(ax, -0.02 * end, top, "right", f"n = {burst.n}", f"{burst.at_once} in at once")
    first = f"{burst.left} still wait" if burst.left else f"all within {burst.worst:.1f} s"
    dropped = f"{burst.dropped:,} SYNs dropped" if burst.dropped is not None else ""
    _beside(ax, 1.025 * end, top, "left", first, dropped, looks.FAILS if burst.left else looks.TEXT)


def _beside(
    ax: Axes, x: float, top: float, ha: str, first: str, second: str, colour: str = looks.TEXT
) -> None:
    """Two lines of words beside a band."""
    marks.text(ax, x, top + 0.34, first, ha, bold=True, color=colour)
    marks.text(ax, x, top + 0.66, second, ha, size=looks.SMALL, color=looks.PLAIN)


def _told(bursts: Sequence[Burst]) -> str:
    rows = [f"n = {b.n}, {b.at_once} in at once, and {_end(b)}" for b in bursts]
    return (
        f"Bands of clients, {bursts[0].size} in each, that come at one moment; a line ends when "
        f"its client is served: {'; '.join(rows)}."
    )


def _end(burst: Burst) -> str:
    """In words that are true in every run."""
    if burst.left:
        return "some still wait at the end"
    late = burst.at_once < burst.size
    return "the others are served in later seconds" if late else "all are served one by one"
