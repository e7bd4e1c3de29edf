"""What turns a run into a lesson."""

from helpers.learning.ledger import Ledger

__all__ = ["Ledger"]
