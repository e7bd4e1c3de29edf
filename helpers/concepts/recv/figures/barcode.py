"""Draws many readings of the same bytes, one thin line each, cut where ``recv`` cut them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import accumulate

from helpers.concepts.recv.reads import Runs
from helpers.figures import looks, marks
from helpers.figures.looks import Axes
from helpers.record.snapshot import table

_PALE, _DARK = "#F0C4AE", "#E39469"


def barcode(runs: Sequence[Runs], ax: Axes | None = None) -> Axes:
    """One line a run, runs that were cut alike together; the shade changes at each cut."""
    looks.need(runs, "no run was made")
    count = sum(len(r.sizes) for r in runs)
    with looks.picture(ax, 9.4, 0.6 + 1.25 * len(runs), within=(0.2, 0.55, 0.97, 0.98)) as ax:
        gap, y = count * 0.05, 0.0
        for network in runs:
            _block(ax, network, y)
            y += len(network.sizes) + gap
        total = max(sum(s) for r in runs for s in r.sizes)
        ax.set(xlim=(0, total), ylim=(y - gap, -count * 0.01))
        marks.rows(ax, "bytes of the stream; a new shade begins where a recv ended")
    return ax


def _block(ax: Axes, network: Runs, y: float) -> None:
    from matplotlib.collections import PolyCollection

    ordered = [s for s, n in Counter(network.sizes).most_common() for _ in range(n)]
    boxes, colours = [], []
    for low, sizes in enumerate(ordered):
        for k, end in enumerate(accumulate(sizes)):
            left, top = end - sizes[k], y + low
            boxes.append([(left, top), (end, top), (end, top + 1), (left, top + 1)])
            colours.append((_DARK, _PALE)[k % 2])
    gid = f"runs:{network.network}"
    ax.add_collection(PolyCollection(boxes, facecolors=colours, lw=0, gid=gid))
    words = f"{network.network}\n{len(ordered)} runs"
    middle, beside = y + len(ordered) / 2, ax.get_yaxis_transform()
    marks.text(ax, -0.015, middle, words, "right", transform=beside)


def barcode_table(runs: Sequence[Runs]) -> str:
    """The text twin of ``barcode``; it says nothing that chance decides."""
    heads = ("network", "runs", "bytes in each", "largest recv", "cut in")
    return table([heads, *(_summary(network) for network in runs)])


def _summary(network: Runs) -> tuple[str, ...]:
    totals = sorted({sum(sizes) for sizes in network.sizes})
    largest = max(max(sizes) for sizes in network.sizes)
    within = "1024 or less" if largest <= 1024 else f"{largest}"
    ways = "one way" if network.ways == 1 else "several ways"
    return network.network, str(len(network.sizes)), " ".join(map(str, totals)), within, ways
