"""What the notebooks import: a lab of hosts on a wire, and pictures of what happened there."""

from helpers.call import wait_until
from helpers.causes import cause_table
from helpers.errors import HostDied, LabError, NotPermitted, StillBlocked
from helpers.figures import (
    barcode,
    barcode_table,
    buffer,
    buffer_table,
    ladder,
    matrix,
    queue_table,
    queues,
    stream,
    stream_table,
    timeline,
    timeline_table,
    timer,
    window,
    window_table,
)
from helpers.lab import Lab
from helpers.learning import (
    LINES,
    MESSAGES,
    RECV_EXACTLY,
    RESTARTS,
    WHY,
    Ledger,
    beliefs,
    check,
    debugger,
    predict,
    reveal,
    slider,
)
from helpers.reads import read_runs
from helpers.restarts import restart_matrix, restart_table
from helpers.segments import shifted
from helpers.timers import sample_timer, watch

__all__ = [
    "LINES",
    "MESSAGES",
    "RECV_EXACTLY",
    "RESTARTS",
    "WHY",
    "HostDied",
    "Lab",
    "LabError",
    "Ledger",
    "NotPermitted",
    "StillBlocked",
    "barcode",
    "barcode_table",
    "beliefs",
    "buffer",
    "buffer_table",
    "cause_table",
    "check",
    "debugger",
    "ladder",
    "matrix",
    "predict",
    "queue_table",
    "queues",
    "read_runs",
    "restart_matrix",
    "restart_table",
    "reveal",
    "sample_timer",
    "shifted",
    "slider",
    "stream",
    "stream_table",
    "timeline",
    "timeline_table",
    "timer",
    "wait_until",
    "watch",
    "window",
    "window_table",
]
