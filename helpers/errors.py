"""What the apparatus says when it, and not the kernel, cannot do something.

Rule: an error of the kernel is never wrapped. An ``OSError`` from a socket call
reaches the reader unchanged, because it is the lesson. Everything here is about
the lab itself.
"""

from __future__ import annotations

from typing import Any, Protocol


class Pending(Protocol):
    """A call that has not ended: ``helpers.lab.call.Call``, as far as an error knows it."""

    text: str

    def result(self, timeout: float | None = None) -> Any:
        """Wait for it."""


class LabError(Exception):
    """The lab could not do what was asked: says what was tried, what was found, what to do."""


class NotPermitted(LabError):
    """This kernel does not let us make network namespaces, and the request needs the wire."""


class HostDied(LabError):
    """The process that was making the call is gone, so no result will ever come."""


class StillBlocked(LabError):
    """A plain call outlived the lab's deadline.

    The call goes on inside the host. ``error.call`` is the live ``Call``: ask it
    again with ``error.call.result()`` once you have done what it waits for.
    """

    def __init__(self, call: Pending, seconds: float) -> None:
        super().__init__(
            f"{call.text} has been blocked for {seconds:g} s. The call is still waiting in the "
            f"kernel; use .start(...) to begin a call without waiting for it, or take this one "
            f"from the exception's .call"
        )
        self.call = call
