"""Draws what a run recorded. Every function takes axes, or makes them, and returns them."""

from helpers.figures.backlog import attempts, backlogs, stairs
from helpers.figures.barcode import barcode, barcode_table
from helpers.figures.crowds import cost_table, costs, crews, crowds
from helpers.figures.endings import arrivals
from helpers.figures.fates import fates
from helpers.figures.header import header, header_table
from helpers.figures.ladder import ladder
from helpers.figures.passage import passage, passage_table
from helpers.figures.ports import exhaustion, ports
from helpers.figures.queues import buffer, buffer_table, queue_table, queues
from helpers.figures.reach import envelopes, neighbours, reach
from helpers.figures.references import references
from helpers.figures.restart import matrix, timer
from helpers.figures.statepath import state_path
from helpers.figures.stream import stream, stream_table
from helpers.figures.timeline import timeline, timeline_table
from helpers.figures.window import window, window_table

__all__ = [
    "arrivals",
    "attempts",
    "backlogs",
    "barcode",
    "barcode_table",
    "buffer",
    "buffer_table",
    "cost_table",
    "costs",
    "crews",
    "crowds",
    "envelopes",
    "exhaustion",
    "fates",
    "header",
    "header_table",
    "ladder",
    "matrix",
    "neighbours",
    "passage",
    "passage_table",
    "ports",
    "queue_table",
    "queues",
    "reach",
    "references",
    "stairs",
    "state_path",
    "stream",
    "stream_table",
    "timeline",
    "timeline_table",
    "timer",
    "window",
    "window_table",
]
