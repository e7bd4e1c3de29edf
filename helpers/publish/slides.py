"""Makes a deck of each notebook, for a class of fifty minutes, that needs no network.

    python -m helpers.publish.slides [NUMBER ...]     decks, into build/slides
    python -m helpers.publish.slides --mark           marks of all cells, in the notebooks

A deck is made of cells as they are stored and marked (``slides_marks.py``). reveal.js, which shows
it, comes from npm, once, with its licence.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from helpers.errors import LabError
from helpers.publish import sections, slides_marks
from helpers.publish.sections import NOTEBOOKS, cells_of, chosen
from helpers.publish.slides_deck import Deck, lines
from helpers.publish.slides_reveal import NAME, fetch

ROOT = NOTEBOOKS.parent
BUILD = ROOT / "build" / "slides"
_HERE = Path(__file__).parent
_THEME = "lesson"


def deck(path: Path) -> Deck:
    """The slides of a notebook. Raises ``LabError`` where a cell carries another mark than due."""
    cells = cells_of(path)
    if list(slides_marks.stored(cells)) != slides_marks.marks(cells):
        raise LabError(
            f"{path.name} has cells without their marks:"
            " run python -m helpers.publish.slides --mark"
        )
    return Deck(sections.notebook(path), cells)


def page(made: Deck) -> str:
    """The deck as HTML; it looks for reveal.js, with our theme in it, in the folder beside it."""
    import nbformat
    from nbconvert import SlidesExporter
    from traitlets.config import Config

    cells = []
    for kind, text in lines(made.slides):
        cell = nbformat.v4.new_markdown_cell(text)  # type: ignore[no-untyped-call]
        cell.metadata["slideshow"] = {"slide_type": kind}
        cells.append(cell)
    about = {"title": made.book.title}
    book = nbformat.v4.new_notebook(cells=cells, metadata=about)  # type: ignore[no-untyped-call]
    settings = Config(SlidesExporter={"reveal_url_prefix": NAME, "reveal_theme": _THEME})
    template = (_HERE / "slides.html.j2").read_text(encoding="utf-8")
    exporter = SlidesExporter(config=settings, raw_template=template)  # type: ignore[no-untyped-call]
    text, _ = exporter.from_notebook_node(book)
    return str(text)


def mark() -> None:
    """Write the marks into all notebooks; a second time changes nothing."""
    for path in chosen():
        if (text := slides_marks.marked(path)) != path.read_text(encoding="utf-8"):
            path.write_text(text, encoding="utf-8")
            print(f"marked {path.relative_to(ROOT)}")


def main(arguments: Sequence[str]) -> int:
    """Write the decks of the notebooks with these numbers, or of all; returns the exit status."""
    if list(arguments) == ["--mark"]:
        mark()
        return 0
    try:
        paths = chosen(arguments, also="--mark")
    except LabError as error:
        print(error)
        return 2
    BUILD.mkdir(parents=True, exist_ok=True)
    try:
        theme = fetch(BUILD) / "dist" / "theme"
        theme.mkdir(exist_ok=True)
        shutil.copy(_HERE / "slides.css", theme / f"{_THEME}.css")
        for path in paths:
            made = deck(path)
            target = BUILD / f"{path.stem}.html"
            target.write_text(page(made), encoding="utf-8")
            print(f"{target.relative_to(ROOT)}: {len(made.slides)} slides")
    except LabError as error:
        print(error)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
