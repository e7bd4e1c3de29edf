"""What belongs to a lab refers to it, and does not keep it.

So ``lab = Lab()`` run again closes the lab that had the name before, whatever sockets, traces and
outputs of it are still about: a lab closes when its last name goes.
"""

from __future__ import annotations

import os
import weakref
from typing import Generic, TypeVar

from helpers.errors import LabError

T = TypeVar("T")

CLOSED = "the lab is closed; make a new one with Lab()"


def check_owner(owner: int) -> None:
    """Raise ``LabError`` in a process that was forked from the one whose lab it is."""
    if os.getpid() != owner:
        raise LabError(
            f"this lab belongs to process {owner}, from which this one was forked; make one for "
            f"this process with Lab()"
        )


class OfLab(Generic[T]):
    """``_lab = OfLab[Lab]()`` in a class: set it once, read it; ``LabError`` when it is gone."""

    def __set__(self, thing: object, lab: T) -> None:
        """Remember the lab, or what it is made of, weakly."""
        thing.__dict__["_of_lab"] = weakref.ref(lab)

    def __get__(self, thing: object, owner: type) -> T:
        """The lab."""
        lab: T | None = thing.__dict__["_of_lab"]()
        if lab is None:
            raise LabError(CLOSED)
        return lab
