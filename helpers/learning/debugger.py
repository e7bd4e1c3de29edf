"""A panel on a live lab: one packet at a time, with everything that it changes.

What the panel does, code does too (``lab.wire.step()``), and both stay in step: the panel
looks again after each of its buttons and after every cell of the notebook. What has happened
stands in it as a replay. It has no thread of its own, and nothing of it is left when the lab is
closed. A button may be pressed beside a running cell: JupyterLab sends such messages to a thread
of their own, so nothing here touches pyplot, whose figures are the cell's.
"""

from __future__ import annotations

import html
import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from helpers.errors import LabError
from helpers.figures import drawing, replay
from helpers.figures.layout import visible
from helpers.lab.belonging import OfLab
from helpers.lab.lab import Lab
from helpers.lab.table import queues_of
from helpers.learning.view import widget_view
from helpers.record.trace import Queues, Trace

_BUTTONS = (
    ("next packet", "step", "play"),
    ("drop it", "drop", "times"),
    ("release all", "release", "forward"),
)
# The panels that have a lab of their own, by the cell that made each.
_own: dict[str, Debugger] = {}


class Debugger:
    """The panel. Its methods do what its buttons do, and say in ``message`` what happened."""

    _lab = OfLab[Lab]()

    def __init__(self, lab: Lab, *, own: bool = False) -> None:
        self._lab = lab
        self._kept = lab if own else None  # nobody else has a name for it
        lab.wire.hold()
        self._mark = lab.trace.mark()
        self.message = "The wire holds every packet. Begin a call with .start(...)."
        self._panel: _Panel | None = None

    def step(self) -> None:
        """Let the oldest packet through, and hold what comes of it."""
        self._try(lambda: f"passed: {self._lab.wire.step()}")

    def drop(self) -> None:
        """Lose the oldest packet."""
        self._try(lambda: f"dropped: {self._lab.wire.drop()}")

    def release(self) -> None:
        """Let everything through that waits, and go on holding what comes after that."""

        def act() -> str:
            count = len(self._lab.wire.held)
            self._lab.wire.release()
            self._lab.wire.hold()
            return f"released: {count} packet{'' if count == 1 else 's'}, and what followed"

        self._try(act)

    def _try(self, act: Callable[[], str]) -> None:
        try:
            self.message = act()
        except LabError as error:
            self.message = str(error)
        self.refresh()

    @property
    def lab(self) -> Lab:
        """The lab whose wire the panel holds; ``LabError`` when it is gone."""
        return self._lab

    def close(self) -> None:
        """Close the lab, if it is the panel's own; it ends with the notebook's kernel otherwise."""
        if self._kept is not None:
            self._kept.close()
            self.refresh()

    @property
    def open(self) -> bool:
        """Whether the lab is still there."""
        try:
            _ = self._lab.engine
        except LabError:
            return False
        return True

    def waiting(self) -> list[str]:
        """What is on the wire, a line for each packet, with how often it was sent."""
        lines = [
            f"{record}" + (f"  (sent {record.copies + 1} times)" if record.copies else "")
            for record in self._lab.wire.held
        ]
        return lines or ["nothing"]

    def story(self) -> Trace:
        """What has happened since the panel was made."""
        return self._lab.trace.since(self._mark)

    def queues(self) -> dict[str, Queues]:
        """The queues of every listener, by its local address."""
        found: dict[str, Queues] = {}
        for host in self._lab.trace.hosts:
            rows = self._lab.engine.rows(host)
            for row in rows:
                if row.state == "LISTEN":
                    found[self._lab.trace.roles.endpoint(row.shown[0], host)] = queues_of(row, rows)
        return found

    def __repr__(self) -> str:
        if not self.open:
            return "the lab is closed; make a new one with Lab()"
        lines = ["on the wire:", *(f"  {line}" for line in self.waiting())]
        lines += [f"{local}: {queues}" for local, queues in self.queues().items()]
        for host in self._lab.trace.hosts:
            lines += ["", f"{host}:", str(self._lab[host].sockets())]
        return "\n".join(lines)

    def _repr_mimebundle_(self, **_: object) -> dict[str, Any]:
        return {"text/plain": repr(self), **widget_view(self._widget)}

    def _widget(self) -> Any:
        import ipywidgets as widgets

        if self._panel is None:
            self._panel = _Panel(widgets, self)
            _after_every_cell(self)
        self.refresh()
        return self._panel.box

    def refresh(self) -> None:
        """Show the lab as it is now."""
        if self._panel is not None:
            self._panel.show(self)

    def picture(self) -> bytes:
        """The ladder since the panel was made, as PNG; nothing while nothing has happened."""
        story = self.story()
        return drawing.png(story)[0] if any(map(visible, story.events)) else b""

    def view(self) -> dict[str, Any]:
        """What the replay in the panel shows: the story, and what was there before it."""
        whole = self._lab.trace
        earlier = replace(whole, events=whole.events[: self._mark], meanwhile=[])
        return replay.view_of(self.story(), earlier)


