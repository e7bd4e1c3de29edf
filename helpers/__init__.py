"""What every notebook imports: a lab of hosts on a wire, pictures, predictions, the ledger.

What belongs to one notebook stands in its room: ``from helpers.concepts import backlog``.
"""

from helpers.errors import HostDied, LabError, NotPermitted, StillBlocked
from helpers.figures.header import header, header_table
from helpers.figures.ladder import ladder
from helpers.figures.queues import buffer, buffer_table, queue_table, queues
from helpers.figures.replay import replay
from helpers.lab.lab import Lab
from helpers.learning.debugger import debugger
from helpers.learning.exercise import check
from helpers.learning.ledger import Ledger
from helpers.learning.prediction import predict, reveal
from helpers.learning.slider import slider
from helpers.record.causes import cause_table
from helpers.waiting import wait_until

__all__ = [
    "HostDied",
    "Lab",
    "LabError",
    "Ledger",
    "NotPermitted",
    "StillBlocked",
    "buffer",
    "buffer_table",
    "cause_table",
    "check",
    "debugger",
    "header",
    "header_table",
    "ladder",
    "predict",
    "queue_table",
    "queues",
    "replay",
    "reveal",
    "slider",
    "wait_until",
]
