"""Shows somebody who waits how far something has come."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

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
    yield from _tqdm()(items, desc=what, leave=False)


class Slow:
    """A bar for what may be over at once: it comes after a second, and fills within ``seconds``."""

    def __init__(self, what: str, seconds: float) -> None:
        self._what, self._seconds, self._begun = what, seconds, time.monotonic()
        self._bar: Any = None

    def goes_on(self) -> None:
        """It is not over yet."""
        passed = round(time.monotonic() - self._begun, 1)
        if self._bar is None and passed > 1 and wanted():
            shape = "{desc} |{bar}| {n:g} s"
            self._bar = _tqdm()(total=self._seconds, desc=self._what, leave=False, bar_format=shape)
        if self._bar is not None and passed > self._bar.n:
            self._bar.update(passed - self._bar.n)

    def over(self) -> None:
        """Take the bar away, if there is one."""
        if self._bar is not None:
            self._bar.close()


def _tqdm() -> Any:
    from tqdm.auto import tqdm

    tqdm.monitor_interval = 0  # no thread of its own
    return tqdm
