"""The table of claims: what is said, what Linux makes of it, and what the stored runs show."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from helpers.errors import LabError
from helpers.learning.texts import place, statements

_ROW = re.compile(r"^(F?\d+(?:\.\d+)?) +(.*)$")
_HEADS = (
    ("What the article says", lambda number: not number.startswith("F")),
    ("What is told elsewhere", lambda number: number.startswith("F")),
)
_COLUMNS = """\
{.claims .cards}
| no. | claim | on Linux it | because | seen | tested in |
|---|---|---|---|---|---|
"""
_TOP = """\
# What is said, and what Linux does

Every row was tested: the run of a notebook has shown what stands under *seen*, and the verdict
follows from it. On your own machine the notebook tests it again, on your kernel.
"""


@dataclass(frozen=True)
class Row:
    """One claim in a notebook's ledger, as it was stored."""

    number: str
    seen: str
    verdict: str
    notebook: str


def rows(path: Path) -> Iterator[Row]:
    """The rows of a stored notebook's ledger.

    Raises ``LabError`` for a verdict that is not the one of the list of claims.
    """
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    for cell in cells:
        if cell["cell_type"] == "code" and "".join(cell["source"]).strip() == "ledger":
            for block in _text(cell).split("\n\n"):
                yield _row(block, path.name)


def _text(cell: Mapping[str, Any]) -> str:
    return "".join(
        "".join(output["data"].get("text/plain", ""))
        for output in cell["outputs"]
        if "data" in output
    )


def _row(block: str, notebook: str) -> Row:
    first = _ROW.match(block.partition("\n")[0])
    text = " ".join(block.split())
    parts = re.search(r" Seen: (.*) Verdict: ([a-z ]+)\. ", text + " ")
    if not first or not parts:
        raise LabError(f"{notebook}: this is no row of a ledger: {text[:80]!r}")
    verdict = statements()[first[1]].verdict
    if parts[2] != verdict:
        raise LabError(f"{notebook} has stored that {first[1]} {parts[2]!r}, not {verdict!r}")
    return Row(first[1], parts[1].rstrip("."), parts[2], notebook)


def page(paths: Iterable[Path]) -> str:
    """The page, in Markdown, with a link from each claim to the ledger that has it."""
    found = sorted((row for path in paths for row in rows(path)), key=lambda row: place(row.number))
    text = _TOP
    for head, belongs in _HEADS:
        text += f"\n## {head}\n\n{_COLUMNS}"
        text += "".join(_line(row) for row in found if belongs(row.number))
    return text


def _line(row: Row) -> str:
    claim = statements()[row.number]
    link = f"[{row.notebook[:2]}]({row.notebook}#The-ledger)"
    cells = (row.number, claim.text, row.verdict, claim.why, _code(row.seen), link)
    return f"| {' | '.join(cells)} |\n"


def _code(text: str) -> str:
    """What a run has printed, which is no Markdown."""
    return re.sub(r"([\\`*_\[\]<>|])", r"\\\1", text)
