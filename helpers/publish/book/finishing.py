"""What is done to pages beyond what Sphinx does: words with their meaning, questions that can be
clicked, and pictures that open in their own size.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from helpers.publish.book.words import Finder, Told, anchor
from helpers.publish.glossary import Word

_HERE = Path(__file__).parent
_SHEET = Path(__file__).parents[2] / "learning" / "sheet.js"
_PICTURE = re.compile(r'(<img [^>]*src="(_images/[^"]+)"[^>]*>)')
# By what stands in a page: the files that make it live, as parts of one module.
_LIVE = {
    'class="lesson-page"': (_SHEET, _HERE / "sheets.js"),
    'class="word"': (_HERE / "words.js",),
    'class="tcp-replay-page"': (_HERE / "theme.js",),
}
# What is a word of the lab means something else where no lab is spoken of.
_OF_THE_LAB = {anchor(word) for word in ("host", "call", "wire", "trace", "snapshot")}
_WITHOUT_WORDS = {"glossary", "index", "claims"}


class Finishing:
    """``told`` are the words of the glossary, as ``glossary.by_word`` gives them."""

    def __init__(self, told: Mapping[str, list[Word]]) -> None:
        self._finder = Finder(told)

    def connect(self, app: Any) -> None:
        """Have a Sphinx application do it."""
        app.connect("doctree-resolved", self._tell_words)
        app.connect("html-page-context", self._enliven)

    def _enliven(
        self, app: Any, page: str, template: str, context: dict[str, Any], tree: Any
    ) -> None:
        """The modules stand in the page itself: from files a browser loads none."""
        body = context.get("body", "")
        context["body"] = _PICTURE.sub(r'<a class="figure" href="\2">\1</a>', body)
        for mark, files in _LIVE.items():
            if mark in body:
                module = "\n".join(path.read_text(encoding="utf-8") for path in files)
                app.add_js_file(None, body=module, type="module")

    def _tell_words(self, app: Any, tree: Any, page: str) -> None:
        """Mark each word at its first use in a section; sections within count for themselves."""
        from docutils import nodes

        if page in _WITHOUT_WORDS:
            return
        seen: dict[int, set[str]] = {}
        known = _OF_THE_LAB if page == "symptoms" else set()
        for section, text in list(_prose(tree)):
            pieces = list(self._finder.split(str(text), seen.setdefault(id(section), set(known))))
            made = [
                nodes.raw("", each.html("glossary.html"), format="html")
                if isinstance(each, Told)
                else nodes.Text(each)
                for each in pieces
            ]
            if len(made) > 1:
                text.parent.replace(text, made)


def _prose(tree: Any) -> Iterator[tuple[Any, Any]]:
    """The texts in which a word may be told, each with its section.

    No code, no output, no headings and links, and not the tables that tell the words.
    """
    from docutils import nodes

    # A container is a cell of code with its output.
    apart: Any = "literal literal_block title reference raw math target container".split()
    apart = tuple(getattr(nodes, name) for name in apart)
    for text in tree.findall(nodes.Text):
        above = list(_above(text))
        sections = [each for each in above if isinstance(each, nodes.section)]
        if not sections or sections[0].children[0].astext() == "Words":
            continue
        if not any(isinstance(each, apart) for each in above):
            yield sections[0], text


def _above(node: Any) -> Iterator[Any]:
    while node := node.parent:
        yield node
