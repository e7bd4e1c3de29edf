"""What turns a run into a lesson: predictions, the debugger, exercises, the ledger."""
