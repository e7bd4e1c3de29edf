"""What turns a run into a lesson: exercises with their checks, and the ledger of claims."""

from helpers.learning.diagnosing import WHY
from helpers.learning.exercise import check
from helpers.learning.ledger import Ledger
from helpers.learning.restarting import RESTARTS

__all__ = ["RESTARTS", "WHY", "Ledger", "check"]
