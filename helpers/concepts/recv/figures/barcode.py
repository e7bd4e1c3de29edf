"""Draws many readings of the same bytes, one thin row each, marked where ``recv`` cut them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import accumulate

from helpers.concepts.recv.reads import Runs
from helpers.figures import looks, marks
from helpers.figures.looks import Axes
from helpers.record.snapshot import table

# Inches: a block of runs, the gap below it, what stands left of them, and the axis.
_BLOCK, _GAP, _LEFT, _FOOT = 1.0, 0.2, 2.0, 0.6
_READ = 1024  # bytes that each recv asked for
_MARK, _SEAM = 3.0, 1.0  # points


def barcode(
    runs: Sequence[Runs], ax: Axes | None = None, *, title: str = "The same bytes, other cuts"
) -> Axes:
    """One thin row a run, those that were cut alike together; a dark mark where a recv ended."""
    looks.need(runs, "no run was made")
    total = max(sum(s) for r in runs for s in r.sizes)
    high = (_BLOCK + _GAP) * len(runs) + _FOOT
    within = (_LEFT / looks.WIDE, _FOOT, 1 - 0.35 / looks.WIDE, 1)
    with looks.picture(ax, looks.WIDE, high, title=title, alt=_told(runs), within=within) as ax:
        ax.set(xlim=(0, total), ylim=(len(runs) - _GAP / 2, -0.02))
        for y, network in enumerate(runs):
            _block(ax, y, network, total)
        marks.rows(ax, "bytes of the stream; a dark mark where a recv ended")
        if total < 10 * _READ:
            ax.set_xticks([*range(0, total - _READ // 2, _READ), total])
    return ax


def _block(ax: Axes, y: int, network: Runs, total: int) -> None:
    """A block is as high as ``_BLOCK`` of a row, whatever the number of its runs."""
    from matplotlib.collections import LineCollection

    high = _BLOCK / (_BLOCK + _GAP)
    marks.box(ax, 0, y, total, high, looks.FAINT, gid=f"runs:{network.network}")
    step, top = high / len(network.sizes), float(y)
    cuts, seams = [], []
    for sizes, count in Counter(network.sizes).most_common():
        foot = top + count * step
        cuts += [[(end, top), (end, foot)] for end in accumulate(sizes) if end < total]
        seams.append([(0, foot), (total, foot)])
        top = foot
    for lines, colour, lw, name in (
        (cuts, looks.DATA, _MARK, "cuts"),
        (seams[:-1], looks.PAPER, _SEAM, "seams"),
    ):
        gid = f"{name}:{network.network}"
        ax.add_collection(LineCollection(lines, colors=colour, lw=lw, capstyle="butt", gid=gid))
    beside, line = ax.get_yaxis_transform(), 0.1 / (_BLOCK + _GAP)
    ways = "one way" if network.ways == 1 else f"{network.ways} ways"
    marks.text(ax, -0.015, y + high / 2 - line, network.network, "right", bold=True,
               transform=beside, gid="network")  # fmt: skip
    marks.text(ax, -0.015, y + high / 2 + line, f"{len(network.sizes)} runs, {ways}", "right",
               size=looks.SMALL, transform=beside, gid="ways")  # fmt: skip


def _told(runs: Sequence[Runs]) -> str:
    """In how many ways, one or several: the rest is chance."""
    rows = "; ".join(f"{r.network}, cut in {_ways(r)}" for r in runs)
    return (
        f"{len(runs)} blocks of thin rows, each row one reading of the same bytes, with a mark "
        f"where a recv ended: {rows}. Cut in one way, the marks are lines from top to foot."
    )


def _ways(network: Runs) -> str:
    return "one way" if network.ways == 1 else "several ways"


def barcode_table(runs: Sequence[Runs]) -> str:
    """The text twin of ``barcode``; it says nothing that chance decides."""
    heads = ("network", "runs", "bytes in each", "largest recv", "cut in")
    return table([heads, *(_summary(network) for network in runs)])


def _summary(network: Runs) -> tuple[str, ...]:
    totals = sorted({sum(sizes) for sizes in network.sizes})
    largest = max(max(sizes) for sizes in network.sizes)
    within = "1024 or less" if largest <= 1024 else f"{largest}"
    runs, sums = str(len(network.sizes)), " ".join(map(str, totals))
    return network.network, runs, sums, within, _ways(network)
