"""Lets a reader move a value, and shows what a run makes of it.

As text, and without widgets, it shows the value that it starts with and its result.
"""

from __future__ import annotations

import html
from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

from helpers.errors import LabError
from helpers.learning.view import widget_view

T = TypeVar("T")


class Slider(Generic[T]):
    """Values to choose from; ``show`` runs the experiment for one and returns what to print."""

    def __init__(self, label: str, values: Sequence[T], show: Callable[[T], object]) -> None:
        self.label, self.values, self._show = label, tuple(values), show
        self.value = self.values[0]
        self._results: dict[T, str] = {}

    def result(self) -> str:
        """What the run for the present value said; each value is run once."""
        if self.value not in self._results:
            self._results[self.value] = str(self._show(self.value))
        return self._results[self.value]

    def move(self, value: T) -> None:
        """What moving the slider does. Raises ``LabError`` for a value that it does not have."""
        if value not in self.values:
            raise LabError(f"{value!r} is not on this slider; it has {list(self.values)!r}")
        self.value = value

    def __repr__(self) -> str:
        return f"{self.label}: {self.value}\n{self.result()}"

    def _repr_mimebundle_(self, **_: object) -> dict[str, Any]:
        return {"text/plain": repr(self), **widget_view(self._widget)}

    def _widget(self) -> Any:
        import ipywidgets as widgets

        control = widgets.SelectionSlider(
            options=self.values,
            value=self.value,
            description=self.label,
            continuous_update=False,
            style={"description_width": "initial"},
            layout={"width": "36em"},
        )
        output = widgets.HTML(self._pre())

        def moved(change: dict[str, Any]) -> None:
            self.move(change["new"])
            try:
                output.value = self._pre()
            except Exception as error:
                output.value = f"<pre>{html.escape(f'{type(error).__name__}: {error}')}</pre>"

        control.observe(moved, "value")
        return widgets.VBox([control, output])

    def _pre(self) -> str:
        return f"<pre style='line-height:1.35'>{html.escape(self.result())}</pre>"


def slider(label: str, values: Sequence[T], show: Callable[[T], object]) -> Slider[T]:
    """A slider over ``values``, which starts at the first; ``show(value)`` is called for each
    value when it is first reached. Raises ``LabError`` for fewer than two values."""
    if isinstance(values, str) or len(values) < 2:
        raise LabError(f"a slider needs two or more values, not {values!r}")
    return Slider(label, values, show)
