"""Lets a reader predict before a run, and puts the prediction beside what the kernel did.

In a notebook a question shows buttons; elsewhere, and in every stored output, it is text.
The text is the same whether anybody has clicked or not.
"""

from __future__ import annotations

import html
import textwrap
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from helpers.errors import LabError

_VIEW = "application/vnd.jupyter.widget-view+json"
_WIDTH = 88


class Prediction:
    """A question with its choices; ``chosen`` is the reader's, or None before a click."""

    def __init__(self, question: str, choices: Sequence[str], beliefs: Mapping[str, str]) -> None:
        self.question, self.choices, self.beliefs = question, tuple(choices), dict(beliefs)
        self.chosen: str | None = None

    def choose(self, choice: str) -> None:
        """What a click does. Raises ``LabError`` for a choice that was not offered."""
        _must_be_offered(choice, self)
        self.chosen = choice

    def _clicked(self, choice: str | None) -> None:
        self.chosen = choice  # None: the choice was taken back

    def __repr__(self) -> str:
        lines = (f"  {letter}  {text}" for letter, text in _lettered(self.choices))
        return "\n".join([*textwrap.wrap(self.question, _WIDTH), *lines])

    def _repr_mimebundle_(self, **_: object) -> dict[str, Any]:
        return {"text/plain": repr(self), **widget_view(self._widget)}

    def _widget(self, widgets: Any) -> Any:
        buttons = widgets.ToggleButtons(
            options=self.choices, value=self.chosen, layout={"width": "auto"}
        )
        buttons.style.button_width = "auto"
        buttons.observe(lambda change: self._clicked(change["new"]), "value")
        question = widgets.HTML(f"<b>{html.escape(self.question)}</b>")
        return widgets.VBox([question, buttons])


def predict(
    question: str, choices: Sequence[str] | Mapping[str, str], beliefs: Mapping[str, str] = {}
) -> Prediction:
    """Ask the reader; as the last line of a cell it shows the question and its choices.

    ``beliefs`` names, for each wrong choice, the belief behind it, in one sentence. ``choices``
    may be a mapping that holds both, with an empty text for what is right. Raises ``LabError``
    for fewer than two choices, for two alike, and for a belief about no choice.
    """
    if isinstance(choices, Mapping):
        beliefs = {choice: belief for choice, belief in choices.items() if belief}
    offered = tuple(choices)
    if isinstance(choices, str) or len(offered) < 2 or len(set(offered)) < len(offered):
        raise LabError(f"a prediction needs two or more different choices, not {choices!r}")
    strange = [choice for choice in beliefs if choice not in offered]
    if strange:
        raise LabError(f"there is a belief about {strange[0]!r}, which is not among the choices")
    return Prediction(question, offered, beliefs)


class Answer:
    """What the kernel did, beside what the reader said."""

    def __init__(self, prediction: Prediction, answer: str) -> None:
        self.prediction, self.answer = prediction, answer

    def __repr__(self) -> str:
        rows = []
        for letter, choice in _lettered(self.prediction.choices):
            mark = "->" if choice == self.answer else "  "
            rows.append(f"{mark} {letter}  {choice}")
            belief = self.prediction.beliefs.get(choice, "")
            rows += textwrap.wrap(belief, _WIDTH, initial_indent=" " * 6, subsequent_indent=" " * 6)
        return "\n".join(rows)

    def _repr_mimebundle_(self, **_: object) -> dict[str, Any]:
        return {"text/plain": repr(self), **widget_view(self._widget)}

    def _widget(self, widgets: Any) -> Any:
        lines = [f"What the kernel did: <b>{html.escape(self.answer)}</b>", self.personal()]
        return widgets.HTML("<br>".join(lines))

    def personal(self) -> str:
        """A sentence for this reader, as HTML."""
        chosen = self.prediction.chosen
        if chosen is None:
            return "You made no prediction. It is worth it: choose above, and run this cell again."
        if chosen == self.answer:
            return f"You predicted it: {html.escape(chosen)}."
        belief = self.prediction.beliefs[chosen]
        return f"You said: {html.escape(chosen)}. {html.escape(belief)}"


def reveal(prediction: Prediction, answer: str) -> Answer:
    """Put the reader's prediction beside ``answer``, which was computed from the run.

    Raises ``LabError`` if ``answer`` is not one of the choices, or if a wrong choice has no
    belief to be named.
    """
    _must_be_offered(answer, prediction)
    mute = [c for c in prediction.choices if c != answer and c not in prediction.beliefs]
    if mute:
        raise LabError(f"no belief is named for the wrong choice {mute[0]!r}")
    return Answer(prediction, answer)


def _must_be_offered(choice: str, prediction: Prediction) -> None:
    if choice not in prediction.choices:
        offered = ", ".join(map(repr, prediction.choices))
        raise LabError(f"{choice!r} is not one of the choices: {offered}")


def _lettered(choices: Sequence[str]) -> list[tuple[str, str]]:
    return [(chr(ord("A") + n), choice) for n, choice in enumerate(choices)]


def widget_view(make: Callable[[Any], Any]) -> dict[str, Any]:
    """The widget's part of an output, in a notebook that has widgets; nothing elsewhere.

    ``make`` gets the module ``ipywidgets`` and returns a widget.
    """
    try:
        from IPython import get_ipython

        shell = get_ipython()
        if shell is None or not hasattr(shell, "kernel"):
            return {}
        import ipywidgets
    except ImportError:
        return {}
    bundle = make(ipywidgets)._repr_mimebundle_()
    return {_VIEW: bundle[_VIEW]} if _VIEW in bundle else {}
