"""What stands on a slide: blocks of Markdown or HTML, each with the height that it needs.

A slide is 1280 by 720. Heights are counted from the sizes in ``slides.css``, and never measured:
tests/browser/test_slides.py holds them against a browser.
"""

from __future__ import annotations

import base64
import html
import math
import re
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from helpers.learning.question import Question, Rows, letter

WIDE, HIGH = 1200, 655  # within the margins, below the line that says where we are
_LINE = 35  # of running text
_LETTERS = 92
# Code and printed text: how many letters fit into a line, how high one is, and its class in CSS.
_SIZES = ((103, 25, "mono"), (131, 20, "mono fine"), (164, 16, "mono tiny"))
_AT_ONCE = 'data-fragment-index="0"'  # all of them with one press
_AROUND = 26  # what a block of code or of printed text has around it


@dataclass(frozen=True)
class Block:
    """``text`` is Markdown; HTML is Markdown too. ``height`` is in pixels of the slide."""

    text: str
    height: int


def prose(text: str) -> Block:
    """Running text as the notebooks write it, tables, lists and code among it."""
    height = 0
    for paragraph in re.split(r"\n\s*\n", text):
        lines = paragraph.splitlines()
        if paragraph.startswith("#"):
            height += 70
        elif paragraph.startswith("|"):
            height += sum(12 + 28 * max(1, math.ceil(len(line) / 110)) for line in lines[1:])
        elif paragraph.startswith("```"):
            height += 26 + 25 * (len(lines) - 2)
        else:
            height += 16 + _LINE * sum(max(1, math.ceil(len(line) / _LETTERS)) for line in lines)
    small = height > HIGH - 80
    return Block(f'<div class="small">\n\n{text}\n\n</div>' if small else text, min(height, HIGH))


def code(text: str) -> list[Block]:
    """A program or a call, in as many portions as its length needs."""
    lines = text.splitlines()
    most = (HIGH - _AROUND) // _SIZES[0][1]
    return [
        Block("```python\n" + "\n".join(each) + "\n```", _AROUND + 25 * len(each))
        for each in portions(lines, most)
    ]


def printed(text: str) -> list[Block]:
    """What a run has printed, in as many portions as its length needs, as small as its width."""
    lines = text.rstrip().splitlines()
    widest = max(map(len, lines), default=0)
    _, high, look = next((size for size in _SIZES if widest <= size[0]), _SIZES[-1])
    return [
        Block(
            f'<pre class="{look}">' + html.escape("\n".join(each)) + "</pre>",
            _AROUND + high * len(each),
        )
        for each in portions(lines, (HIGH - _AROUND) // high)
    ]


def portions(lines: Sequence[str], most: int) -> Iterator[list[str]]:
    """Lines in pieces of at most so many; cut at an empty line where one is in the second half."""
    rest = list(lines)
    while len(rest) > most:
        empty = [n for n in range(most // 2, most + 1) if not rest[n].strip()]
        cut = empty[-1] if empty else most
        yield rest[:cut]
        rest = rest[cut:]
        while rest and not rest[0].strip():
            rest.pop(0)
    if rest:
        yield rest


def picture(data: str, alt: str, room: int = HIGH) -> Block:
    """A PNG in base64, as large as the room allows, and no larger than half as large again."""
    width, height = struct.unpack(">II", base64.b64decode(data[:64])[16:24])
    scale = min(WIDE / width, (room - 10) / height, 1.5)
    size = f'width="{int(width * scale)}" height="{int(height * scale)}"'
    image = f'<img src="data:image/png;base64,{data}" alt="{html.escape(alt)}" {size}>'
    return Block(f'<div class="picture">{image}</div>', int(height * scale) + 10)


def asked(question: Question, *, answer: bool = False) -> Block:
    """A question with its lettered choices; with the answer, all reasons at the next press."""
    height = 30 + _high(question.by_itself.ask, 74, 42)
    rows = []
    for choice in question.choices:
        text, look = html.escape(choice.text), ""
        height += 18 + _high(choice.text, 74, 38)
        if answer:
            look = f' class="fragment told" {_AT_ONCE}' if choice.right else ""
            tick = f'<span class="fragment" {_AT_ONCE}> ✓</span>' if choice.right else ""
            why = f'<span class="fragment why" {_AT_ONCE}>{html.escape(choice.why)}</span>'
            text += f"{tick}<br>{why}"
            height += _high(choice.why, 92, 31)
        rows.append(f"<li{look}>{text}</li>")
    ask = html.escape(question.by_itself.ask)
    return Block(f'<div class="ask"><p>{ask}</p><ol type="A">{"".join(rows)}</ol></div>', height)


def table(rows: Rows) -> Block:
    """A question that is asked of several things, a row for each."""
    offered = rows.questions[0].choices
    head = "".join(f"<th>{letter(n)} {html.escape(c.text)}</th>" for n, c in enumerate(offered))
    boxes = "<td>☐</td>" * len(offered)
    body = "".join(f"<tr><td><code>{html.escape(q.ask)}</code></td>{boxes}</tr>" for q in rows)
    text = f'<p>{html.escape(rows.ask)}</p><table><tr><td></td>{head}</tr>{body}</table>'
    return Block(f'<div class="ask">{text}</div>', 120 + 48 * (len(rows.questions) + 1))


def row_answer(question: Question) -> Block:
    """The answer to one row, at the next press."""
    choice = question.choices[question.right]
    said = f"<b>{html.escape(choice.text)}.</b> {html.escape(choice.why)}"
    return Block(
        f'<p class="row fragment">{said}</p>', 30 + _high(f"{choice.text}. {choice.why}", 88, 36)
    )


def _high(text: str, letters: int, line: int) -> int:
    return line * max(1, math.ceil(len(text) / letters))
