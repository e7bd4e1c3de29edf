"""Draws many readings of the same bytes, one thin line each, cut where ``recv`` cut them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from helpers.concepts.recv.reads import Runs
from helpers.errors import LabError
from helpers.figures import looks
from helpers.record.snapshot import table

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_PALE, _DARK = "#F0C4AE", "#E39469"


def barcode(runs: Sequence[Runs], ax: Axes | None = None) -> Axes:
    """One line a run, runs that were cut alike together; the shade changes at each cut."""
    if not runs:
        raise LabError("there is nothing to draw: no run was made")
    count = sum(len(r.sizes) for r in runs)
    ax = looks.canvas(ax, 9.4, 0.6 + 1.25 * len(runs))
    with looks.lesson():
        gap, y = count * 0.05, 0.0
        for network in runs:
            _block(ax, network, y)
            y += len(network.sizes) + gap
        total = max(sum(s) for r in runs for s in r.sizes)
        ax.set(xlim=(0, total), ylim=(y - gap, -count * 0.01))
        ax.set_yticks([])
        ax.spines["left"].set_visible(False)
        ax.set_xlabel("bytes of the stream; a new shade begins where a recv ended")
        foot = 0.55 / (0.6 + 1.25 * len(runs))
        ax.set_position((0.2, foot, 0.77, 0.98 - foot))
    return ax


def _block(ax: Axes, network: Runs, y: float) -> None:
    from matplotlib.collections import PolyCollection

    ordered = [s for s, n in Counter(network.sizes).most_common() for _ in range(n)]
    boxes, colours = [], []
    for n, sizes in enumerate(ordered):
        at, low, high = 0, y + n, y + n + 1
        for k, size in enumerate(sizes):
            boxes.append([(at, low), (at + size, low), (at + size, high), (at, high)])
            colours.append((_DARK, _PALE)[k % 2])
            at += size
    ax.add_collection(
        PolyCollection(boxes, facecolors=colours, lw=0, gid=f"runs:{network.network}")
    )
    words = f"{network.network}\n{len(ordered)} runs"
    ax.text(-0.015, y + len(ordered) / 2, words, transform=ax.get_yaxis_transform(), ha="right",
            va="center", size=10.5)  # fmt: skip


def barcode_table(runs: Sequence[Runs]) -> str:
    """The text twin of ``barcode``; it says nothing that chance decides."""
    return table(
        [
            ("network", "runs", "bytes in each", "largest recv", "cut in"),
            *(_summary(network) for network in runs),
        ]
    )


def _summary(network: Runs) -> tuple[str, ...]:
    totals = sorted({sum(sizes) for sizes in network.sizes})
    largest = max(max(sizes) for sizes in network.sizes)
    within = "1024 or less" if largest <= 1024 else f"{largest}"
    ways = "one way" if network.ways == 1 else "several ways"
    return network.network, str(len(network.sizes)), " ".join(map(str, totals)), within, ways
