"""Shows a finished picture under its cell: sharp, small, with a title and with words for those who
do not see it.

A notebook shows a figure of pyplot's when the whole cell has run, below all that the cell prints.
A picture of ours is shown when it is drawn, so that what stands behind it in a cell, its twin in
text, stands below it.
"""

from __future__ import annotations

import base64
import io
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# One inch is 96 pixels of a style sheet, so that a letter of 12 points is as high as 12 points of
# the page's own text; the picture has twice as many for good screens.
SHOWN, SHARP = 96, 192
_COLOURS = 64  # a ladder of 32 steps: 40 kB, and 126 kB with all its 1,169 shades


def png(figure: Figure, dpi: float = SHARP) -> bytes:
    """The figure as PNG of 64 colours at most, with ``dpi`` pixels an inch."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from PIL import Image

    figure.set_dpi(dpi)
    canvas: Any = FigureCanvasAgg(figure)
    canvas.draw()
    size = canvas.get_width_height(physical=True)
    picture = Image.frombytes("RGBA", size, bytes(canvas.buffer_rgba())).convert("RGB")
    out = io.BytesIO()
    picture.quantize(_COLOURS, dither=Image.Dither.NONE).save(out, "PNG", optimize=True)
    return out.getvalue()


def show(figure: Figure, title: str, alt: str) -> None:
    """Put the picture under the cell that is running; outside IPython, nothing.

    As text it is its title. ``alt`` stands in the output's metadata, where exports look for it.
    """
    module = sys.modules.get("IPython")
    if module is None or module.get_ipython() is None:
        return
    before = figure.get_dpi()
    picture = base64.b64encode(png(figure)).decode()
    figure.set_dpi(before)
    width, height = (round(inches * SHOWN) for inches in figure.get_size_inches())
    module.display.display(
        {"text/plain": f"[{title or 'picture'}]", "image/png": picture},
        metadata={"image/png": {"width": width, "height": height, "alt": alt}},
        raw=True,
    )
