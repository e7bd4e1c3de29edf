"""What is to be kept of a notebook, on one page."""

from __future__ import annotations

import base64
import io
import json
from pathlib import Path
from typing import Any

import pytest
from matplotlib.figure import Figure

from helpers.errors import LabError
from helpers.publish import handout

SENTENCES = "1. `listen(n)` holds *n + 1*.\n2. See [the queue](https://example.org)."


def png() -> str:
    drawn = io.BytesIO()
    Figure(figsize=(4, 2)).savefig(drawn, format="png")
    return base64.b64encode(drawn.getvalue()).decode()


def notebook(folder: Path, *outputs: dict[str, Any]) -> Path:
    cells = [
        {"cell_type": "markdown", "source": ["# A title\n", "\n", "*What is it?*\n"]},
        {"cell_type": "code", "source": ["take_away(backlog.TAKE_AWAY)"], "outputs": list(outputs)},
    ]
    path = folder / "04_backlog.ipynb"
    path.write_text(json.dumps({"cells": cells, "metadata": {"recorded_on": "Linux 6.18"}}))
    return path


def test_a_page_has_what_the_notebook_has_stored(tmp_path: Path) -> None:
    path = notebook(
        tmp_path, {"data": {"text/markdown": [SENTENCES]}}, {"data": {"image/png": png()}}
    )
    page = handout.page(path)
    assert (page.title, page.question) == ("A title", "What is it?")
    assert page.sentences == ("listen(n) holds n + 1.", "See the queue.")
    figure = handout.draw(page)
    written = [text.get_text() for text in figure.texts]
    assert {"A title", "What is it?", *page.sentences} <= set(written)
    assert "04_backlog.ipynb, recorded on Linux 6.18" in written
    (picture,) = figure.axes
    box = picture.get_position()
    assert box.width * 8.27 / (box.height * 11.69) == pytest.approx(2)  # as it was drawn


def test_nothing_is_written_over_the_margins(tmp_path: Path) -> None:
    long = "".join(f"{n}. {'a word or two ' * 20}.\n" for n in range(1, 7))
    path = notebook(tmp_path, {"data": {"text/markdown": [long]}}, {"data": {"image/png": png()}})
    figure = handout.draw(handout.page(path))
    figure.canvas.draw()  # type: ignore[attr-defined]
    box = figure.bbox
    for text in figure.texts:
        extent = text.get_window_extent()
        assert extent.x1 < box.width - 0.5 * figure.dpi and extent.y0 > 0.3 * figure.dpi


def test_a_notebook_without_one_is_named(tmp_path: Path) -> None:
    with pytest.raises(LabError, match=r"04_backlog\.ipynb has stored no take_away"):
        handout.page(notebook(tmp_path))


def test_an_unknown_number_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert handout.main(["99"]) == 2
    assert "there is no notebook 99; it is one of 00, 01" in capsys.readouterr().out
