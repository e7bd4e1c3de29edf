"""What a check tells: first what happened, then, if it is asked, a pointer, and last the cure.

In the order of a good test's: which situations passed, the numbered history of the first that
did not, what the function was given and what it printed, and last what was wrong.
"""

from __future__ import annotations

import html
import textwrap
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from helpers.learning.texts import Complaint, sayings
from helpers.learning.view import widget_view

WIDTH = 88
# How many hints there are: where to look, and what helps.
HINTS = 2
SAY = sayings("learning", "CHECK")
# A situation's result (passed, failed, skipped or not tried), and its title.
Answer = tuple[str, str]


@dataclass(frozen=True)
class Failure:
    """What belongs to a situation that failed; ``given`` is the table that the function got."""

    complaint: Complaint
    history: tuple[str, ...] = ()
    given: tuple[str, ...] = ()
    printed: tuple[str, ...] = ()


@dataclass(frozen=True)
class Report:
    """What a check of the function ``name`` found; ``exercise`` as the notebook names it.

    ``answers`` are those to each situation, in order. Of ``hint`` hints it tells.
    """

    name: str
    exercise: str
    answers: tuple[Answer, ...]
    failure: Failure | None = None
    hint: int = 0

    @property
    def passed(self) -> bool:
        """Whether nothing is to be complained of."""
        return self.failure is None

    @property
    def complaint(self) -> str:
        """All that is to be said of the failure, both hints included, a part a line; or ""."""
        said = self.failure.complaint if self.failure else Complaint("")
        return "\n".join(filter(None, (str(said), said.where, said.cure)))

    def assert_passed(self) -> None:
        """Raise AssertionError with the whole report, both hints included, if it did not pass."""
        if not self.passed:
            raise AssertionError(f"\n{replace(self, hint=HINTS)}")

    def __str__(self) -> str:
        return "\n".join([*self._summary(), *self._story(), "", *self._end()])

    __repr__ = __str__

    def _repr_mimebundle_(self, **_: object) -> dict[str, Any]:
        button = widget_view(self._widget) if self._more() else {}
        return {"text/plain": str(self), **button}

    def _widget(self) -> Any:
        """The report, and a button that shows the next hint in its place; nothing runs again."""
        import ipywidgets as widgets

        shown, told = self, widgets.HTML(_pre(self))
        button = widgets.Button(description=SAY.button)

        def clicked(_: object) -> None:
            nonlocal shown
            shown = replace(shown, hint=shown.hint + 1)
            told.value = _pre(shown)
            if not shown._more():
                button.layout.display = "none"

        button.on_click(clicked)
        return widgets.VBox([told, button])

    def _summary(self) -> list[str]:
        width = max((len(word) for word, _ in self.answers), default=0)
        lines = [f"{n:>3}  {w:<{width}}  {t}" for n, (w, t) in enumerate(self.answers, 1)]
        head = SAY.summary.format(name=self.name, count=len(lines))
        return [head, *lines] if lines else []

    def _story(self) -> list[str]:
        if self.failure is None or not self.answers:
            return []
        title = next(title for word, title in self.answers if word == "failed")
        lines = [f"{n:>3}  {line}" for n, line in enumerate(self.failure.history, 1)]
        parts = (
            (SAY.history.format(title=title), lines),
            (SAY.given.format(name=self.name), _indented(self.failure.given)),
            (SAY.printed.format(name=self.name), _indented(self.failure.printed)),
        )
        return [line for head, part in parts if part for line in ("", head, *part)]

    def _end(self) -> list[str]:
        if self.failure is None:
            everything = all(word == "passed" for word, _ in self.answers)
            return [SAY.all_passed if everything else SAY.none_failed]
        said = self.failure.complaint
        parts = ((SAY.wrong, str(said)), (SAY.pointer, said.where), (SAY.cure, said.cure))
        told = [(head, text) for head, text in parts[: self.hint + 1] if text]
        lines = [line for head, text in told for line in ("", head, *_filled(text))]
        return [*lines[1:], *self._more()]

    def _more(self) -> list[str]:
        """How to ask for the next hint, if there is one."""
        asks = (SAY.ask_pointer, SAY.ask_cure)[self.hint :]
        if not asks or self.failure is None or not self.failure.complaint.where:
            return []
        return ["", asks[0].format(name=self.name, exercise=self.exercise)]


def _pre(report: Report) -> str:
    return f"<pre style='line-height:1.35'>{html.escape(str(report))}</pre>"


def _indented(lines: Iterable[str]) -> list[str]:
    return [f"     {line}" for line in lines]


def _filled(text: str) -> list[str]:
    wrapper = textwrap.TextWrapper(
        WIDTH, initial_indent="     ", subsequent_indent="     ", break_on_hyphens=False
    )
    return [line for each in text.splitlines() for line in wrapper.wrap(each)]
