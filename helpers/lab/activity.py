"""Says in one word what a process of a lab is doing, and whether anybody has to wait for that.

Rule of this file: pure. What is known comes in; whether threads sleep is asked only where it
decides, for each answer costs a look at /proc (20 µs a thread).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum


class Activity(Enum):
    """The first one that holds."""

    GONE = "it has ended"
    WAITS_ITS_TURN = "it has ended a call, and waits until the notebook has looked"
    GIVEN_UP = "it was busy for too long, and nobody waits for it any more"
    POLLS = "it asks again and again without waiting"
    STARTS = "it has not said its number yet"
    IS_ASKED = "it was asked to make a call, and has not begun it"
    RUNS = "one of its threads runs, or waits for a lock of its own"
    SLEEPS = "all that could do something sleeps in the kernel"

    @property
    def busy(self) -> bool:
        """Whether it is about to do something, so that the lab is not quiet."""
        return self in (Activity.STARTS, Activity.IS_ASKED, Activity.RUNS)


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a process without asking the kernel."""

    alive: bool = True
    waits: bool = False
    given_up: bool = False
    polls: bool = False
    started: bool = True
    begun: bool = True  # every call that the notebook has asked for has begun


def activity(known: Known, sleeps: Callable[[], bool]) -> Activity:
    """What a process is doing."""
    if not known.alive:
        return Activity.GONE
    if known.waits:
        return Activity.WAITS_ITS_TURN
    if known.given_up:
        return Activity.GIVEN_UP
    if known.polls:
        return Activity.POLLS
    if not known.started:
        return Activity.STARTS
    if not known.begun:
        return Activity.IS_ASKED
    return Activity.SLEEPS if sleeps() else Activity.RUNS
