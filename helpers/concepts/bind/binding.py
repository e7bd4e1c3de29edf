"""The exercise of notebook 02 on bind addresses: ``bind_to(wanted)`` chooses them."""

from __future__ import annotations

import errno
import os
import socket

from helpers.errors import LabError
from helpers.inside.examiner import answer
from helpers.lab.mirror import Socket
from helpers.learning.exercise import Exercise, Situation
from helpers.learning.stage import Stage, expect_return
from helpers.learning.subject import Mistake

Wanted = dict[str, bool]
ANY = "*"
# An address of the machine that no table names; all of 127.0.0.0/8 is loopback's.
_OTHER = "127.0.0.3"
_WILDCARDS = ("", "0.0.0.0", "::")

WRONG_TYPE = (
    "{name} returned a value of type {kind}. It should return a list of addresses, each a text, "
    "one for each listener."
)
EMPTY = "{name} returned no address at all, so nobody listens, and nobody gets in."
SHUT = (
    "{name} returned {got}. A client that asks for {to} must get in, and its connect failed: "
    "{error}. None of these addresses is {to}, or a wildcard of its family."
)
OPEN = "{name} returned {got}. A client that asks for {to} must not get in, and it did. {because}"
BECAUSE = {
    "::": "The wildcard :: answers for every address of the machine, of IPv4 too.",
    "0.0.0.0": "The wildcard 0.0.0.0 answers for every IPv4 address of the machine.",
    "": "The empty text is 0.0.0.0, and answers for every IPv4 address of the machine.",
}
TAKEN = (
    "{name} returned {got}. A listener on {address} cannot stand beside the others on the same "
    "port: {error}. Each destination needs one listener that answers for it, and no more."
)
NOT_HERE = (
    "{name} returned {got}. {address} cannot be bound: {error}. bind takes an address of this "
    "machine, and no pattern."
)


def _situation(title: str, *destinations: str) -> Situation:
    """``destinations`` are those that must get in."""
    places = ("127.0.0.1", "127.0.0.2", "server", "::1", ANY)
    wanted = {place: place in destinations for place in places}
    return Situation(title, lambda stage: _play(stage, wanted))


def _play(stage: Stage, wanted: Wanted) -> None:
    """Ask the reader's function, bind what it says, and knock at every destination."""
    stage.lab.server.restart()
    stage.table = [f"{place:<10} {yes}" for place, yes in wanted.items()]
    chosen = _addresses(stage, wanted)
    port = stage.port = _listen(stage, chosen)
    for place, yes in wanted.items():
        _knock(stage, chosen, _OTHER if place == ANY else place, port, yes)


def _addresses(stage: Stage, wanted: Wanted) -> list[str]:
    name = stage.subject.name
    _, kind, got = expect_return(stage.subject, stage.ask(answer, wanted))
    if kind not in ("list", "tuple") or not all(isinstance(a, str) for a in got):
        raise Mistake(WRONG_TYPE.format(name=name, kind=kind))
    if not got:
        raise Mistake(EMPTY.format(name=name))
    return list(got)


def _listen(stage: Stage, chosen: list[str]) -> int:
    """One listener for each address, all on one port; a wildcard first, which needs most room."""
    stage.mark = stage.lab.trace.mark()
    port = 0
    for address in sorted(chosen, key=lambda a: a not in _WILDCARDS):
        listener = stage.lab.server.socket(_family(address))
        try:
            _bind(listener, address, port)
        except LabError as error:
            raise Mistake(
                _said(stage, NOT_HERE, chosen, address=address, error=str(error))
            ) from None
        except OSError as error:
            sentence = TAKEN if error.errno == errno.EADDRINUSE else NOT_HERE
            raise Mistake(
                _said(stage, sentence, chosen, address=address or "''", error=_why(error))
            ) from None
        port = port or int(listener.getsockname()[1])
    return port


def _bind(listener: Socket, address: str, port: int) -> None:
    listener.bind((address, port))
    listener.listen(8)


def _knock(stage: Stage, chosen: list[str], to: str, port: int, wanted: bool) -> None:
    client = stage.lab.server.socket(_family(to))
    code = client.connect_ex((to, port))
    client.close()
    if wanted and code:
        error = f"{errno.errorcode[code]}, {os.strerror(code)}"
        raise Mistake(_said(stage, SHUT, chosen, to=to, error=error))
    if not wanted and not code:
        culprit = next((a for a in ("::", "0.0.0.0", "") if a in chosen), None)
        because = BECAUSE[culprit] if culprit is not None else "It was bound by its own name."
        raise Mistake(_said(stage, OPEN, chosen, to=to, because=because))


def _family(address: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def _why(error: OSError) -> str:
    return f"{errno.errorcode.get(error.errno or 0, 'an error')}, {error.strerror}"


def _said(stage: Stage, sentence: str, chosen: list[str], **facts: str) -> str:
    return sentence.format(name=stage.subject.name, got=chosen, **facts)


BIND_TO = Exercise(
    "bind_to(wanted) returns the addresses to bind, one listener each, all on one port",
    (
        _situation("only 127.0.0.1 is wanted", "127.0.0.1"),
        _situation("the network is wanted, and loopback is not", "server"),
        _situation("127.0.0.1 and the network, but not 127.0.0.2", "127.0.0.1", "server"),
        _situation("loopback of both families", "127.0.0.1", "::1"),
        _situation("all of IPv4 is wanted", "127.0.0.1", "127.0.0.2", "server", ANY),
        _situation("everything is wanted", "127.0.0.1", "127.0.0.2", "server", "::1", ANY),
    ),
)
