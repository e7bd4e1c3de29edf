"""The exercise of notebook 03 on the last port: ``how_many(low, high, servers)`` predicts."""

from __future__ import annotations

import errno

from helpers.lab.staging import listen
from helpers.learning.exercise import Exercise, Situation
from helpers.learning.stage import Stage
from helpers.learning.texts import sayings

SAY = sayings("ports", "HOW_MANY")


def _situation(title: str, low: int, high: int, servers: int) -> Situation:
    return Situation(title, lambda stage: _play(stage, low, high, servers), wire=True)


def _play(stage: Stage, low: int, high: int, servers: int) -> None:
    """Ask for the prediction, then connect until the kernel has no port left."""
    stage.fresh()
    stage.table = [f"low      {low}", f"high     {high}", f"servers  {servers}"]
    kind, got = stage.answer(low, high, servers)
    if kind != "int":
        raise stage.mistake(SAY.wrong_type, kind=kind)
    real = _connect(stage, low, high, servers)
    if got != real:
        count = high - low + 1
        words = _words(got, servers, count)
        facts = {"low": low, "high": high, "servers": servers, "count": count}
        raise stage.mistake(words, got=got, real=real, **facts)


def _words(got: int, servers: int, count: int) -> str:
    if got in ((count - 1) * servers, count - 1):
        return SAY.off_by_one
    if got > 1000:
        return SAY.all_ports
    return SAY.one_server if servers > 1 and got == count else SAY.otherwise


def _connect(stage: Stage, low: int, high: int, servers: int) -> int:
    """How many connections one client address can hold to so many servers, tried out."""
    stage.lab.client.sysctl["ipv4.ip_local_port_range"] = f"{low} {high}"
    held = 0
    for n in range(servers):
        listen(stage.lab.server, stage.port + 100 + n, 100)
        while not (code := _one_more(stage, stage.port + 100 + n)):
            held += 1
        said = SAY.note_held.format(held=held, error=errno.errorcode[code])
        stage.note("client", said)
    return held


def _one_more(stage: Stage, port: int) -> int:
    return stage.lab.client.socket().connect_ex(("server", port))


HOW_MANY = Exercise(
    SAY,
    (
        _situation(SAY.when_four, 40000, 40003, 1),
        _situation(SAY.when_one, 40000, 40000, 1),
        _situation(SAY.when_six, 50001, 50006, 3),
    ),
)
