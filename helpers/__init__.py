"""What the notebooks import: a lab of hosts on a wire, and pictures of what happened there."""

from helpers.errors import HostDied, LabError, NotPermitted, StillBlocked
from helpers.lab import Lab
from helpers.call import wait_until

__all__ = ["HostDied", "Lab", "LabError", "NotPermitted", "StillBlocked", "wait_until"]
