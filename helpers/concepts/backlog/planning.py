"""The exercise on sizes: ``plan(clients, ms)`` chooses a backlog and a number of workers."""

from __future__ import annotations

import math
from contextlib import suppress

from helpers.concepts.backlog.crowd import arrive, serve
from helpers.errors import NotPermitted
from helpers.learning.exercise import Exercise, Situation
from helpers.learning.stage import Stage
from helpers.learning.texts import sayings
from helpers.waiting import wait_until

SAY = sayings("backlog", "PLANS")
# Every client is to be served within this time, in seconds.
GOAL = 0.5
# The clients are watched for so long, in seconds: a SYN is sent again after one second.
_WATCH = 0.7


def _situation(clients: int, ms: int) -> Situation:
    title = SAY.when_burst.format(clients=clients, ms=ms)
    return Situation(title, lambda stage: _play(stage, clients, ms))


def _play(stage: Stage, clients: int, ms: int) -> None:
    with suppress(NotPermitted):  # else, on a busy machine, a client with a cookie seems to be in
        stage.lab.server.sysctl["net.ipv4.tcp_syncookies"] = 0
    stage.mark = stage.lab.trace.mark()  # that is no part of the history
    kind, plan = stage.answer(clients, ms)
    if not (isinstance(plan, tuple) and len(plan) == 2):
        raise stage.mistake(SAY.wrong_type, kind=kind)
    for value in plan:
        if type(value) is not int:
            raise stage.mistake(SAY.no_int, value=value, kind=type(value).__name__)
    n, workers = plan
    work = clients * ms / 1000
    each = int(GOAL * 1000) // ms  # so many clients one worker can serve in time
    needed = math.ceil(clients / each)
    took = math.ceil(clients / workers) * ms / 1000 if workers > 0 else 0
    facts = {"n": n, "workers": workers, "clients": clients, "ms": ms, "work": work, "took": took}
    # What need not be tried to be known.
    wrongs = (
        (n < 0, SAY.negative),
        (workers < 1, SAY.nobody),
        (workers > 2 * needed, SAY.crowd),
        (n > 2 * clients, SAY.long),
    )
    for wrong, words in wrongs:
        if wrong:
            raise stage.mistake(words, **facts)
    late, worst = _burst(stage, n, workers, clients, ms)
    if late and n + 1 < clients:  # a busy machine is not the reader's fault
        raise stage.mistake(SAY.small, late=late, places=n + 1, **facts)
    if worst > GOAL and took > GOAL:  # here neither
        raise stage.mistake(SAY.slow, **facts)


def _burst(stage: Stage, n: int, workers: int, clients: int, ms: int) -> tuple[int, float]:
    """Play it: how many had to send a SYN again, and when the last of the others was served."""
    stage.note("server", SAY.note_server.format(n=n, workers=workers))
    host, port = stage.lab.server, stage.port
    server = host.run(serve, "server", port, n, ms / 1000, workers, observed=False)
    wait_until("a server that listens", lambda: "listens" in server.output)
    times = host.run(arrive, "server", port, clients, _WATCH, observed=False, wait=False).result()
    late = sum(t[0] < 0 for t in times)
    stage.note("clients", SAY.note_clients.format(clients=clients, first=clients - late))
    return late, max(t[1] if t[1] >= 0 else _WATCH for t in times)


PLANS = Exercise(SAY, (_situation(40, 20), _situation(200, 1), _situation(12, 90)))
