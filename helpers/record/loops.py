"""Finds in a trace's lines what a program does over and over again, so that it is told once.

Rule of this file: pure.
"""

from __future__ import annotations

from collections.abc import Sequence

# A loop is told once if it goes round more often than this, with so many lines a round at most.
_ROUNDS, _ROUND = 8, 4


def loop(told: Sequence[tuple[str, bool]], at: int) -> tuple[int, int]:
    """How many lines of calls make one round from ``at`` on, and how many rounds follow; (1, 1) if
    it is no loop. With each line stands whether it is one of a call."""
    for size in range(1, _ROUND + 1):
        group = told[at : at + size]
        if not all(is_call for _, is_call in group):
            break
        texts, times = [text for text, _ in group], 1
        while [t for t, _ in told[at + size * times : at + size * (times + 1)]] == texts:
            times += 1
        if times > _ROUNDS:
            return size, times
    return 1, 1