class _Panel:
    """The widgets."""

    def __init__(self, widgets: Any, debugger: Debugger) -> None:
        self.message, self.held = widgets.HTML(), widgets.HTML()
        self.buttons = [self._button(widgets, debugger, *words) for words in _BUTTONS]
        self.story = replay.widget(debugger.view()) if debugger.open else widgets.HTML()
        self._shown = debugger.lab.trace.mark() if debugger.open else 0
        row = widgets.HBox(self.buttons)
        self.box = widgets.VBox([row, self.message, self.held, self.story])

    @staticmethod
    def _button(widgets: Any, debugger: Debugger, text: str, name: str, icon: str) -> Any:
        button = widgets.Button(description=text, icon=icon)
        button.on_click(lambda _: getattr(debugger, name)())
        return button

    def show(self, debugger: Debugger) -> None:
        self.message.value = f"<i>{html.escape(debugger.message)}</i>"
        if not debugger.open:
            self.message.value = "<i>The lab is closed; make a new one with Lab().</i>"
            for button in self.buttons:
                button.disabled = True
            return
        self.held.value = _pre("on the wire", html.escape("\n".join(debugger.waiting())))
        happened = debugger.lab.trace.mark()
        if happened != self._shown:
            self._shown, self.story.data = happened, debugger.view()


def _pre(title: str, text: str) -> str:
    return f"<b>{title}</b><pre style='margin:0 0 .6em 0; line-height:1.35'>{text}</pre>"


def _after_every_cell(debugger: Debugger) -> None:
    """Look again after each cell, until the lab is closed."""
    from IPython import get_ipython

    events = get_ipython().events

    def look(*_: object) -> None:
        debugger.refresh()
        if not debugger.open:
            events.unregister("post_run_cell", look)

    events.register("post_run_cell", look)


def debugger(lab: Lab | None = None) -> Debugger:
    """Hold the wire of a lab and show a panel that moves its packets one by one.

    Without ``lab`` it makes one of its own, ``panel.lab``, which ends with the notebook's kernel,
    with ``panel.close()``, or when the same cell makes the next one: so the panel still works
    after Run All, whose last cell closes the notebook's lab.

    Raises ``LabError`` for a closed lab and ``NotPermitted`` in bench mode, which has no wire.
    As text, and without widgets, it shows what is on the wire and both socket tables.
    """
    if lab is None:
        return _with_own_lab()
    if not isinstance(lab, Lab):
        raise LabError(f"debugger takes a lab, or nothing and makes its own, not {lab!r}")
    return Debugger(lab)


def _with_own_lab() -> Debugger:
    """One for each cell: who runs a cell again begins again."""
    cell = _cell()
    if cell in _own:
        _own.pop(cell).close()
    made = Lab()
    try:
        _own[cell] = Debugger(made, own=True)
    except BaseException:
        made.close()
        raise
    return _own[cell]


def _cell() -> str:
    """The text of the cell that runs; nothing outside a notebook."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    return str(shell.user_ns.get("In", [""])[-1]) if shell is not None else ""
