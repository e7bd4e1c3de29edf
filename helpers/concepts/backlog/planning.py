"""The exercise on sizes: ``plan(clients, ms)`` chooses a backlog and a number of workers."""

from __future__ import annotations

import math

from helpers.concepts.backlog.crowd import arrive, serve
from helpers.inside.examiner import answer
from helpers.learning.exercise import Exercise, Situation
from helpers.learning.stage import Stage, expect_return
from helpers.learning.subject import Mistake
from helpers.waiting import wait_until

# Every client is to be served within this time, in seconds.
GOAL = 0.5
# The clients are watched for so long, in seconds: a SYN is sent again after one second.
_WATCH = 0.7

WRONG_TYPE = (
    "{name} returned a value of type {kind}. It should return two whole numbers, as in "
    "`return n, workers`."
)
NEGATIVE = "n = {n} makes no sense here: Python turns a negative backlog into 0."
NOBODY = "With {workers} workers nobody serves. There must be at least one."
SMALL = (
    "{late} of {clients} clients found the queue full, and sent their SYN again a second later. A "
    "backlog of {n} holds {places}, and all {clients} come before the server takes the first."
)
LONG = (
    "A backlog of {n} is more than twice what {clients} clients need. It costs nothing today. In "
    "an overload it keeps clients waiting who have long gone away. Choose what the burst needs."
)
SLOW = (
    "The last client was served too late. {clients} clients of {ms} ms are {work:g} s of work; "
    "with {workers} at it they take {took:g} s, and half a second is the goal."
)
CROWD = (
    "{workers} workers are more than twice what is needed: {clients} clients of {ms} ms are "
    "{work:g} s of work, and half a second is allowed. Each process costs memory."
)


def _situation(clients: int, ms: int) -> Situation:
    title = f"{clients} clients come at once, and each takes {ms} ms"
    return Situation(title, lambda stage: _play(stage, clients, ms))


def _play(stage: Stage, clients: int, ms: int) -> None:
    verdict = expect_return(stage.subject, stage.ask(answer, clients, ms))
    n, workers = _numbers(stage, verdict[1], verdict[2])
    work = clients * ms / 1000
    facts: dict[str, object] = {
        "n": n,
        "workers": workers,
        "clients": clients,
        "ms": ms,
        "work": work,
    }
    _before(n, workers, clients, work, facts)
    late, worst = _burst(stage, n, workers, clients, ms)
    if late:
        raise Mistake(SMALL.format(late=late, places=n + 1, **facts))
    took = math.ceil(clients / workers) * ms / 1000
    if worst > GOAL and took > GOAL:  # a busy machine is not the reader's fault
        raise Mistake(SLOW.format(took=took, **facts))


def _numbers(stage: Stage, kind: str, value: object) -> tuple[int, int]:
    if isinstance(value, tuple) and len(value) == 2 and all(type(v) is int for v in value):
        return value
    raise Mistake(WRONG_TYPE.format(name=stage.subject.name, kind=kind))


def _before(n: int, workers: int, clients: int, work: float, facts: dict[str, object]) -> None:
    """What need not be tried to be known."""
    needed = max(1.0, work / GOAL)
    wrongs = (
        (n < 0, NEGATIVE),
        (workers < 1, NOBODY),
        (workers > 2 * needed + 1, CROWD),
        (n > 2 * clients, LONG),
    )
    for wrong, sentence in wrongs:
        if wrong:
            raise Mistake(sentence.format(**facts))


def _burst(stage: Stage, n: int, workers: int, clients: int, ms: int) -> tuple[int, float]:
    """Play it: how many had to send a SYN again, and when the last of the others was served."""
    stage.note("server", f"calls listen({n}), and has {workers} at work")
    host, port = stage.lab.server, stage.port
    server = host.run(serve, "server", port, n, ms / 1000, workers, observed=False)
    wait_until("a server that listens", lambda: "listens" in server.output)
    times = host.run(arrive, "server", port, clients, _WATCH, observed=False, wait=False).result()
    late = sum(t[0] < 0 for t in times)
    stage.note("clients", f"{clients} come at once; {clients - late} get in with their first SYN")
    return late, max(t[1] if t[1] >= 0 else _WATCH for t in times)


PLANS = Exercise(
    "plan(clients, ms) returns (n, workers), so that a burst is served in half a second",
    (
        _situation(40, 20),
        _situation(200, 1),
        _situation(12, 90),
    ),
)
