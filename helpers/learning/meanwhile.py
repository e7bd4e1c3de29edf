"""Shows that something goes on while a reader reads on.

As text it says what, and about how long; the text is the same before and after the end. Where
``TCP_LAB_BARS`` is set a bar fills beside it. The browser moves it, by a style sheet and without a
thread here: it goes on while the kernel waits for what it stands for.
"""

from __future__ import annotations

import html

from helpers.bar import wanted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_BAR = """\
<style>@keyframes lesson-meanwhile {{ from {{ width: 0 }} to {{ width: 100% }} }}</style>
<div style="font: 14px/1.5 var(--jp-ui-font-family, sans-serif); max-width: 46em">{text}
<div role="progressbar" aria-label="{text}"
 style="height: 6px; border: 1px solid var(--jp-border-color0, #8a9099); border-radius: 4px">
<div style="height: 100%; background: #2f6db3;
 animation: lesson-meanwhile {seconds:g}s linear both"></div></div></div>"""


class Meanwhile:
    """Something that was begun, and that a later cell waits for; as a cell's last line, a box.

    ``what`` goes on, in words that are the same in every run, for about ``seconds``; ``end`` says
    instead what ends it, where the seconds depend on the kernel.
    """

    def __init__(self, what: str, seconds: float, end: str = "") -> None:
        self.what, self.seconds = what, seconds
        self.end = end or f"about {seconds:g} s"

    def __repr__(self) -> str:
        return f"meanwhile: {self.what} ({self.end})"

    def _repr_mimebundle_(self, **_: object) -> dict[str, Any]:
        text = {"text/plain": repr(self)}
        if not wanted():
            return text
        words = html.escape(repr(self))
        return {**text, "text/html": _BAR.format(text=words, seconds=self.seconds)}
