"""The exercise of notebook 03 on the last port: ``how_many(low, high, servers)`` predicts."""

from __future__ import annotations

import errno

from helpers.inside.examiner import answer
from helpers.learning.exercise import Exercise, Situation
from helpers.learning.stage import Stage, expect_return
from helpers.learning.subject import Mistake

WRONG_TYPE = "{name} returned a value of type {kind}. It should return a number of connections."
OFF_BY_ONE = (
    "{name} returned {got}. In the lab it was {real}: both ends of the range belong to it, so the "
    "ports {low} to {high} are {count}."
)
ONE_SERVER = (
    "{name} returned {got}. In the lab it was {real}: each port was used once for each of the "
    "{servers} servers. A connection is known by all four: both addresses and both ports."
)
ALL_PORTS = (
    "{name} returned {got}. In the lab it was {real}: without a port of its own choice a client "
    "gets one of the ports {low} to {high}, and no other."
)
OTHERWISE = (
    "{name} returned {got}. In the lab it was {real}, with ports {low} to {high} and {servers} "
    "servers."
)


def _situation(title: str, low: int, high: int, servers: int) -> Situation:
    return Situation(title, lambda stage: _play(stage, low, high, servers), wire=True)


def _play(stage: Stage, low: int, high: int, servers: int) -> None:
    """Ask for the prediction, then connect until the kernel has no port left."""
    stage.lab.client.restart()
    stage.lab.server.restart()
    stage.mark = stage.lab.trace.mark()
    stage.table = [f"low      {low}", f"high     {high}", f"servers  {servers}"]
    _, kind, got = expect_return(stage.subject, stage.ask(answer, low, high, servers))
    if kind != "int":
        raise Mistake(WRONG_TYPE.format(name=stage.subject.name, kind=kind))
    real = _connect(stage, low, high, servers)
    if got == real:
        return
    facts = {"low": low, "high": high, "servers": servers, "count": high - low + 1}
    sentence = _sentence(got, real, **facts)
    raise Mistake(sentence.format(name=stage.subject.name, got=got, real=real, **facts))


def _sentence(got: int, real: int, low: int, high: int, servers: int, count: int) -> str:
    if got in ((count - 1) * servers, count - 1):
        return OFF_BY_ONE
    if got > 1000:
        return ALL_PORTS
    return ONE_SERVER if servers > 1 and got == count else OTHERWISE


def _connect(stage: Stage, low: int, high: int, servers: int) -> int:
    """How many connections one client address can hold to so many servers, tried out."""
    stage.lab.client.sysctl["ipv4.ip_local_port_range"] = f"{low} {high}"
    held = 0
    for n in range(servers):
        listener = stage.lab.server.socket()
        listener.bind(("0.0.0.0", stage.port + 100 + n))
        listener.listen(100)
        while not (code := _one_more(stage, stage.port + 100 + n)):
            held += 1
        stage.note("client", f"can hold {held} connections, then {errno.errorcode[code]}")
    return held


def _one_more(stage: Stage, port: int) -> int:
    return stage.lab.client.socket().connect_ex(("server", port))


HOW_MANY = Exercise(
    "how_many(low, high, servers) says how many connections one client address can hold",
    (
        _situation("four ports, one server", 40000, 40003, 1),
        _situation("one port, one server", 40000, 40000, 1),
        _situation("six ports, three servers", 40000, 40005, 3),
    ),
)
