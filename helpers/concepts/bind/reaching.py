"""The exercise of notebook 02 on socket tables: ``why_not(table, port)`` reads one."""

from __future__ import annotations

import socket

from helpers.concepts.bind.reachability import ONLY
from helpers.lab.host import Host
from helpers.lab.mirror import Socket
from helpers.lab.staging import listen
from helpers.learning.diagnosis import (
    FOURTH,
    LONGER,
    OTHER,
    PORT,
    Diagnosis,
    Rows,
    Wrong,
    as_rows,
    here,
    peer_of,
    shown,
)
from helpers.learning.exercise import Exercise
from helpers.learning.stage import Stage
from helpers.learning.texts import sayings

SAY = sayings("bind", "WHY_NOT")
NOBODY, ADDRESS, ELSEWHERE = "nobody listens", "another address", "another port"
FINE = "not the server"
WORDS = (NOBODY, ADDRESS, ELSEWHERE, FINE)
# One more address of the server, beside the one that its name stands for (RFC 5737).
_SECOND = "192.0.2.102"


def _play(
    stage: Stage, word: str, *listeners: tuple[str, int], left: bool = False, port: int = PORT
) -> tuple[Rows, int]:
    """Stage the server's sockets, try for real, and show them.

    The tables call the port that is asked for ``port``. With ``left`` the listeners are closed, and
    a connection of theirs is still served.
    """
    ports: dict[int, int] = {stage.port: port}
    for address, number in listeners:
        if address == _SECOND:
            stage.lab.add_address("server", address)
        made = _listener(stage.lab.server, address, stage.port if number == port else 0)
        ports[int(made.getsockname()[1])] = number
        if left:
            stage.lab.client.socket().connect(("server", stage.port))
            made.accept()
            made.close()
    found = [r for r in stage.lab.server.sockets() if r.row.local[1] in ports]
    rows = as_rows(
        found,
        lambda r: (f"{r.local.rpartition(':')[0]}:{ports[r.row.local[1]]}", peer_of(r)),
    )
    stage.table = shown(rows)
    if _reached(stage) != (word == FINE):
        raise stage.mistake(SAY.unlike)
    return rows, port


def _listener(host: Host, address: str, port: int) -> Socket:
    if address != ONLY:
        return listen(host, port, 1, address)
    made = host.socket(socket.AF_INET6)
    made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    made.bind(("::", port))
    made.listen(1)
    return made


def _reached(stage: Stage) -> bool:
    """Whether a client of the other host really gets in at the port."""
    client = stage.lab.client.socket()
    code = client.connect_ex(("server", stage.port))
    client.close()
    return code == 0


def _wrong(given: tuple[Rows, int], got: str, word: str) -> Wrong | None:
    """The sentence that explains the right word, and the row that decides: not the one of 127/8, if
    there is another one."""
    table, port = given
    rows = here(table, port)
    good = [row for row in rows if not row["local"].startswith("127.")]
    only_six = any(row["local"].startswith("[::]") for row in rows)
    words = {
        NOBODY: SAY.state if rows else SAY.none,
        ADDRESS: SAY.only_six if only_six else SAY.loopback,
        ELSEWHERE: SAY.elsewhere,
        FINE: SAY.one_works if len(rows) > 1 else SAY.works,
    }
    facts = {"port": port, **next(iter(good or rows), {})}
    return Wrong(words[word], facts) if got in WORDS else None


_of = Diagnosis(WORDS, _play, _wrong).situation
_LOOPBACK, _ALL, _OWN = ("127.0.0.1", PORT), ("0.0.0.0", PORT), ("server", PORT)
WHY_NOT = Exercise(
    SAY,
    (
        _of(SAY.when_loopback, ADDRESS, _LOOPBACK),
        _of(SAY.when_wildcard, FINE, _ALL),
        _of(SAY.when_own_address, FINE, _OWN),
        _of(SAY.when_other_port, ELSEWHERE, ("0.0.0.0", OTHER)),
        _of(SAY.when_nobody, NOBODY),
        _of(SAY.when_closed, NOBODY, _ALL, left=True),
        _of(SAY.when_two, FINE, _LOOPBACK, _OWN),
        _of(SAY.when_mixed, ADDRESS, _LOOPBACK, ("0.0.0.0", OTHER)),
        _of(SAY.when_six, FINE, ("::", FOURTH), port=FOURTH),
        _of(SAY.when_longer, ELSEWHERE, ("0.0.0.0", LONGER)),
        _of(SAY.when_loopbacks, ADDRESS, ("127.0.0.2", PORT), ("::1", PORT)),
        _of(SAY.when_second, ADDRESS, (_SECOND, PORT), wire=True),
        _of(SAY.when_only_six, ADDRESS, (ONLY, PORT)),
    ),
)
