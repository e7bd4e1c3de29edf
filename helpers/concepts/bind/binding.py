"""The exercise of notebook 02 on bind addresses: ``bind_to(wanted)`` chooses them."""

from __future__ import annotations

import errno
import os
import socket

from helpers.errors import LabError
from helpers.lab.mirror import Socket
from helpers.lab.staging import listen
from helpers.learning.exercise import Exercise, Situation
from helpers.learning.stage import Stage
from helpers.learning.texts import sayings

SAY = sayings("bind", "BIND_TO")
Wanted = dict[str, bool]
ANY = "*"
# Addresses of the machine that no table names; all of 127.0.0.0/8 is loopback's.
_OTHERS = ("127.0.0.3", "127.9.8.7")
# The wildcards, and why whoever is bound to one lets in who is not wanted.
_BECAUSE = {"::": SAY.because_six, "0.0.0.0": SAY.because_four, "": SAY.because_empty}


def _situation(title: str, *destinations: str) -> Situation:
    """``destinations`` are those that must get in."""
    places = ("127.0.0.1", "127.0.0.2", "server", "::1", ANY)
    wanted = {place: place in destinations for place in places}
    return Situation(title, lambda stage: _play(stage, wanted))


def _play(stage: Stage, wanted: Wanted) -> None:
    """Ask the reader's function, bind what it says, and knock at every destination."""
    stage.lab.server.restart()
    stage.table = [f"{place:<10} {yes}" for place, yes in wanted.items()]
    kind, got = stage.answer(wanted)
    if kind not in ("list", "tuple", "set", "frozenset") or not all(
        isinstance(a, str) for a in got
    ):
        raise stage.mistake(SAY.wrong_type, kind=kind)
    if not got:
        raise stage.mistake(SAY.empty)
    chosen = list(got)
    listeners = _listen(stage, chosen)
    for place, yes in wanted.items():
        for to in _OTHERS if place == ANY else (place,):
            _knock(stage, chosen, listeners, to, yes)


def _listen(stage: Stage, chosen: list[str]) -> list[Socket]:
    """One listener for each address, all on one port; a wildcard first, which needs most room."""
    stage.mark = stage.lab.trace.mark()
    listeners: list[Socket] = []
    port = 0
    for address in sorted(chosen, key=lambda a: a not in _BECAUSE):
        try:
            listener = listen(stage.lab.server, port, 8, address)
        except LabError as error:
            raise stage.mistake(SAY.not_here, got=chosen, address=address, error=error) from None
        except OSError as error:
            words = SAY.taken if error.errno == errno.EADDRINUSE else SAY.not_here
            why = f"{errno.errorcode.get(error.errno or 0, 'an error')}, {error.strerror}"
            raise stage.mistake(words, got=chosen, address=address or "''", error=why) from None
        stage.port = port = port or int(listener.getsockname()[1])
        listeners.append(listener)
    return listeners


def _knock(stage: Stage, chosen: list[str], listeners: list[Socket], to: str, wanted: bool) -> None:
    before = _came_in(listeners)
    client = stage.lab.server.socket(socket.AF_INET6 if ":" in to else socket.AF_INET)
    code = client.connect_ex((to, stage.port))
    client.close()
    if not wanted and _came_in(listeners) == before:
        return  # refused; or, without a wire, let in by another listener of this machine
    if wanted and code:
        error = f"{errno.errorcode[code]}, {os.strerror(code)}"
        raise stage.mistake(SAY.shut, got=chosen, to=to, error=error)
    if not wanted and not code:
        why = SAY.because_named if to in chosen else SAY.because_other
        because = next((why for a, why in _BECAUSE.items() if a in chosen), why)
        raise stage.mistake(SAY.open, got=chosen, to=to, because=because)


def _came_in(listeners: list[Socket]) -> int:
    """How many connections wait at the listeners; nobody accepts any."""
    return sum(each.queues().accept for each in listeners)


BIND_TO = Exercise(
    SAY,
    (
        _situation(SAY.when_one, "127.0.0.1"),
        _situation(SAY.when_network, "server"),
        _situation(SAY.when_both, "127.0.0.1", "server"),
        _situation(SAY.when_families, "127.0.0.1", "::1"),
        _situation(SAY.when_four, "127.0.0.1", "127.0.0.2", "server", ANY),
        _situation(SAY.when_all, "127.0.0.1", "127.0.0.2", "server", "::1", ANY),
        _situation(SAY.when_three, "127.0.0.1", "127.0.0.2", "server"),
        _situation(SAY.when_six, "::1"),
    ),
)
