"""Says of each cell what it is in a deck: the rule behind ``slideshow`` in the cells' metadata.

=========== ====================================================================
slide       a heading of the first or second level; the deck goes on to the right
subslide    a heading of the third; a question; a run with a picture or an answer
``-``       code that belongs to what is shown before it
notes       text without a heading: the speaker says it
skip        what a class of fifty minutes leaves out; imports, and what is folded
=========== ====================================================================

JupyterLab shows the same marks live, with the extension jupyterlab-slideshow.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from helpers.publish.sections import Part, cells_of, parts

SLIDE, SUBSLIDE, GOES_ON, NOTES, SKIP = "slide", "subslide", "-", "notes", "skip"
# Where code only prepares; what is asked again stands there too.
_PREPARES = "Setup"
_ASKS = ("predict", "recall", "quiz", "take_away", "reveal")

Cell = Mapping[str, Any]


def marks(cells: Sequence[Cell]) -> list[str]:
    """What each cell is in a deck, in order."""
    found: list[str] = []
    section = shown = ""
    for _, group in itertools.groupby(parts(cells), key=lambda part: id(part.cell)):
        mine = list(group)
        section = next((p.title for p in reversed(mine) if p.level in (1, 2)), section)
        if not mine[-1].on_path:
            found.append(SKIP)
        elif mine[0].is_code:
            found.append(_code(mine[0], section, shown))
        else:
            found.append(_text(mine))
        if found[-1] not in (NOTES, SKIP):
            shown = "goes on" if _can_go_on(mine[0]) else "full"
    return found


def _can_go_on(part: Part) -> bool:
    """Whether the next code may stand below it: text, or code that shows nothing yet."""
    return not part.is_code or not part.cell["outputs"]


def _code(part: Part, section: str, shown: str) -> str:
    asks = any(f"{function}(" in part.text for function in _ASKS)
    if part.hidden or part.text == "lab.close()" or (section == _PREPARES and not asks):
        return SKIP
    if asks or shown == "full" or picture(part.cell):
        return SUBSLIDE
    return GOES_ON


def _text(mine: Sequence[Part]) -> str:
    levels = [part.level for part in mine if part.level and part.on_path]
    if not levels:
        return NOTES
    return SLIDE if min(levels) < 3 else SUBSLIDE


def picture(cell: Cell) -> str:
    """The PNG that a cell has shown, as base64; or nothing."""
    for output in cell.get("outputs", ()):
        if data := output.get("data", {}).get("image/png"):
            return "".join(data).replace("\n", "")
    return ""


def marked(path: Path) -> str:
    """The notebook's text with the marks in its cells, and nothing else changed."""
    text = path.read_text(encoding="utf-8")
    book = json.loads(text)
    for cell, mark in zip(book["cells"], marks(cells_of(path)), strict=True):
        cell["metadata"] = dict(sorted({**cell["metadata"], **_as_metadata(mark)}.items()))
    return json.dumps(book, ensure_ascii=False, indent=1) + "\n"


def _as_metadata(mark: str) -> dict[str, dict[str, str]]:
    return {"slideshow": {"slide_type": mark}}


def stored(cells: Sequence[Cell]) -> Iterator[str]:
    """The marks that the cells carry; an empty text where there is none."""
    for cell in cells:
        yield cell["metadata"].get("slideshow", {}).get("slide_type", "")
