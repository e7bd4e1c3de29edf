"""Reads what the notebooks say: each room's ``texts.toml``, by the name of the room.

Texts are data: nothing here imports a room, and a translation may stand beside each file.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

VERDICTS = ("holds", "holds in part", "does not hold")
_ROOMS = Path(__file__).parents[1] / "concepts"


@dataclass(frozen=True, slots=True)
class Statement:
    """A claim: what is said, what Linux makes of it (a verdict), and why, in a sentence."""

    text: str
    verdict: str = ""
    why: str = ""


def predictions(room: str) -> dict[str, dict[str, str]]:
    """A room's predictions by name: each choice with the belief that leads to it.

    An empty belief stands beside what is right on Linux; the notebook finds that out by itself.
    """
    found: dict[str, dict[str, str]] = _read(room).get("predictions", {})
    return found


@cache
def statements() -> dict[str, Statement]:
    """Every claim by its number, the article's first.

    ``1.1`` to ``7.5`` are the article's, paraphrased; the number before the dot is the notebook
    that tests it. ``F1`` to ``F24`` are folklore: what is believed where it was not tried.
    """
    found = [_read(path.parent.name).get("claims", {}) for path in _ROOMS.glob("*/texts.toml")]
    claims = {number: Statement(**told) for each in found for number, told in each.items()}
    return dict(sorted(claims.items(), key=lambda item: place(item[0])))


def place(number: str) -> tuple[bool, float]:
    """Where a claim stands: the article's first, then folklore, each in order."""
    return number.startswith("F"), float(number.removeprefix("F"))


@cache
def _read(room: str) -> dict[str, Any]:
    return tomllib.loads((_ROOMS / room / "texts.toml").read_text(encoding="utf-8"))
