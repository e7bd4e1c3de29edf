"""Tells what a word of the glossary means, under the pointer, at its first use in each section.

A word is a link to its row in the glossary, so that a finger and a key find its meaning too.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from helpers.publish.glossary import Word

# Some are verbs, or mean something else elsewhere; behind a word of the second set they are ours.
_WEAK = set("call burst port host window reference destination stream trace".split())
_BEFORE = set("a an the this each every one its two three both second last".split())
_NEVER = {"source"}  # of a program, as often as of a packet


@dataclass(frozen=True)
class Told:
    """A word as it stands in a text, what it means, and the id of its row."""

    text: str
    meaning: str
    anchor: str

    def html(self, glossary: str) -> str:
        """A link to its row of the page ``glossary``; a style sheet shows what it means."""
        return (
            f'<a class="word" href="{glossary}#{self.anchor}"'
            f' data-meaning="{html.escape(self.meaning)}">{html.escape(self.text)}</a>'
        )


def anchor(word: str) -> str:
    """``word-accept-queue``: the id of a row of the glossary."""
    return "word-" + re.sub(r"[^a-z0-9]+", "-", _plain(word).casefold()).strip("-")


def _plain(text: str) -> str:
    return re.sub(r"[`*]", "", text)


class Finder:
    """Finds the words of ``told`` (what ``glossary.by_word`` gives) in texts.

    A word that means something in one notebook alone is none of them, and of a pair each half is.
    """

    def __init__(self, told: Mapping[str, list[Word]]) -> None:
        self._words: dict[str, tuple[str, str]] = {}
        for word, tellings in told.items():
            meaning = _plain(tellings[0].meaning)
            if not meaning.startswith("in this notebook"):
                for half in _plain(word).split(", "):
                    self._words[half] = (meaning, anchor(word))
        for word in _NEVER & set(self._words):
            del self._words[word]
        longest = sorted(self._words, key=lambda word: (-len(word), word))
        self._pattern = re.compile("|".join(map(_either_case, longest)))

    def split(self, text: str, seen: set[str]) -> Iterator[str | Told]:
        """The text in pieces, those that are words as ``Told``.

        ``seen`` are the words of this section so far, by their anchors; what is found is added.
        """
        at = 0
        for found in self._pattern.finditer(text):
            word = self._known(found[0])
            meaning, where = self._words[word]
            if where in seen or (word in _WEAK and not _noun(text[: found.start()])):
                continue
            seen.add(where)
            yield text[at : found.start()]
            yield Told(found[0], meaning, where)
            at = found.end()
        yield text[at:]

    def _known(self, text: str) -> str:
        shapes = [text, text[0].lower() + text[1:]]
        shapes += [shape.removesuffix("s") for shape in shapes]
        return next(shape for shape in shapes if shape in self._words)


def _either_case(word: str) -> str:
    first = f"[{word[0]}{word[0].upper()}]" if word[0].islower() else re.escape(word[0])
    return rf"(?<![\w.-]){first}{re.escape(word[1:])}s?(?![\w-])"


def _noun(before: str) -> bool:
    words = before.split()
    return bool(words) and words[-1].casefold() in _BEFORE
