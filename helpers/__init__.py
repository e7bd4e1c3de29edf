"""What the notebooks import: a lab of hosts on a wire, and pictures of what happened there."""

from helpers.call import wait_until
from helpers.causes import cause_table
from helpers.endings import ending_table, play_endings
from helpers.errors import HostDied, LabError, NotPermitted, StillBlocked
from helpers.figures import (
    arrivals,
    buffer,
    buffer_table,
    ladder,
    matrix,
    queue_table,
    queues,
    references,
    state_path,
    timer,
)
from helpers.holders import Holders
from helpers.lab import Lab
from helpers.learning import (
    FINISH,
    LEAK,
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
from helpers.paths import path_table
from helpers.restarts import restart_matrix, restart_table
from helpers.timers import sample_timer, watch

__all__ = [
    "FINISH",
    "LEAK",
    "RESTARTS",
    "WHY",
    "Holders",
    "HostDied",
    "Lab",
    "LabError",
    "Ledger",
    "NotPermitted",
    "StillBlocked",
    "arrivals",
    "beliefs",
    "buffer",
    "buffer_table",
    "cause_table",
    "check",
    "debugger",
    "ending_table",
    "ladder",
    "matrix",
    "path_table",
    "play_endings",
    "predict",
    "queue_table",
    "queues",
    "references",
    "restart_matrix",
    "restart_table",
    "reveal",
    "sample_timer",
    "slider",
    "state_path",
    "timer",
    "wait_until",
    "watch",
]
