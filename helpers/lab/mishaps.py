"""Keeps the lab's thread alive: what should not have happened becomes a note, and work goes on.

Nothing that is known to fail ends here. A reader's wrong argument is refused in the reader's
call, a rule has a thread of its own; this is for what nobody thought of.
"""

from __future__ import annotations

import errno
from collections.abc import Callable
from types import TracebackType
from typing import TypeGuard

# So many turns in a row that end in a mishap show a lab that cannot go on.
MOST = 100


class Mishaps:
    """``with mishaps("a turn") as mishap:`` notes whatever is raised inside, and swallows it."""

    def __init__(self, note: Callable[[str], None]) -> None:
        self._note = note
        self._told: set[str] = set()

    def __call__(self, what: str) -> Mishap:
        """Name what is being done."""
        return Mishap(self, what)

    def tell(self, text: str) -> None:
        """Note it; once is enough, for memory has an end."""
        if text not in self._told:
            self._told.add(text)
            self._note(text)


class Mishap:
    """One such block; ``error`` is what was raised in it."""

    def __init__(self, mishaps: Mishaps, what: str) -> None:
        self.error: BaseException | None = None
        self._mishaps, self._what = mishaps, what

    def __enter__(self) -> Mishap:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> bool:
        if error is None:
            return False
        self.error = error.with_traceback(None)
        self._mishaps.tell(f"a defect of the lab, in {self._what}: {spoken(error)}")
        return True


def is_shortage(error: object) -> TypeGuard[OSError]:
    """Whether this process, or the machine, had no descriptor left."""
    return isinstance(error, OSError) and error.errno in (errno.EMFILE, errno.ENFILE)


def spoken(error: BaseException) -> str:
    """``TypeError: …``, also for an exception of a reader's that cannot be put into words."""
    try:
        text = str(error)
    except Exception:
        text = ""
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
