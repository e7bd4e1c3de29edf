"""Draws what a run recorded. Every function takes axes, or makes them, and returns them."""

from helpers.figures.barcode import barcode, barcode_table
from helpers.figures.ladder import ladder
from helpers.figures.queues import buffer, buffer_table, queue_table, queues
from helpers.figures.restart import matrix, timer
from helpers.figures.stream import stream, stream_table
from helpers.figures.timeline import timeline, timeline_table
from helpers.figures.window import window, window_table

__all__ = [
    "barcode",
    "barcode_table",
    "buffer",
    "buffer_table",
    "ladder",
    "matrix",
    "queue_table",
    "queues",
    "stream",
    "stream_table",
    "timeline",
    "timeline_table",
    "timer",
    "window",
    "window_table",
]
