"""What the notebooks import: a lab of hosts on a wire, and pictures of what happened there."""

from helpers.call import wait_until
from helpers.causes import cause_table
from helpers.ephemeral import chosen_ports, exhaust, exhaust_table, ports_table
from helpers.errors import HostDied, LabError, NotPermitted, StillBlocked
from helpers.figures import (
    buffer,
    buffer_table,
    envelopes,
    exhaustion,
    header,
    header_table,
    ladder,
    matrix,
    neighbours,
    ports,
    queue_table,
    queues,
    reach,
    timer,
)
from helpers.lab import Lab
from helpers.learning import (
    BIND_TO,
    HOW_MANY,
    LISTENER,
    RESTARTS,
    WHY,
    WHY_NOT,
    Ledger,
    beliefs,
    check,
    debugger,
    predict,
    reveal,
    slider,
)
from helpers.reachability import envelope_table, reach_matrix, reach_table, read_envelopes
from helpers.restarts import restart_matrix, restart_table
from helpers.sharing import neighbour_matrix, neighbour_table
from helpers.timers import sample_timer, watch

__all__ = [
    "BIND_TO",
    "HOW_MANY",
    "LISTENER",
    "RESTARTS",
    "WHY",
    "WHY_NOT",
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
    "chosen_ports",
    "debugger",
    "envelope_table",
    "envelopes",
    "exhaust",
    "exhaust_table",
    "exhaustion",
    "header",
    "header_table",
    "ladder",
    "matrix",
    "neighbour_matrix",
    "neighbour_table",
    "neighbours",
    "ports",
    "ports_table",
    "predict",
    "queue_table",
    "queues",
    "reach",
    "reach_matrix",
    "reach_table",
    "read_envelopes",
    "restart_matrix",
    "restart_table",
    "reveal",
    "sample_timer",
    "slider",
    "timer",
    "wait_until",
    "watch",
]
