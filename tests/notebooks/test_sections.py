"""A reader runs a section again, or goes back to it after a restart: both work."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import REASON, namespaces_allowed
from tests.notebooks.sabotage import close, fresh, run_cells
from tests.notebooks.sections import sections

NOTEBOOKS = sorted((Path(__file__).parents[2] / "notebooks").glob("[0-9]*.ipynb"))
BOOKS = {path.name[:2]: sections(path) for path in NOTEBOOKS}
# What a section needs before it, after a restart: the cells up to the first lab. The last ones
# look back on what the others found.
BEGINS = ("", "Setup", "Words")
LOOKS_BACK = ("The ledger", "What do you know now", "In practice", "Take away")
ALONE = [
    (number, title)
    for number, book in BOOKS.items()
    for title in book
    if title not in BEGINS and not title.startswith(LOOKS_BACK)
]
pytestmark = [pytest.mark.skipif(not namespaces_allowed(), reason=REASON)]


@pytest.mark.parametrize("number", BOOKS)
def test_each_section_can_be_run_twice(number: str) -> None:
    space = fresh()
    try:
        for cells in BOOKS[number].values():
            for _ in range(2):
                run_cells(cells, space)
    finally:
        close(space)


@pytest.mark.parametrize(
    ("number", "title"), ALONE, ids=[f"{number} {title}" for number, title in ALONE]
)
def test_each_section_can_be_run_after_a_restart(number: str, title: str) -> None:
    book, space = BOOKS[number], fresh()
    try:
        for begin in BEGINS:
            run_cells(book.get(begin, []), space)
        run_cells(book[title], space)
    finally:
        close(space)
