"""Prints what is to be kept of each notebook: one A4 page, with its sentences and its picture.

    python -m helpers.publish.handout [NUMBER ...]

writes ``build/handouts/04_backlog.pdf`` and so on, from what the notebooks have stored.
"""

from __future__ import annotations

import base64
import io
import json
import re
import sys
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from helpers.errors import LabError
from helpers.publish.sections import NOTEBOOKS, chosen

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ROOT = NOTEBOOKS.parent
BUILD = ROOT / "build" / "handouts"
_WIDE, _HIGH = 8.27, 11.69  # inches: A4
_MARGIN, _LINE = 0.8, 0.235
_LETTERS = 72  # in a line of 11 points between the margins


@dataclass(frozen=True)
class Page:
    """What is on it. ``picture`` is a PNG, and ``recorded`` the system that it was made on."""

    title: str
    question: str
    sentences: tuple[str, ...]
    picture: bytes
    source: str
    recorded: str


def page(path: Path) -> Page:
    """What a notebook gives to keep. Raises ``LabError`` if it has stored no such cell."""
    book = json.loads(path.read_text(encoding="utf-8"))
    first = "".join(book["cells"][0]["source"])
    for cell in reversed(book["cells"]):
        if cell["cell_type"] == "code" and "take_away(" in "".join(cell["source"]):
            data = _shown(cell["outputs"])
            if {"text/markdown", "image/png"} <= set(data):
                return Page(
                    _plain(first.splitlines()[0].lstrip("# ")),
                    _plain(next(iter(re.findall(r"^\*(.+)\*$", first, re.MULTILINE)), "")),
                    tuple(
                        _plain(s)
                        for s in re.split(r"^\d+\. ", data["text/markdown"], flags=re.M)[1:]
                    ),
                    base64.b64decode(data["image/png"]),
                    path.name,
                    book["metadata"].get("recorded_on", ""),
                )
    raise LabError(f"{path.name} has stored no take_away(…) with a picture: run make notebooks")


def _shown(outputs: Sequence[dict[str, Any]]) -> dict[str, str]:
    return {kind: "".join(data) for out in outputs for kind, data in out.get("data", {}).items()}


def _plain(text: str) -> str:
    """Without the marks of Markdown, and in one line."""
    return " ".join(re.sub(r"[`*]|\]\([^)]*\)|\[", "", text).split())


def draw(content: Page) -> Figure:
    """The page as a figure of the size of A4."""
    from matplotlib import image
    from matplotlib.figure import Figure

    figure = Figure(figsize=(_WIDE, _HIGH))
    top = _HIGH - _MARGIN
    top = _write(figure, top, content.title, 17, weight="bold", letters=50)
    top = _write(figure, top, content.question, 11.5, style="italic", letters=78) - 0.1
    pixels = image.imread(io.BytesIO(content.picture))
    height, width = pixels.shape[:2]
    room = _WIDE - 2 * _MARGIN
    lines = sum(len(_wrapped(s)) + 0.45 for s in content.sentences) * _LINE
    scale = min(room / width, (top - _MARGIN - lines - 0.4) / height)
    at = (_WIDE - width * scale) / 2, top - height * scale
    size = width * scale, height * scale
    ax = figure.add_axes((at[0] / _WIDE, at[1] / _HIGH, size[0] / _WIDE, size[1] / _HIGH))
    ax.set_axis_off()
    ax.imshow(pixels, aspect="auto", interpolation="lanczos")
    top = at[1] - 0.35
    for number, sentence in enumerate(content.sentences, 1):
        figure.text(_MARGIN / _WIDE, top / _HIGH, str(number), size=11, weight="bold", va="top")
        top = _write(figure, top, sentence, 11, left=0.3) - 0.45 * _LINE
    where = (
        f"{content.source}, recorded on {content.recorded}" if content.recorded else content.source
    )
    figure.text(_MARGIN / _WIDE, 0.45 / _HIGH, where, size=8, color="#5B616B")
    return figure


def _write(
    figure: Figure,
    top: float,
    text: str,
    size: float,
    left: float = 0,
    letters: int = _LETTERS,
    **look: Any,
) -> float:
    """Write a paragraph that begins there, in inches from the foot; returns where it ends."""
    for line in _wrapped(text, letters):
        figure.text((_MARGIN + left) / _WIDE, top / _HIGH, line, size=size, va="top", **look)
        top -= _LINE * size / 11
    return top


def _wrapped(text: str, letters: int = _LETTERS) -> list[str]:
    return textwrap.wrap(text, letters, break_on_hyphens=False)


def main(numbers: Sequence[str]) -> int:
    """Write the pages of the notebooks with these numbers, or of all; returns the exit status."""
    from matplotlib.backends.backend_pdf import PdfPages

    try:
        paths = chosen(numbers)
    except LabError as error:
        print(error)
        return 2
    BUILD.mkdir(parents=True, exist_ok=True)
    for path in paths:
        target = BUILD / f"{path.stem}.pdf"
        # A date of its own would make each run another file.
        with PdfPages(target, metadata={"CreationDate": None}) as pages:
            pages.savefig(draw(page(path)))
        print(target.relative_to(ROOT))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
