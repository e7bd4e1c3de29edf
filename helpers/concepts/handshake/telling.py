"""The exercise of notebook 05 on counters: ``what_happened(counters)`` tells in a word."""

from __future__ import annotations

from collections.abc import Callable

from helpers.concepts.handshake.handshakes import spoofed
from helpers.inside.examiner import answer
from helpers.lab.mirror import Socket
from helpers.learning.exercise import Exercise, Situation
from helpers.learning.stage import Stage, expect_return
from helpers.learning.subject import Mistake

FULL, COOKIES, DROPPED, FINE = (
    "accept queue full",
    "cookies sent",
    "SYN queue full",
    "nothing",
)
WORDS = (FULL, COOKIES, DROPPED, FINE)
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

WRONG_TYPE = "{name} returned a value of type {kind}. It should return one of the words {words}."
UNKNOWN = "{name} returned {got!r}. It should return one of the words {words}."
SENTENCES = {
    FULL: (
        "ListenOverflows moved, which counts what met a full accept queue; ListenDrops moved with "
        "it, for it counts every loss, whatever the reason"
    ),
    COOKIES: (
        "SyncookiesSent moved: the SYN queue was full, and the kernel answered without keeping "
        "anything, so nothing was dropped"
    ),
    DROPPED: ("TCPReqQFullDrop moved: the SYN queue was full, and cookies were switched off"),
    FINE: "no counter of lost handshakes moved; InSegs and PassiveOpens count what is well",
}
WRONG = "{name} answered {got!r}. It was {word!r}: {why}."

Act = Callable[[Stage, Socket], object]


def _situation(title: str, word: str, backlog: int, act: Act, cookies: int = 1) -> Situation:
    return Situation(title, lambda stage: _play(stage, word, backlog, act, cookies), wire=True)


def _play(stage: Stage, word: str, backlog: int, act: Act, cookies: int) -> None:
    """Stage it, count, ask."""
    stage.lab.client.restart()
    stage.lab.server.restart()
    stage.lab.server.sysctl["ipv4.tcp_syncookies"] = cookies
    stage.mark = stage.lab.trace.mark()
    listener = stage.lab.server.socket()
    listener.bind(("0.0.0.0", stage.port))
    listener.listen(backlog)
    stage.lab.server.mark()
    act(stage, listener)
    moved = stage.lab.server.counters()
    counters = {name: moved[name] or moved[f"Tcp.{name}"] for name in NAMES}
    stage.table = [f"{name:<22}{value}" for name, value in counters.items()]
    _judge(stage, counters, word)


def _judge(stage: Stage, counters: dict[str, int], word: str) -> None:
    _, kind, got = expect_return(stage.subject, stage.ask(answer, counters))
    if got == word and kind == "str":
        return
    facts = {"name": stage.subject.name, "kind": kind, "got": got, "word": word}
    words = ", ".join(repr(w) for w in WORDS)
    sentence = WRONG_TYPE if kind != "str" else WRONG if got in WORDS else UNKNOWN
    raise Mistake(sentence.format(**facts, words=words, why=SENTENCES[word]))


def _connect(stage: Stage, count: int) -> None:
    for _ in range(count):
        stage.lab.client.socket().start("connect", ("server", stage.port))


def _two_more(stage: Stage, listener: Socket) -> None:
    _connect(stage, 4)
    del listener


def _three(stage: Stage, listener: Socket) -> None:
    _connect(stage, 3)
    del listener


def _flood(stage: Stage, listener: Socket) -> None:
    del listener
    for n in range(6):
        raw = spoofed(n, stage.lab.server.address, stage.port)
        stage.lab.wire.inject(raw, "server")


WHAT_HAPPENED = Exercise(
    "what_happened(counters) tells in a word what a server's clients met",
    (
        _situation("three clients, room for six", FINE, 5, _three),
        _situation("four clients, room for two", FULL, 1, _two_more),
        _situation("six SYNs of nobody, with cookies", COOKIES, 1, _flood),
        _situation("six SYNs of nobody, without cookies", DROPPED, 1, _flood, 0),
    ),
)
