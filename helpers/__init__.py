"""What the notebooks import: a lab of hosts on a wire, and pictures of what happened there."""

from helpers.attempts import attempt_table, syn_times
from helpers.backlog import staircase, staircase_table
from helpers.bursts import burst, burst_table, start_bursts
from helpers.call import wait_until
from helpers.causes import cause_table
from helpers.errors import HostDied, LabError, NotPermitted, StillBlocked
from helpers.figures import (
    attempts,
    backlogs,
    buffer,
    buffer_table,
    cost_table,
    costs,
    crews,
    crowds,
    ladder,
    matrix,
    queue_table,
    queues,
    stairs,
    timer,
)
from helpers.lab import Lab
from helpers.learning import (
    ACCEPTS,
    PLANS,
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
from helpers.race import race
from helpers.restarts import restart_matrix, restart_table
from helpers.schemes import accept_cost, scheme_table, worker_schemes
from helpers.timers import sample_timer, watch

__all__ = [
    "ACCEPTS",
    "PLANS",
    "RESTARTS",
    "WHY",
    "HostDied",
    "Lab",
    "LabError",
    "Ledger",
    "NotPermitted",
    "StillBlocked",
    "accept_cost",
    "attempt_table",
    "attempts",
    "backlogs",
    "beliefs",
    "buffer",
    "buffer_table",
    "burst",
    "burst_table",
    "cause_table",
    "check",
    "cost_table",
    "costs",
    "crews",
    "crowds",
    "debugger",
    "ladder",
    "matrix",
    "predict",
    "queue_table",
    "queues",
    "race",
    "restart_matrix",
    "restart_table",
    "reveal",
    "sample_timer",
    "scheme_table",
    "slider",
    "staircase",
    "staircase_table",
    "stairs",
    "start_bursts",
    "syn_times",
    "timer",
    "wait_until",
    "watch",
    "worker_schemes",
]
