"""Reads what the notebooks say: each room's ``texts.toml``, by the name of the room.

Texts are data: nothing here imports a room, and a translation may stand beside each file. What
every exercise says is in the file beside this one.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

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


class Sayings:
    """The texts of an exercise, each by its key: ``SAY.too_late``. AttributeError for any other.

    tests/unit/test_texts.py finds the keys in the code, and holds them against those of the file.
    """

    def __init__(self, where: str, told: dict[str, str]) -> None:
        self._where = where
        self.__dict__.update(told)

    def __getattr__(self, key: str) -> str:
        raise AttributeError(f"{self._where} has no text {key!r}", name=key, obj=self)


def sayings(room: str, *names: str) -> Sayings:
    """The tables ``[exercises.…]`` of a room by their names; of two texts the first one counts."""
    tables = _read(room)["exercises"]
    told = {key: text for name in reversed(names) for key, text in tables[name].items()}
    return Sayings(f"{room}: {', '.join(names)}", told)


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
    """All texts of a room; ``learning`` for those beside this file."""
    home = Path(__file__).parent if room == "learning" else _ROOMS / room
    return tomllib.loads((home / "texts.toml").read_text(encoding="utf-8"))
