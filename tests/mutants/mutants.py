"""The list of mutations: small wrongs put into the code one at a time, each with what must notice.

They stand in the TOML files beside this one, a table for each file of ``helpers/``:

    ["helpers/record/causes.py"]
    play = "tests/lab/test_order.py notebooks/06_partial_recv.ipynb"
    wrongs = [["an ACK is no cause", "old text", "new text"], …]

``play`` is what pytest is given: tests, and notebooks, whose cells are compared as nbval does. A
wrong that something else concerns has that as a fourth value.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1]


@dataclass(frozen=True)
class Mutant:
    """One wrong: in ``file``, ``old`` becomes ``new``; ``play`` must notice."""

    name: str
    group: str
    file: str
    old: str
    new: str
    play: tuple[str, ...]

    def spoil(self, text: str) -> str:
        """The text of the file with the wrong in it. Raises ValueError if it does not fit once."""
        if text.count(self.old) != 1:
            raise ValueError(
                f"{self.name}: {self.old!r} stands {text.count(self.old)} times in {self.file}"
            )
        return text.replace(self.old, self.new)


def mutants() -> list[Mutant]:
    """All of them, in the order of their files."""
    return [each for path in sorted(HERE.glob("*.toml")) for each in _read(path)]


def _read(path: Path) -> Iterator[Mutant]:
    for file, told in tomllib.loads(path.read_text(encoding="utf-8")).items():
        for name, old, new, *play in told["wrongs"]:
            targets = (play[0] if play else told["play"]).split()
            yield Mutant(name, path.stem, file, old, new, tuple(targets))
