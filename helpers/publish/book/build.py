"""Builds the book: first its sources, from the notebooks as they are stored, then its pages."""

from __future__ import annotations

import io
import json
import re
import shutil
import tempfile
from pathlib import Path
from typing import Any

from helpers.errors import LabError
from helpers.publish.book import claims, pages
from helpers.publish.book.finishing import Finishing
from helpers.publish.book.lessons import lesson
from helpers.publish.glossary import NOTEBOOKS, by_word

ROOT = Path(__file__).resolve().parents[3]
BOOK = ROOT / "build" / "book"
HANDOUTS = ROOT / "build" / "handouts"
_NOTEBOOK = "[0-9]*.ipynb"
_COLOURS = re.compile(r"\x1b\[[\d;]*m")
_HERE = Path(__file__).parent
_STYLES = (_HERE / "book.css", ROOT / "helpers" / "learning" / "sheet.css")
_TITLE = "What a TCP server really does"


def anchor(title: str) -> str:
    """The id by which links lead to a heading: Jupyter's, so that they work in both."""
    return re.sub(r"\s+", "-", title.strip())


_SETTINGS: dict[str, Any] = {
    "project": _TITLE,
    "author": "the tcp-server-notebooks authors",
    "language": "en",
    "smartquotes": False,  # a message is quoted as the kernel's, not as a printer's
    "extensions": ["myst_nb"],
    # Nothing is run: what the book shows is what was stored.
    "nb_execution_mode": "off",
    "nb_merge_streams": True,
    "nb_render_text_lexer": "none",
    "myst_enable_extensions": ["attrs_block", "colon_fence"],
    "myst_heading_anchors": 4,
    "myst_heading_slug_func": "helpers.publish.book.build.anchor",
    "html_theme": "sphinx_book_theme",
    "html_title": _TITLE,
    "html_context": {"default_mode": "auto"},  # light or dark, as the reader's system is
    "html_css_files": [path.name for path in _STYLES],
    "html_static_path": ["static"],
    "html_use_index": False,
    "html_scaled_image_link": False,  # finishing.py makes a link of every picture
    "html_copy_source": False,
    "html_show_search_summary": False,  # it would be fetched, which files do not allow
    "html_show_sphinx": False,
    "html_show_copyright": False,
    "html_theme_options": {
        "use_download_button": False,
        "use_fullscreen_button": False,
        "show_toc_level": 2,
        "show_navbar_depth": 1,
        "navbar_persistent": [],
        "navigation_with_keys": False,  # the arrow keys are a replay's
    },
}


def sources(folder: Path, notebooks: Path = NOTEBOOKS, handouts: Path = HANDOUTS) -> None:
    """Write into an empty folder what Sphinx makes the pages from.

    Raises ``LabError`` where what a notebook has stored is not what its room says today.
    """
    entries = []
    paths = sorted(notebooks.glob(_NOTEBOOK))
    for path in paths:
        notebook = json.loads(path.read_text(encoding="utf-8"))
        first = "".join(notebook["cells"][0]["source"])
        entry = pages.entry(path.name, first, notebook["metadata"].get("recorded_on", "Linux"))
        entries.append(entry)
        try:
            made = lesson(
                notebook, entry.number, pages.note(entry.recorded_on, f"your own `{path.name}`")
            )
        except LabError as error:
            raise LabError(f"{path.name}: {error}") from None
        (folder / path.name).write_text(json.dumps(made, ensure_ascii=False), encoding="utf-8")
    printed = sorted(path.name for path in handouts.glob("*.pdf"))
    if printed:
        (folder / "handouts").mkdir()
        for name in printed:
            shutil.copyfile(handouts / name, folder / "handouts" / name)
    recorded = ", ".join(dict.fromkeys(entry.recorded_on for entry in entries))
    note = pages.note(recorded, "the notebooks")
    symptoms = (notebooks / "symptoms.md").read_text(encoding="utf-8")
    texts = {
        "index.md": pages.front(entries, recorded, printed),
        "glossary.md": pages.glossary(by_word(paths)),
        "claims.md": pages.below_title(claims.page(paths), note),
        "symptoms.md": pages.below_title(pages.symptoms(symptoms), note),
    }
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    shutil.copyfile(ROOT / ".github" / "ladder.png", folder / "ladder.png")
    (folder / "static").mkdir()
    for style in _STYLES:
        shutil.copyfile(style, folder / "static" / style.name)


def build(target: Path = BOOK, notebooks: Path = NOTEBOOKS) -> None:
    """Make the book anew in ``target``, which is replaced; needs no network.

    Raises ``LabError`` for a stale notebook, for a link that leads nowhere and for all else that
    Sphinx warns of; then what was there before stays.
    """
    from sphinx.application import Sphinx
    from sphinx.util.docutils import docutils_namespace, patch_docutils

    warnings = io.StringIO()
    with tempfile.TemporaryDirectory() as made:
        source, out, trees = (Path(made) / name for name in ("source", "pages", "trees"))
        source.mkdir()
        sources(source, notebooks)
        with patch_docutils(), docutils_namespace():
            app = Sphinx(
                source, None, out, trees, "html", confoverrides=_SETTINGS, status=None,
                warning=warnings, freshenv=True, parallel=1,
            )  # fmt: skip
            Finishing(by_word(sorted(notebooks.glob(_NOTEBOOK)))).connect(app)
            app.build(force_all=True)
        if told := _COLOURS.sub("", warnings.getvalue()).replace(f"{source}/", ""):
            raise LabError(f"the book was not built: {told}")
        # Sphinx's own notes for a next build, which depend on the folder of this one.
        (out / ".buildinfo").unlink()
        shutil.rmtree(out / "_sources", ignore_errors=True)
        if target.exists():
            shutil.rmtree(target)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(out, target)
