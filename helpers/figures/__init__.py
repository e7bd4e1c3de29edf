"""Draws what a run recorded. Every function takes axes, or makes them, and returns them."""

from helpers.figures.endings import arrivals
from helpers.figures.ladder import ladder
from helpers.figures.queues import buffer, buffer_table, queue_table, queues
from helpers.figures.references import references
from helpers.figures.restart import matrix, timer
from helpers.figures.statepath import state_path

__all__ = [
    "arrivals",
    "buffer",
    "buffer_table",
    "ladder",
    "matrix",
    "queue_table",
    "queues",
    "references",
    "state_path",
    "timer",
]
