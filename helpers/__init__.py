"""What the notebooks import: a lab of hosts on a wire, and pictures of what happened there."""

from helpers.call import wait_until
from helpers.causes import cause_table
from helpers.errors import HostDied, LabError, NotPermitted, StillBlocked
from helpers.figures import buffer, buffer_table, ladder, matrix, queue_table, queues, timer
from helpers.lab import Lab
from helpers.learning import (
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
from helpers.restarts import restart_matrix, restart_table
from helpers.timers import sample_timer, watch

__all__ = [
    "RESTARTS",
    "WHY",
    "HostDied",
    "Lab",
    "LabError",
    "Ledger",
    "NotPermitted",
    "StillBlocked",
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
    "restart_matrix",
    "restart_table",
    "reveal",
    "sample_timer",
    "slider",
    "timer",
    "wait_until",
    "watch",
]
