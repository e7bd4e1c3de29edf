"""What the notebooks import: a lab of hosts on a wire, and pictures of what happened there."""

from helpers.call import wait_until
from helpers.causes import cause_table
from helpers.errors import HostDied, LabError, NotPermitted, StillBlocked
from helpers.lab import Lab
from helpers.learning import Ledger

__all__ = [
    "HostDied",
    "Lab",
    "LabError",
    "Ledger",
    "NotPermitted",
    "StillBlocked",
    "cause_table",
    "wait_until",
]
