"""What turns a run into a lesson: predictions, the debugger, exercises, the ledger."""

from helpers.learning import beliefs
from helpers.learning.accepting import ACCEPTS
from helpers.learning.binding import BIND_TO
from helpers.learning.closing import FINISH
from helpers.learning.counting import HOW_MANY
from helpers.learning.debugger import debugger
from helpers.learning.diagnosing import WHY
from helpers.learning.exercise import check
from helpers.learning.filling import FILL
from helpers.learning.finding import LISTENER
from helpers.learning.framing import LINES, MESSAGES
from helpers.learning.leaking import LEAK
from helpers.learning.ledger import Ledger
from helpers.learning.planning import PLANS
from helpers.learning.prediction import predict, reveal
from helpers.learning.reaching import WHY_NOT
from helpers.learning.reading import RECV_EXACTLY
from helpers.learning.restarting import RESTARTS
from helpers.learning.slider import slider
from helpers.learning.telling import WHAT_HAPPENED

__all__ = [
    "ACCEPTS",
    "BIND_TO",
    "FILL",
    "FINISH",
    "HOW_MANY",
    "LEAK",
    "LINES",
    "LISTENER",
    "MESSAGES",
    "PLANS",
    "RECV_EXACTLY",
    "RESTARTS",
    "WHAT_HAPPENED",
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
