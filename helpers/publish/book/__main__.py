"""``python -m helpers.publish.book`` writes ``build/book``; build.py says how."""

from __future__ import annotations

import importlib.util
import os
import sys
import time

from helpers.errors import LabError
from helpers.learning.progress import VARIABLE
from helpers.publish.book.build import BOOK, ROOT, build


def main() -> int:
    """Build the book, and say where it is; returns the exit status."""
    missing = [
        name for name in ("myst_nb", "sphinx_book_theme") if not importlib.util.find_spec(name)
    ]
    if missing:
        print(f"the book needs {' and '.join(missing)}: make book installs them")
        return 1
    os.environ.pop(VARIABLE, None)  # a book asks every reader the same
    started = time.monotonic()
    try:
        build()
    except LabError as error:
        print(error)
        return 1
    where = (BOOK / "index.html").relative_to(ROOT)
    print(f"{where} in {time.monotonic() - started:.0f} s; open it in a browser")
    return 0


if __name__ == "__main__":
    sys.exit(main())
