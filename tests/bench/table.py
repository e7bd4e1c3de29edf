"""One line of the table of ``make bench``, and how it is made of measurements."""

from __future__ import annotations

import statistics
from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """One line of the table. ``yardstick`` is None where there is none to run."""

    what: str
    ours: float
    yardstick: float | None
    unit: str
    target: str
    met: bool | None
    note: str = ""

    @property
    def ratio(self) -> float | None:
        return self.ours / self.yardstick if self.yardstick else None


def compared(
    what: str, ours: list[float], yardstick: list[float], most: float, unit: str = "ms"
) -> Row:
    """A row whose target is a ratio of medians; ``most`` 0 is no target."""
    scale = 1000 if unit == "ms" else 1
    mine, other = statistics.median(ours) * scale, statistics.median(yardstick) * scale
    target, met = (f"{most:.2f} x", mine <= most * other) if most else ("", None)
    return Row(what, mine, other, unit, target, met)


def alone(what: str, ours: float, unit: str, note: str) -> Row:
    """A row whose yardstick cannot run here."""
    return Row(what, ours, None, unit, "", None, note)
