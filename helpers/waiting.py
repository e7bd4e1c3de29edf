"""Waits for what the kernel does on its own time, with a deadline."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import Any

from helpers.bar import Slow
from helpers.errors import LabError


def patience() -> float:
    """The factor on every deadline, from the environment's ``TCP_LAB_PATIENCE``; 1 by default."""
    text = os.environ.get("TCP_LAB_PATIENCE", "1")
    try:
        factor = float(text)
    except ValueError:
        factor = 0.0
    if not 0 < factor <= 1000:
        raise LabError(f"TCP_LAB_PATIENCE is {text!r}; it must be a number above 0, at most 1000")
    return factor


def wait_until(what: str, seen: Callable[[], object], seconds: float = 5.0) -> Any:
    """Ask ``seen`` until it is true and return what it says; no longer than ``seconds``.

    For what the kernel does on its own time: timers, a peer's process. Raises ``LabError``
    that names ``what`` was awaited and what was last seen. Where bars are asked for, one comes
    after a second.
    """
    limit, slow = time.monotonic() + seconds * patience(), Slow(what, seconds)
    try:
        while not (value := seen()):
            if time.monotonic() > limit:
                raise LabError(f"waited {seconds:g} s for {what}; last seen: {value!r}")
            slow.goes_on()
            time.sleep(0.002)
    finally:
        slow.over()
    return value
