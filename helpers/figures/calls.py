"""Draws the calls of a ladder: bars beside a host's rail, open while blocked, with their text."""

from __future__ import annotations

import re
from dataclasses import dataclass

from helpers.figures import looks, marks
from helpers.figures.layout import Layout, spread, visible
from helpers.figures.looks import Axes
from helpers.figures.spelling import Spelling
from helpers.record.trace import CallRecord, Trace

SIZE = looks.CODE
LETTER = 0.603 * SIZE / 72  # inches; every letter of DejaVu Sans Mono is this wide
ROOM, _LINE = 0.25, 0.19  # inches from one label to the next, and from line to line of one
FEWEST = 18  # letters of a line, at which a long label is folded at the latest
BESIDE = 0.1  # from the bar to its label


@dataclass(frozen=True, slots=True)
class Words:
    """One label: the height of what it tells, the height where it stands, text and colour."""

    height: float
    y: float
    text: str
    colour: str

    @property
    def foot(self) -> float:
        """The height of its last line, in rows of a usual ladder."""
        return self.y + 0.7 * self.text.count("\n")


@dataclass(frozen=True, slots=True)
class Bar:
    """One call of a host; ``top`` is None if it began before the trace, ``end`` while blocked."""

    call: CallRecord
    top: float | None
    end: float | None
    spelling: Spelling

    def words(self) -> list[tuple[float, str, str]]:
        """``(height, text, colour)``: one label for a call that returned at once, else two."""
        call, start = self.call, self.top or 0.0
        if self.end is None:
            return [(start, f"{self.text} … blocked", looks.TEXT)]
        colour = looks.FAILS if call.error else looks.TEXT
        if self.end - start < 0.8:
            return [(start, self.spelling.whole(call), colour)]
        colour = looks.FAILS if call.error else looks.PLAIN
        answer = self.spelling.outcome(call).strip() or "returns"
        return [(start, self.text, looks.TEXT), (self.end, answer, colour)]

    @property
    def text(self) -> str:
        """The call as it is written, without its end."""
        return self.spelling.text(self.call)

    def letters(self, most: int) -> int:
        """How long the longest line of its labels is, if none may have more than ``most``."""
        return max(len(line) for _, text, _ in self.words() for line in fold(text, most))


def bars(trace: Trace, layout: Layout, queries: bool) -> list[Bar]:
    """Each visible call of the trace, with the heights of its beginning and its end in it."""
    found: dict[CallRecord, list[float | None]] = {}
    spelling = Spelling(trace)
    for event, y in zip(trace.events, layout.heights, strict=True):
        if isinstance(event.record, CallRecord) and visible(event, queries):
            found.setdefault(event.record, [None, None])[event.kind == "end"] = y
    return [Bar(call, top, end, spelling) for call, (top, end) in found.items()]


# What a label may be broken into: the socket that a call makes, the call up to its arguments, each
# argument, and what came of it.
_PARTS = re.compile(
    r"^[\w-]+ = |[^(,]*\((?!\))|[^,]*?, | from .*$|"
    r" [=…] .+?(?= from |$)|.+?(?=, | [=…] |$)"
)


def fold(text: str, most: int) -> list[str]:
    """A label in lines of ``most`` letters, as far as it can be broken; the others are set in."""
    found: list[str] = []
    line = ""
    for part in _PARTS.findall(text):
        if line.strip() and len((line + part).rstrip()) > most:
            found.append(line.rstrip())
            line = "  " + part.lstrip()
        else:
            line += part
    return [*found, line]


def longest(of: list[Bar], host: str, most: int) -> int:
    """Letters of the longest line of one host's labels, if none may have more than ``most``."""
    return max((bar.letters(most) for bar in of if bar.call.host == host), default=0)


def labels(of: list[Bar], host: str, per_row: float, most: int) -> list[Words]:
    """One host's labels, moved down as far as they need; a row is ``per_row`` inches high."""
    wanted = sorted(words for bar in of if bar.call.host == host for words in bar.words())
    folded = [fold(text, most) for _, text, _ in wanted]
    rooms = [(ROOM + _LINE * (len(each) - 1)) / per_row for each in folded]
    places = spread([height for height, _, _ in wanted], rooms)
    return [
        Words(height, y, "\n".join(each), colour)
        for (height, _, colour), each, y in zip(wanted, folded, places, strict=True)
    ]


def draw_bar(ax: Axes, bar: Bar, x: float, bottom: float) -> None:
    """From beginning to end; to the foot of the ladder, with a point, while blocked."""
    end = bottom - 0.45 if bar.end is None else bar.end
    state = "open" if bar.end is None else "ended"
    top = (bar.top or 0.0) - 0.14
    gid = f"call:{bar.call.name}:{state}"
    ax.plot([x, x], [top, end + 0.14], color=looks.DATA, lw=4, zorder=4, gid=gid)
    if bar.end is None:
        ax.plot([x], [end + 0.1], marker="v", color=looks.DATA, ms=8, zorder=4, gid="open end")


def write(ax: Axes, words: list[Words], x: float, side: float) -> None:
    """One host's labels; one that had to move down gets a hair line to its call."""
    for word in words:
        if word.y - word.height > 0.2:
            ends = [x + side * 0.03, x + side * 0.09], [word.height, word.y]
            ax.plot(*ends, color=looks.FURNITURE, lw=0.8, zorder=3)
        marks.text(
            ax, x + side * BESIDE, _middle(ax, word), word.text, "right" if side < 0 else "left",
            halo=4, linespacing=1.1, multialignment="left", family=looks.MONO, size=SIZE,
            color=word.colour, zorder=7, gid="call label", label=f"at:{word.height}",
        )  # fmt: skip


def _middle(ax: Axes, word: Words) -> float:
    """Of a label whose first line stands at its height."""
    return word.y + word.text.count("\n") * _LINE / looks.inches(ax)[1] / 2
