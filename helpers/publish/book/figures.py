"""What a page says of a picture, and the replays that it shows without a kernel."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from typing import Any

from helpers.figures.replay import KEPT
from helpers.figures.replay import page as replay_page

_DRAWN = re.compile(r"\b(?:ax\w*|axes) = (?:\w+\.)?(\w+)\(")
_HEAD = '<meta charset="utf-8">\n'


def described(cell: Mapping[str, Any], heading: str) -> dict[str, str]:
    """How myst-nb is to show the pictures of a cell: what they say, and how wide they are.

    The words are those that the figure has left in its output's metadata; else what was drawn, and
    in which section.
    """
    told = [o.get("metadata", {}).get("image/png", {}) for o in cell["outputs"] if _has_picture(o)]
    texts = dict.fromkeys(each["alt"] for each in told if each.get("alt"))
    widths = {each.get("width") for each in told}
    option = {"alt": "; ".join(texts) or _default(cell, heading)}
    if len(widths) == 1 and (width := widths.pop()):
        option["width"] = f"{width}px"
    return option


def _has_picture(output: Mapping[str, Any]) -> bool:
    return "image/png" in output.get("data", {})


def _default(cell: Mapping[str, Any], heading: str) -> str:
    drawn = _DRAWN.search("".join(cell["source"]))
    what = drawn[1].replace("_", " ") if drawn else "figure"
    heading = re.sub(r"[`*]", "", heading)
    return f"{what.capitalize()} of this run: {heading}. The text beside it says the same."


def replayed(output: Mapping[str, Any]) -> str:
    """The live piece of an output that has kept its trace; empty for any other."""
    data = output.get("metadata", {}).get(KEPT)
    if data is None:
        return ""
    text = html.escape("".join(output["data"]["text/plain"]))
    return (
        replay_page(data).removeprefix(_HEAD)
        + f'<details class="twin"><summary>the run as text</summary><pre tabindex="0">{text}</pre>'
        + "</details>\n"
    )
