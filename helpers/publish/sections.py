"""Takes a stored notebook apart: its sections, what a class goes through of it, its minutes.

A section begins at a heading of the second level. A markdown cell may hold several headings, so a
notebook is first cut into parts: a code cell, or what stands under one heading of a markdown cell.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from helpers.errors import LabError
from helpers.learning.question import Question, Rows
from helpers.learning.texts import named, rooms

NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"
TEACHING = NOTEBOOKS / "teaching"
# Sections that a class of fifty minutes leaves out, by how their headings begin.
LONGER = ("In depth", "Your turn")
# What a minute holds, by guess and not by measure: only the proportions between sections count.
_WORDS, _RUN, _VOTE = 180, 0.5, 1.5
_TENS = {"ten": 10, "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "fifteen": 15}
_ONES = {"": 0, "five": 5}


@dataclass(frozen=True)
class Part:
    """A code cell, or the text under one heading; ``level`` is 0 without a heading.

    ``on_path`` says whether a class of fifty minutes goes through it.
    """

    cell: Mapping[str, Any]
    text: str
    level: int
    title: str
    on_path: bool

    @property
    def is_code(self) -> bool:
        """Whether it is a code cell."""
        return bool(self.cell["cell_type"] == "code")

    @property
    def hidden(self) -> bool:
        """Whether it is folded away: an answer, or a solution."""
        return bool(self.cell["metadata"].get("jupyter", {}).get("source_hidden"))

    def names(self, function: str) -> list[str]:
        """What of its room is given to a function: ``["THROUGH"]`` for ``predict``."""
        found = rf"\b{function}\((?:\w+, )?\w+\.([A-Z_]+)" if self.is_code else r"(?!)"
        return re.findall(found, self.text)


@dataclass(frozen=True)
class Section:
    """What stands under one heading of the second level, with the minutes that it takes."""

    title: str
    parts: tuple[Part, ...]
    minutes: int

    @property
    def on_path(self) -> bool:
        """Whether a class of fifty minutes goes through it."""
        return self.parts[0].on_path

    def asks(self) -> list[str]:
        """The names of its predictions."""
        return [name for part in self.parts for name in part.names("predict")]


@dataclass(frozen=True)
class Notebook:
    """A notebook as a teacher sees it. ``path_minutes`` and ``more_minutes`` are its own."""

    file: str
    room: str
    title: str
    trouble: str
    question: str
    goals: tuple[str, ...]
    sections: tuple[Section, ...]
    path_minutes: int
    more_minutes: int

    @property
    def number(self) -> str:
        """``"04"``."""
        return self.file[:2]

    def asked(self, *, on_path: bool) -> list[Question | Rows]:
        """Its predictions on the path, or beside it, in order."""
        told = named(self.room)
        sections = [each for each in self.sections if each.on_path == on_path]
        return [told[name] for section in sections for name in section.asks()]


def cells_of(path: Path) -> list[dict[str, Any]]:
    """The cells, each with its source as one text."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return [{**cell, "source": "".join(cell["source"])} for cell in cells]


def parts(cells: Iterable[Mapping[str, Any]]) -> Iterator[Part]:
    """All parts of the cells, in order."""
    left_out = 0  # the level of the heading of the section that is left out
    for cell in cells:
        if cell["cell_type"] != "markdown":
            yield Part(cell, cell["source"], 0, "", not left_out)
            continue
        for text in _under_headings(cell["source"]):
            mark, title = re.findall(r"\A(#*) ?(.*)", text)[0]
            if mark and (not left_out or len(mark) <= left_out):
                left_out = len(mark) if title.startswith(LONGER) else 0
            yield Part(cell, text, len(mark), title if mark else "", not left_out)


def _under_headings(text: str) -> list[str]:
    """A text, cut before each heading; a comment in a block of code is none."""
    found: list[list[str]] = [[]]
    fenced = False
    for line in text.splitlines():
        fenced ^= line.startswith("```")
        if not fenced and re.match(r"#+ ", line) and any(found[-1]):
            found.append([])
        found[-1].append(line)
    return ["\n".join(lines).strip() for lines in found]


def notebook(path: Path) -> Notebook:
    """Read one. Raises ``LabError`` where its first cell does not say how long it takes."""
    cells = cells_of(path)
    first = cells[0]["source"]
    title, *rest = first.splitlines()
    said = re.search(r"\*\*([\w-]+) minutes\*\*.*? takes ([\w-]+) more", first)
    question = re.search(r"^\*([^*].*)\*$", first, re.MULTILINE)
    if not said or not question:
        raise LabError(f"{path.name}: its first cell names no question, or no minutes")
    numbers = {number: room for room, number in rooms().items()}
    path_minutes, more = _number(said[1]), _number(said[2])
    return Notebook(
        file=path.name,
        room=numbers[path.name[:2]],
        title=title.lstrip("# "),
        trouble="\n".join(rest[: rest.index(question[0])]).strip(),
        question=question[1],
        goals=tuple(re.findall(r"^- (.*?)[;.]?$", first, re.MULTILINE)),
        sections=tuple(_sections(list(parts(cells)), path_minutes, more)),
        path_minutes=path_minutes,
        more_minutes=more,
    )


def notebooks() -> list[Notebook]:
    """All of them, in reading order."""
    return [notebook(path) for path in chosen()]


def chosen(numbers: Sequence[str] = (), also: str = "") -> list[Path]:
    """The files of the notebooks with these numbers, or of all, in reading order.

    Raises ``LabError`` for a number that none has; it names ``also`` beside them, if given.
    """
    paths = {path.name[:2]: path for path in sorted(NOTEBOOKS.glob("[0-9]*.ipynb"))}
    for number in numbers:
        if number not in paths:
            known = ", ".join(paths) + (f", or {also}" if also else "")
            raise LabError(f"there is no notebook {number}; it is one of {known}")
    return [paths[number] for number in numbers or paths]


def _number(word: str) -> int:
    """A number of minutes in words, as the notebooks write it. ``LabError`` for another word."""
    tens, _, ones = word.lower().partition("-")
    if tens not in _TENS or ones not in _ONES:
        raise LabError(f"{word!r} is no number of minutes; say it as in 'thirty-five'")
    return _TENS[tens] + _ONES[ones]


def _sections(found: list[Part], path_minutes: int, more: int) -> list[Section]:
    groups: list[list[Part]] = []
    for part in found:
        if part.level == 2:
            groups.append([])
        if groups:  # what comes before the first one is the title
            groups[-1].append(part)
    minutes: dict[int, int] = {}
    for on_path, whole in ((True, path_minutes), (False, more)):
        mine = [n for n, group in enumerate(groups) if group[0].on_path == on_path]
        minutes |= zip(mine, shared(whole, [_weight(groups[n]) for n in mine]), strict=True)
    return [Section(g[0].title, tuple(g), minutes[n]) for n, g in enumerate(groups)]


def _weight(group: Iterable[Part]) -> float:
    """About how many minutes a section takes."""
    weight = 0.0
    for part in group:
        if not part.is_code:
            weight += len(part.text.split()) / _WORDS
        elif not part.hidden:
            weight += _VOTE if part.names("predict") else _RUN
    return weight


def shared(whole: int, weights: Sequence[float]) -> list[int]:
    """A number of minutes in whole parts by weight, which add up to it; the largest rests first."""
    exact = [whole * weight / sum(weights) for weight in weights]
    parts = [math.floor(each) for each in exact]
    rests = sorted(range(len(exact)), key=lambda n: parts[n] - exact[n])
    for n in rests[: whole - sum(parts)]:
        parts[n] += 1
    return parts
