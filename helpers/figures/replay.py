"""Lets a reader go through a run step by step: the ladder, and beside it what each host has then.

The picture is matplotlib's ladder as SVG; what moves in it is ``replay.js``, an ES module that
anywidget hands to the browser. It needs the kernel once, for its data: a view that is there
goes on working without it. As text a replay is its trace; where there are no widgets it is a PNG.
"""

from __future__ import annotations

import base64
import json
import sys
from collections.abc import Mapping
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any

from helpers.errors import LabError
from helpers.figures import drawing, looks, telling
from helpers.figures.dissection import dissections
from helpers.figures.kept import kept, trace_of
from helpers.figures.layout import visible
from helpers.figures.steps import steps
from helpers.record.given import as_trace
from helpers.record.trace import Trace

KEPT = "tcp-replay"  # where the trace stands in an output's metadata
MOST_KEPT = 30_000  # bytes of it
_WIDGET = "application/vnd.jupyter.widget-view+json"
_HERE = Path(__file__).parent
_MODULE = [f"replay{part}.js" for part in ("_base", "_picture", "_hosts", "_packet", "")]
_QUEUES = {"SYN queue": looks.SYN_QUEUE, "accept queue": looks.ACCEPT_QUEUE}


def replay(trace: Trace) -> Replay:
    """Show a run with a slider: arrow keys, Home, End, and space to play, step by step.

    Beside the ladder stand each host's sockets, queues and calls at that step, and every field of
    a packet that is pointed at, tapped, or reached with Tab. The trace is taken as it is now; a
    closed lab's is as good. In bench mode there are no packets, only calls.

    Raises ``LabError`` for what is no trace, and for a trace in which nothing happened.
    """
    trace = as_trace(trace, "replay")
    if not any(visible(event) for event in trace.events):
        raise LabError("there is nothing to replay: in this trace no call and no packet happened")
    return Replay(trace.since(0))


class Replay:
    """A replay, as a cell shows it. ``data`` is what the view is made of, as JSON values."""

    def __init__(self, trace: Trace) -> None:
        self._trace, self._text = trace, str(trace)
        self.data = view_of(trace)
        self._shown: Any = None

    def __repr__(self) -> str:
        return self._text

    def _repr_mimebundle_(self, **_: object) -> tuple[dict[str, Any], dict[str, Any]]:
        picture, width = drawing.png(self._trace)
        data = {
            "text/plain": self._text,
            "image/png": base64.b64encode(picture).decode(),
            **self._widget(),
        }
        return data, {"image/png": {"width": width, "alt": self._alternative()}, **self._kept()}

    def _widget(self) -> dict[str, Any]:
        """The view's part of an output, in a notebook; nothing elsewhere."""
        shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
        if not hasattr(shell, "kernel"):
            return {}
        if self._shown is None:
            self._shown = widget(self.data)
        bundle = self._shown._repr_mimebundle_()
        found = bundle[0] if isinstance(bundle, tuple) else bundle or {}
        return {_WIDGET: found[_WIDGET]} if _WIDGET in found else {}

    def _kept(self) -> dict[str, Any]:
        """The trace for a page without a kernel; nothing of one that is longer than that."""
        data = kept(self._trace)
        size = len(json.dumps(data, separators=(",", ":")))
        return {KEPT: data} if size <= MOST_KEPT else {}

    def _alternative(self) -> str:
        """What a reader is told who cannot see the picture; the text has all of it."""
        return telling.ladder(self._trace)


def view_of(trace: Trace, earlier: Trace | None = None) -> dict[str, Any]:
    """What the ES module shows, as JSON values; of a trace in which nothing happened, no picture.

    ``steps`` have the fields of ``steps.Step``, with the height ``y`` at which the picture ends
    then and ``x`` where to look; ``words`` are parts of the picture with the step that brings
    each; ``packets`` have their fields by number. ``earlier`` is what happened before the trace.
    """
    before, told = steps(trace, earlier)
    view: dict[str, Any] = {
        "hosts": list(trace.hosts), "wire": trace.wire, "svg": "", "before": before, "steps": [],
        "packets": dissections(trace),
        "colours": {"states": looks.STATES, "queues": _QUEUES},
    }  # fmt: skip
    if not told:
        return view
    drawn = drawing.draw(trace, told)
    view["svg"], view["words"] = drawn.svg, drawn.words
    view["width"], view["height"], view["top"] = drawn.width, drawn.height, drawn.top
    places = zip(told, drawn.ends, drawn.centres, strict=True)
    view["steps"] = [{**asdict(step), "y": y, "x": x} for step, y, x in places]
    return view


def module() -> str:
    """The ES module: its files are parts of one, for a widget and a page can load but one."""
    return "\n".join((_HERE / name).read_text(encoding="utf-8") for name in _MODULE)


def style() -> str:
    """The style sheet, in which each rule begins with ``.tcp-replay``."""
    return (_HERE / "replay.css").read_text(encoding="utf-8")


@cache
def _widgets() -> Any:
    """The widget's class; ipywidgets takes its time, and not every reader needs it."""
    import anywidget
    import traitlets

    class Player(anywidget.AnyWidget):
        """A view of ``data``, which may be replaced: the view then goes to the last step."""

        _esm = module()
        _css = style()
        data = traitlets.Dict().tag(sync=True)

    return Player


def widget(data: Mapping[str, Any]) -> Any:
    """A widget that shows what ``view_of`` has made; assign to its ``data`` to show another."""
    return _widgets()(data=dict(data))


def page(data: Mapping[str, Any]) -> str:
    """A replay as HTML that needs no kernel and no network, for a page or as one of its own.

    ``data`` is what stands in an output's metadata under ``tcp-replay``. Any number of pieces may
    stand on one page. Raises ``LabError`` for data of another kind.
    """
    view = json.dumps(view_of(trace_of(data)), separators=(",", ":")).replace("<", "\\u003c")
    return (
        f'<meta charset="utf-8">\n<div class="tcp-replay-page">\n<style>\n{style()}</style>\n'
        f'<script type="application/json">{view}</script>\n<script type="module">\n{module()}\n'
        f"showPages();\n</script>\n</div>\n"
    )
