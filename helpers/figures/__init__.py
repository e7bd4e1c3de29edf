"""Draws what a run recorded. Every function takes axes, or makes them, and returns them."""

from helpers.figures.backlog import attempts, backlogs, stairs
from helpers.figures.crowds import cost_table, costs, crews, crowds
from helpers.figures.ladder import ladder
from helpers.figures.queues import buffer, buffer_table, queue_table, queues
from helpers.figures.restart import matrix, timer

__all__ = [
    "attempts",
    "backlogs",
    "buffer",
    "buffer_table",
    "cost_table",
    "costs",
    "crews",
    "crowds",
    "ladder",
    "matrix",
    "queue_table",
    "queues",
    "stairs",
    "timer",
]
