"""What every notebook imports: a lab of hosts on a wire, pictures, predictions, the ledger.

What belongs to one notebook stands in its room: ``from helpers.concepts import backlog``.
"""

from typing import TYPE_CHECKING

from helpers.errors import LabError, NotPermitted, StillBlocked
from helpers.figures.header import header, header_table
from helpers.figures.ladder import ladder
from helpers.figures.queues import buffer, buffer_table, queue_table, queues
from helpers.figures.replay import replay
from helpers.lab.lab import Lab
from helpers.learning.debugger import debugger
from helpers.learning.exercise import check
from helpers.learning.ledger import Ledger
from helpers.learning.prediction import predict, reveal
from helpers.learning.quiz import quiz
from helpers.learning.recall import recall
from helpers.learning.slider import slider
from helpers.learning.standing import progress
from helpers.learning.take_away import take_away
from helpers.record.causes import cause_table
from helpers.waiting import wait_until

if TYPE_CHECKING:
    from helpers.symptoms import symptom

    __version__: str
else:

    def __getattr__(name: str) -> object:
        """What few notebooks use is opened when it is first used."""
        if name == "__version__":
            return _version()
        if name != "symptom":
            raise AttributeError(f"module 'helpers' has no attribute {name!r}", name=name)
        from helpers.symptoms import symptom

        return symptom

    def _version() -> str:
        """The project's, from pyproject.toml, which alone has it; where that was left behind, from
        what was made of it when the set was installed."""
        import tomllib
        from importlib.metadata import version
        from pathlib import Path

        try:
            with (Path(__file__).parents[1] / "pyproject.toml").open("rb") as file:
                return tomllib.load(file)["project"]["version"]
        except FileNotFoundError:
            return version("tcp-server-notebooks")


__all__ = [
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
    "progress",
    "queue_table",
    "queues",
    "quiz",
    "recall",
    "replay",
    "reveal",
    "slider",
    "symptom",
    "take_away",
    "wait_until",
]
