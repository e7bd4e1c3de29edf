"""Makes the glossary: the tables of words of all notebooks, as one page.

    python -m helpers.publish.glossary

writes ``notebooks/glossary.md``. A word that several notebooks tell stands there once, with a link
to each of them; tests/publish/test_glossary.py says where their texts differ.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from helpers.errors import LabError

NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"
PAGE = NOTEBOOKS / "glossary.md"
_HEADINGS = "| word | what it stands for |"
# The column between two bars; a bar within code would have to be written as \|.
_CELL = re.compile(r"(?<!\\)\|")
_HEAD = """\
# Glossary

The words of all notebooks, as their tables tell them. Made by `make notebooks`; what is to change
here changes there.

| word | what it stands for | told in |
|---|---|---|
"""


@dataclass(frozen=True, slots=True)
class Word:
    """A word as one notebook tells it. ``heading`` is the section in which its table stands."""

    word: str
    meaning: str
    notebook: str
    heading: str

    @property
    def link(self) -> str:
        """The number of the notebook, which leads to the table."""
        anchor = re.sub(r"\s+", "-", self.heading)
        return f"[{self.notebook[:2]}]({self.notebook}#{anchor})"


def words(path: Path) -> Iterator[Word]:
    """The words of one notebook, in the order of its table.

    Raises ``LabError`` for a notebook without such a table, and for a row that is not two cells.
    """
    rows = list(_rows(_texts(path)))
    if not rows:
        raise LabError(f"{path.name} has no table {_HEADINGS!r}")
    for heading, row in rows:
        cells = [cell.strip() for cell in _CELL.split(row.strip().strip("|"))]
        if len(cells) != 2 or not all(cells):
            raise LabError(f"{path.name}: a word has two cells, and not {row!r}")
        yield Word(cells[0], cells[1], path.name, heading)


def _texts(path: Path) -> Iterator[str]:
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        if cell["cell_type"] == "markdown":
            yield "".join(cell["source"])


def _rows(texts: Iterable[str]) -> Iterator[tuple[str, str]]:
    """The rows of tables of words, each with the heading above it."""
    heading = ""
    for text in texts:
        inside = False
        for line in text.splitlines():
            if title := re.match(r"#+ (.*)", line):
                heading = title[1].strip()
            inside = line == _HEADINGS or (inside and line.startswith("|"))
            if inside and line != _HEADINGS and not line.startswith("|---"):
                yield heading, line


def by_word(paths: Iterable[Path]) -> dict[str, list[Word]]:
    """Each word with what every notebook says of it, in the order of the alphabet."""
    found: dict[str, list[Word]] = {}
    for path in sorted(paths):
        for word in words(path):
            found.setdefault(word.word, []).append(word)
    return dict(sorted(found.items(), key=lambda item: item[0].strip("`*").casefold()))


def page(told: Mapping[str, list[Word]]) -> str:
    """The page, from what ``by_word`` gives; where texts differ, all of them."""
    rows = (
        f"| {word} | {'; '.join(dict.fromkeys(each.meaning for each in tellings))}"
        f" | {', '.join(each.link for each in tellings)} |\n"
        for word, tellings in told.items()
    )
    return _HEAD + "".join(rows)


def main() -> None:
    """Write the page."""
    PAGE.write_text(page(by_word(NOTEBOOKS.glob("[0-9]*.ipynb"))), encoding="utf-8")


if __name__ == "__main__":
    main()
