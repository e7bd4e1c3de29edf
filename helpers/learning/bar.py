"""Shows somebody who waits how far something has come."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import TypeVar

T = TypeVar("T")
# Set by make lab. Elsewhere a bar would be in the way: nbval compares what it leaves on the page.
VARIABLE = "TCP_LAB_BARS"


def wanted() -> bool:
    """Whether bars are asked for."""
    return os.environ.get(VARIABLE, "") not in ("", "0")


def bar(items: Sequence[T], what: str) -> Iterator[T]:
    """Go through ``items``; where ``TCP_LAB_BARS`` is set a bar named ``what`` counts them."""
    if not wanted():
        yield from items
        return
    from tqdm.auto import tqdm

    tqdm.monitor_interval = 0  # no thread of its own
    yield from tqdm(items, desc=what, leave=False)
