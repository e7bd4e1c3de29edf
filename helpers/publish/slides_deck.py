"""Lays a notebook out as slides: figure first and its text twin left out, the rest in portions.

What a cell is follows from its mark; a slide that has no more room goes on below. A question
stands alone; what answers it comes after the run, at a press of its own.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from helpers.learning.question import Question, Rows
from helpers.learning.texts import asked, named
from helpers.publish import guide
from helpers.publish import slides_blocks as blocks
from helpers.publish.sections import Notebook, Part, parts
from helpers.publish.slides_blocks import HIGH, Block
from helpers.publish.slides_code import subject
from helpers.publish.slides_marks import NOTES, SKIP, SLIDE, SUBSLIDE, picture, stored

# Read at home, and not on a screen.
_AT_HOME = "Further reading"
_RECALLED = 3
_WITHIN = re.compile(r"\[([^\]\n]+)\]\((?!https?:)[\w./#-]+\)")


@dataclass
class Slide:
    """``kind`` is slide (to the right) or subslide (below); ``notes`` are Markdown."""

    kind: str
    where: str
    blocks: list[Block] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def room(self) -> int:
        """How many pixels are left."""
        return HIGH - sum(block.height for block in self.blocks)

    @property
    def heading(self) -> bool:
        """Whether a heading stands on it, perhaps with a text, and nothing else."""
        return len(self.blocks) == 1 and self.blocks[0].text.startswith("#")

    @property
    def asks(self) -> bool:
        """Whether a question stands on it."""
        return any("class=\"ask\"" in block.text for block in self.blocks)

    @property
    def bare(self) -> bool:
        """Whether a heading stands on it, and not even a text."""
        return self.heading and "\n" not in self.blocks[0].text


class Deck:
    """The slides of one notebook."""

    def __init__(self, book: Notebook, cells: Sequence[Mapping[str, Any]]) -> None:
        self.book, self.slides = book, list[Slide]()
        self._where = book.title
        self._minutes = {section.title: section.minutes for section in book.sections[::-1]}
        kinds = {cell["id"]: kind for cell, kind in zip(cells, stored(cells), strict=True)}
        for part in parts(cells):
            kind = kinds[part.cell["id"]]
            if not part.on_path or kind == SKIP or part.title == _AT_HOME:
                continue
            if part.is_code:
                self._code(part, kind)
            elif part.level and kind != NOTES:
                self._heading(part)
            else:
                self.slides[-1].notes.append(part.text)

    def _new(self, kind: str, block: Block) -> Slide:
        """The slide on which it stands: a new one, or one with nothing but a heading on it."""
        if kind == SUBSLIDE and self.slides[-1].bare and block.height <= self.slides[-1].room:
            self.slides[-1].blocks.append(block)
        else:
            self.slides.append(Slide(kind, self._where, [block]))
        return self.slides[-1]

    def _put(self, found: Iterable[Block], *, below: bool = False) -> None:
        """Each block where there is room; with ``below`` the first one begins a slide."""
        for block in found:
            if below or block.height > self.slides[-1].room:
                self._new(SUBSLIDE, block)
            else:
                self.slides[-1].blocks.append(block)
            below = False

    def _heading(self, part: Part) -> None:
        if part.level < 3:
            self._where = f"{self.book.number}  {part.title}" if part.level == 2 else ""
        text = part.text
        if part.level == 1:
            text = re.sub(r"^\*\*.*?(?=^- )", "Afterwards you can\n\n", text, flags=re.M | re.S)
            text = "\n".join(text.splitlines()[: text.count("\n") - 1])
        slide = self._new(SLIDE if part.level < 3 else SUBSLIDE, blocks.prose(text))
        if part.level == 2 and (minutes := self._minutes.get(part.title)):
            slide.notes.append(f"**About {minutes} minutes.**")

    def _code(self, part: Part, kind: str) -> None:
        below = kind == SUBSLIDE
        if "recall(" in part.text:
            self._questions(_recalled(self.book.room), {})
        elif names := part.names("predict"):
            self._question(named(self.book.room)[names[0]])
        elif "quiz(" in part.text:
            quiz = named(self.book.room)["QUIZ"]
            self._questions(quiz, givens(_texts(part)[-1], quiz))
        elif "take_away(" in part.text:
            self._take_away(part)
        else:
            self._run(part, below=below)
            for room_text in re.findall(r"reveal\(\w+\.([A-Z_]+(?:\[\"\w+\"\])?)", part.text):
                self._answer(room_text)

    def _question(self, question: Question | Rows) -> None:
        """Alone on its slide, before the run."""
        shown = blocks.table(question) if isinstance(question, Rows) else blocks.asked(question)
        self._new(SUBSLIDE, shown).notes += ["**Vote**, before anything runs.", *_told(question)]

    def _questions(self, questions: Sequence[Question], given: Mapping[str, str]) -> None:
        """Questions that are answered at once: the answer is the next press."""
        for question in questions:
            block = blocks.asked(question, answer=True)
            found = blocks.printed(given[question.key]) if question.key in given else []
            self._put(found, below=True)
            self._put([block], below=not found)
            self.slides[-1].notes += _told(question)

    def _answer(self, key: str) -> None:
        name, _, row = key.partition("[")
        question = named(self.book.room)[name]
        if isinstance(question, Rows):
            self._put([blocks.row_answer(question[row.strip('"]')])])
        else:
            self._new(SUBSLIDE, blocks.asked(question, answer=True)).notes += _told(question)

    def _run(self, part: Part, *, below: bool) -> None:
        shown = picture(part.cell)
        program = blocks.code(subject(part.text, drawn=bool(shown)))
        # What a heading announces may stand below it.
        below = below and not self.slides[-1].heading
        if not shown:
            printed = [block for text in _texts(part) for block in blocks.printed(text)]
            # What shows nothing needs no slide of its own; but a question stands alone.
            self._put([*program, *printed], below=below and bool(printed or self.slides[-1].asks))
            return
        alone = blocks.picture(shown, self._where)
        used = sum(block.height for block in program)
        room = (HIGH if below else self.slides[-1].room) - used
        beside = blocks.picture(shown, self._where, max(room, 1))
        if beside.height >= 0.85 * alone.height:
            self._put([*program, beside], below=below)
        else:
            self._put(program, below=below)
            self._put([alone], below=True)

    def _take_away(self, part: Part) -> None:
        if shown := picture(part.cell):
            self._put([blocks.picture(shown, self._where)], below=True)
        sentences = "\n".join(
            f"{n}. {s}" for n, s in enumerate(named(self.book.room)["TAKE_AWAY"], 1)
        )
        self._put([blocks.prose(sentences)], below=True)


def _recalled(room: str) -> list[Question]:
    """What the notebook itself asks again where nothing is known of the reader."""
    found = [asked(key) for key in named(room)["RECALL"]]
    return [each.by_itself for each in found if not each.given][:_RECALLED]


def _told(question: Question | Rows) -> list[str]:
    """What the guide says of it, for the speaker."""
    return ["\n".join(guide.told(question)[2:])]


def _texts(part: Part) -> list[str]:
    """What a cell has shown as text, in order; of an error its last line."""
    found = []
    for output in part.cell["outputs"]:
        if output["output_type"] == "error":
            found.append(f"{output['ename']}: {output['evalue']}")
        elif text := output.get("text") or output["data"].get("text/plain"):
            found.append("".join(text))
    return [text for text in found if "reveal(" not in part.text or not _is_answer(text)]


def _is_answer(text: str) -> bool:
    """Whether it is what ``reveal`` shows: the answer has a slide of its own."""
    return bool(re.search(r"^-> [A-Z]  ", text, re.MULTILINE))


def givens(text: str, questions: Sequence[Question]) -> dict[str, str]:
    """The tables and traces that a quiz has shown, by the question below each."""
    found: dict[str, str] = {}
    block: list[str] = []
    number = 0
    for line in text.splitlines()[1:]:
        if re.match(rf"{number + 1}  \S", line):
            if any(block) and questions[number].given:
                found[questions[number].key] = "\n".join(block).strip("\n")
            number, block = number + 1, []
        elif line.startswith(" " * 7) or not line:
            block.append(line[7:])
        else:
            block = []
    return found


def lines(deck: Iterable[Slide]) -> Iterator[tuple[str, str]]:
    """The slides as cells: each its kind and its Markdown; notes follow what they belong to.

    A link to another file of the set would lead nowhere from a deck: its words stay.
    """
    for slide in deck:
        where = f'<div class="where">{html.escape(slide.where)}</div>'
        text = "\n\n".join([where, *(block.text for block in slide.blocks)])
        yield slide.kind, _WITHIN.sub(r"\1", text)
        if slide.notes:
            yield NOTES, _WITHIN.sub(r"\1", "\n\n".join(slide.notes))
