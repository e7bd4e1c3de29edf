"""The pages of the book that are no notebooks: the front, the glossary, the symptoms."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from helpers.publish.book.words import anchor
from helpers.publish.glossary import Word
from helpers.publish.glossary import page as glossary_page

_HERE = Path(__file__).parent
_ALT = (
    "One run of the eight-line server, drawn from its trace: two hosts as upright lines, their"
    " calls as bars, and between them each packet from the handshake to the last ACK."
)
_TOCTREE = """
```{{toctree}}
:hidden:
:caption: {caption}

{entries}
```
"""


@dataclass(frozen=True)
class Entry:
    """A notebook as the front page tells of it. ``question`` is in Markdown."""

    name: str
    title: str
    question: str
    minutes: str
    recorded_on: str

    @property
    def number(self) -> str:
        """``04``."""
        return self.name[:2]


def entry(name: str, first: str, recorded_on: str) -> Entry:
    """What the first cell of a notebook says of it."""
    question = re.search(r"^\*(.+)\*$", first, re.MULTILINE)
    minutes = re.search(r"^\*\*(.+?)\*\*", first, re.MULTILINE)
    title = first.partition("\n")[0].lstrip("# ").strip()
    return Entry(
        name, title, question[1] if question else "", minutes[1] if minutes else "", recorded_on
    )


def note(recorded: str, run: str) -> str:
    """What stands at the head of a page: where it was recorded, and how to ``run`` it."""
    return (
        f":::{{admonition}} Recorded on {recorded}\n:class: run-it\n"
        "Nothing on this page runs. On your own kernel, in a copy of the set, `make lab` opens"
        f" {run}, and `make test` checks all of it"
        " ([what that needs](index.md#Read-it,-or-run-it)).\n:::\n"
    )


def below_title(text: str, note: str) -> str:
    """A page in Markdown with a note below its title."""
    title, _, rest = text.partition("\n")
    return f"{title}\n\n{note}\n{rest}"


def front(entries: Sequence[Entry], recorded: str, handouts: Sequence[str] = ()) -> str:
    """The first page, with the list of all others. ``handouts`` are names of files beside it."""
    listed = "\n".join(
        f"- **{each.number}** [{each.title}]({each.name}): *{each.question}* {each.minutes}."
        for each in entries
    )
    printed = ""
    if handouts:
        links = ", ".join(f"[{Path(name).stem[:2]}](handouts/{name})" for name in handouts)
        printed = f"- Handouts, what to keep of each notebook on an A4 page: {links}."
    text = (_HERE / "front.md").read_text(encoding="utf-8")
    text = text.format(recorded=recorded, picture=_ALT, notebooks=listed, handouts=printed)
    lessons = [f"{each.number} {each.title} <{Path(each.name).stem}>" for each in entries]
    others = [
        "Found by the symptom <symptoms>",
        "Claims and verdicts <claims>",
        "Glossary <glossary>",
    ]
    return (
        text
        + _TOCTREE.format(caption="Notebooks", entries="\n".join(lessons))
        + _TOCTREE.format(caption="Look it up", entries="\n".join(others))
    )


def glossary(told: Mapping[str, list[Word]]) -> str:
    """The glossary, with an id for each row: the words on all pages lead there."""
    text = glossary_page(told).replace(
        " Made by `make notebooks`; what is to change\nhere changes there.", ""
    )
    text = text.replace("\n| word |", "\n{.words .cards}\n| word |", 1)
    for word in told:
        text = text.replace(f"\n| {word} |", f'\n| <span id="{anchor(word)}"></span>{word} |')
    return text


def symptoms(text: str) -> str:
    """The page of symptoms; its marks become targets that Sphinx knows."""
    return re.sub(r'^<a id="([\w-]+)"></a>$', r"(\1)=", text, flags=re.MULTILINE)
