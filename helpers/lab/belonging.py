"""What belongs to a lab refers to it, and does not keep it.

So ``lab = Lab()`` run again closes the lab that had the name before, whatever sockets, traces and
outputs of it are still about: a lab closes when its last name goes.
"""

from __future__ import annotations

import os
import weakref
from typing import TYPE_CHECKING

from helpers.errors import LabError

if TYPE_CHECKING:
    from helpers.lab.lab import Lab

CLOSED = "the lab is closed; make a new one with Lab()"


def check_owner(owner: int) -> None:
    """Raise ``LabError`` in a process that was forked from the one whose lab it is."""
    if os.getpid() != owner:
        raise LabError(
            f"this lab belongs to process {owner}, from which this one was forked; make one for "
            f"this process with Lab()"
        )


class OfLab:
    """``_lab = OfLab()`` in a class: set it once, read the lab; ``LabError`` when it is gone."""

    def __set__(self, thing: object, lab: Lab) -> None:
        """Remember the lab, weakly."""
        thing.__dict__["_of_lab"] = weakref.ref(lab)

    def __get__(self, thing: object, owner: type) -> Lab:
        """The lab."""
        lab: Lab | None = thing.__dict__["_of_lab"]()
        if lab is None:
            raise LabError(CLOSED)
        return lab
