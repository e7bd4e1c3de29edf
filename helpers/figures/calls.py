"""Draws the calls of a ladder: bars beside a host's rail, open while blocked, with their text."""

from __future__ import annotations

from dataclasses import dataclass

from helpers.figures import looks, marks
from helpers.figures.layout import Layout, spread, visible
from helpers.figures.looks import Axes
from helpers.figures.spelling import Spelling
from helpers.record.trace import CallRecord, Trace

SIZE = looks.CODE
LETTER = 0.603 * SIZE / 72  # inches; every letter of DejaVu Sans Mono is this wide
ROOM = 0.25  # inches from one label to the next
BESIDE = 0.034  # from the bar to its label


@dataclass(frozen=True, slots=True)
class Words:
    """One label: the height of what it tells, the height where it stands, text and colour."""

    height: float
    y: float
    text: str
    colour: str


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

    @property
    def letters(self) -> int:
        """How long its label is if it has only one: that is the same in every run."""
        if self.call.end is None:
            return len(f"{self.text} … blocked")
        return len(self.spelling.whole(self.call))


def bars(trace: Trace, layout: Layout, queries: bool) -> list[Bar]:
    """Each visible call of the trace, with the heights of its beginning and its end in it."""
    found: dict[CallRecord, list[float | None]] = {}
    spelling = Spelling(trace)
    for event, y in zip(trace.events, layout.heights, strict=True):
        if isinstance(event.record, CallRecord) and visible(event, queries):
            found.setdefault(event.record, [None, None])[event.kind == "end"] = y
    return [Bar(call, top, end, spelling) for call, (top, end) in found.items()]


def longest(of: list[Bar], host: str) -> int:
    """Letters of one host's longest label."""
    return max((bar.letters for bar in of if bar.call.host == host), default=0)


def labels(of: list[Bar], host: str, room: float) -> list[Words]:
    """One host's labels, moved down as far as they need; ``room`` is in rows."""
    wanted = sorted(words for bar in of if bar.call.host == host for words in bar.words())
    places = spread([height for height, _, _ in wanted], room)
    return [Words(h, y, text, c) for (h, text, c), y in zip(wanted, places, strict=True)]


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
            ends = [x + side * 0.008, x + side * 0.03], [word.height, word.y]
            ax.plot(*ends, color=looks.FURNITURE, lw=0.8, zorder=3)
        marks.text(
            ax, x + side * BESIDE, word.y, word.text, "right" if side < 0 else "left", halo=4,
            family=looks.MONO, size=SIZE, color=word.colour, zorder=7, gid="call label",
            label=f"at:{word.height}",
        )  # fmt: skip
