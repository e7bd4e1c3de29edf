"""The exercise of notebook 05 on counters: ``what_happened(counters)`` tells in a word."""

from __future__ import annotations

from collections.abc import Callable

from helpers.concepts.handshake.handshakes import spoofed
from helpers.learning.diagnosis import Diagnosis, Wrong
from helpers.learning.exercise import Exercise
from helpers.learning.stage import Stage
from helpers.learning.texts import sayings

SAY = sayings("handshake", "WHAT_HAPPENED")
FULL, COOKIES, DROPPED, FINE = "accept queue full", "cookies sent", "SYN queue full", "nothing"
_WHY = {
    FULL: SAY.why_full,
    COOKIES: SAY.why_cookies,
    DROPPED: SAY.why_dropped,
    FINE: SAY.why_fine,
}
# What the reader's function is given: these, and 0 for those that did not move.
NAMES = (
    "ListenOverflows",
    "ListenDrops",
    "TCPReqQFullDoCookies",
    "TCPReqQFullDrop",
    "SyncookiesSent",
    "PassiveOpens",
    "InSegs",
)
Act = Callable[[Stage], object]


def _play(
    stage: Stage, word: str, backlog: int, act: Act, cookies: int = 1
) -> tuple[dict[str, int]]:
    """Stage it, and count."""
    del word
    stage.lab.server.sysctl["ipv4.tcp_syncookies"] = cookies
    stage.mark = stage.lab.trace.mark()
    stage.listen(backlog)
    stage.lab.server.mark()
    act(stage)
    moved = stage.lab.server.counters()
    counters = {name: moved[name] or moved[f"Tcp.{name}"] for name in NAMES}
    stage.table = [f"{name:<22}{value}" for name, value in counters.items()]
    return (counters,)


def _wrong(given: object, got: str, word: str) -> Wrong | None:
    return Wrong(SAY.wrong, {"why": _WHY[word]}) if got in _WHY else None


def _connect(count: int) -> Act:
    def act(stage: Stage) -> None:
        for _ in range(count):
            stage.lab.client.socket().start("connect", ("server", stage.port))

    return act


def _flood(stage: Stage) -> None:
    for n in range(6):
        raw = spoofed(n, stage.lab.server.address, stage.port)
        stage.lab.wire.inject(raw, "server")


_of = Diagnosis(tuple(_WHY), _play, _wrong).situation
WHAT_HAPPENED = Exercise(
    SAY,
    (
        _of(SAY.when_room, FINE, 5, _connect(3), wire=True),
        _of(SAY.when_full, FULL, 1, _connect(4), wire=True),
        _of(SAY.when_cookies, COOKIES, 1, _flood, wire=True),
        _of(SAY.when_dropped, DROPPED, 1, _flood, 0, wire=True),
    ),
)
