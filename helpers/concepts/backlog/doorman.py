"""Runs inside a host: gives the reader's accept loop a listener, and makes trouble for it.

The listener is a real one that measures how long the loop rests after a refused ``accept``. A
signal from the notebook starts the loop, and further ones the trouble. Standard library only.
"""

from __future__ import annotations

import _thread
import os
import resource
import signal
import socket
import time

from helpers.inside.examiner import READY, answer

TYPE_CHECKING = False  # typing itself would cost each program four milliseconds
if TYPE_CHECKING:
    from typing import Any

    from helpers.inside.examiner import Code, Verdict

# What the notebook sends, and how long there is no descriptor, in seconds.
GO = signal.SIGUSR1
WITHOUT = 0.3
# So many refusals are no spin, whatever came between them.
_FEW = 5
# A loop may run for so many times as long as a function that should return.
_ROUNDS = 6


def doorman(code: Code, port: int, seconds: float, trouble: str) -> Verdict:
    """Run the reader's loop on a listener; its verdict, if it ever ends.

    ``trouble`` is ``files`` (for a while no descriptor is free), ``shutdown`` (of the listener), or
    nothing. After ``files`` the median rest after a refused accept is printed.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, {GO})
    door = _door(port)
    print(READY)
    signal.sigwait({GO})
    if trouble:
        _thread.start_new_thread(_TROUBLES[trouble], (door,))
    return answer(code, _ROUNDS * seconds, door)


def _door(port: int) -> Any:
    class Door(socket.socket):
        """A listener that measures how long the loop rests after each refusal, in seconds."""

        rests: list[float] = []
        refused_at = 0.0

        def accept(self) -> Any:
            if self.refused_at:
                self.rests.append(time.monotonic() - self.refused_at)
            self.refused_at = 0.0
            try:
                return super().accept()
            except OSError:
                self.refused_at = time.monotonic()
                raise

    listener = socket.create_server(("", port))
    return Door(fileno=listener.detach())


def _files(door: Any) -> None:
    """Let this process have no descriptor to give, for a while: getrlimit(2).

    The accept that sleeps has taken its descriptor already, the last one below the next free:
    it serves one more client, and only the one after it fails. The while begins when that one has
    come, which a third signal says: on a busy machine it would else be over by then.
    """
    signal.sigwait({GO})
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    free = os.dup(2)
    os.close(free)
    resource.setrlimit(resource.RLIMIT_NOFILE, (free - 1, hard))
    print(READY, "low")
    signal.sigwait({GO})
    time.sleep(WITHOUT)
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    rests = sorted(door.rests)
    print(READY, "rested", rests[len(rests) // 2] if len(rests) > _FEW else WITHOUT)


def _shutdown(door: Any) -> None:
    """End the listening, as another thread would that wants the server to stop."""
    signal.sigwait({GO})
    door.shutdown(socket.SHUT_RDWR)


_TROUBLES = {"files": _files, "shutdown": _shutdown}
