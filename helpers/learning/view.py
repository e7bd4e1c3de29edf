"""The part of an output that is a widget, where there are widgets."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

_VIEW = "application/vnd.jupyter.widget-view+json"


def widget_view(make: Callable[[], Any]) -> dict[str, Any]:
    """A view of the widget that ``make`` returns, in a notebook that has widgets; else nothing.

    For an object's ``_repr_mimebundle_``, beside its text.
    """
    try:
        from IPython import get_ipython

        shell = get_ipython()
        if shell is None or not hasattr(shell, "kernel"):
            return {}
        import ipywidgets  # noqa: F401
    except ImportError:
        return {}
    found = make()._repr_mimebundle_()
    bundle = found[0] if isinstance(found, tuple) else found
    return {_VIEW: bundle[_VIEW]} if _VIEW in bundle else {}
