"""What turns a run into a lesson: predictions, the debugger, exercises, the ledger."""

from helpers.learning import beliefs
from helpers.learning.binding import BIND_TO
from helpers.learning.counting import HOW_MANY
from helpers.learning.debugger import debugger
from helpers.learning.diagnosing import WHY
from helpers.learning.exercise import check
from helpers.learning.finding import LISTENER
from helpers.learning.ledger import Ledger
from helpers.learning.prediction import predict, reveal
from helpers.learning.reaching import WHY_NOT
from helpers.learning.restarting import RESTARTS
from helpers.learning.slider import slider

__all__ = [
    "BIND_TO",
    "HOW_MANY",
    "LISTENER",
    "RESTARTS",
    "WHY",
    "WHY_NOT",
    "Ledger",
    "beliefs",
    "check",
    "debugger",
    "predict",
    "reveal",
    "slider",
]
