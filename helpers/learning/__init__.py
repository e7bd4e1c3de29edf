"""What turns a run into a lesson: predictions, the debugger, exercises, the ledger."""

from helpers.learning import beliefs
from helpers.learning.debugger import debugger
from helpers.learning.diagnosing import WHY
from helpers.learning.exercise import check
from helpers.learning.framing import LINES, MESSAGES
from helpers.learning.ledger import Ledger
from helpers.learning.prediction import predict, reveal
from helpers.learning.reading import RECV_EXACTLY
from helpers.learning.restarting import RESTARTS
from helpers.learning.slider import slider

__all__ = [
    "LINES",
    "MESSAGES",
    "RECV_EXACTLY",
    "RESTARTS",
    "WHY",
    "Ledger",
    "beliefs",
    "check",
    "debugger",
    "predict",
    "reveal",
    "slider",
]
