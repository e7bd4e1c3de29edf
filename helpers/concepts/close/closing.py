"""The exercise of notebook 07 on ending well: ``finish(sock, reply)`` loses no byte."""

from __future__ import annotations

import errno
import socket
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from helpers.errors import LabError, StillBlocked
from helpers.inside.examiner import closer
from helpers.lab.mirror import Socket
from helpers.learning.exercise import Exercise, Situation
from helpers.learning.peers import Peer, half_closes, resets, sends
from helpers.learning.stage import SECONDS, Stage, Try, Verdict, expect_return
from helpers.learning.texts import sayings
from helpers.waiting import patience, wait_until

SAY = sayings("close", "FINISH")
_SMALL = 4096  # the peer's receive buffer, in bytes
_REPLY = bytes(range(65, 91)) * 800


@dataclass
class Account:
    """What the peer's program got, which end it saw, and whether its own words were taken."""

    got: bytes = b""
    end: str = ""
    refused: bool = False


Play = Callable[[Stage, Socket, Account], None]


# ---- five peers and one more ---------------------------------------------------------------


def _reads(*before: Peer) -> Play:
    """Does what is before, then reads to the end."""

    def play(stage: Stage, client: Socket, account: Account) -> None:
        for peer in before:
            peer(stage, client)
        _read(stage, client, account)

    return play


def _last_words(stage: Stage, client: Socket, account: Account) -> None:
    """Answers only when it has seen our end, in two pieces; between them it thinks for a while.

    The first one must have been read by then: whoever does not wait for the end stops there.
    """
    _read(stage, client, account)
    try:
        sends(b"many ")(stage, client)
        with suppress(LabError):
            wait_until("the first piece is read", lambda: not _unread(stage), SECONDS)
        stage.waits(stage.tries[-1])
        sends(b"thanks")(stage, client)
    except OSError:
        account.refused = True


def _unread(stage: Stage) -> int:
    """How many bytes wait in the server's sockets on this port."""
    rows = [r.row for r in stage.lab.server.sockets() if r.state != "LISTEN"]
    return sum(row.recv_q for row in rows if row.local[1] == stage.port)


def _in_pieces(stage: Stage, client: Socket, account: Account) -> None:
    """Talks while it listens."""
    sends(b"one")(stage, client)
    account.got += client.recv(1000)
    sends(b"two")(stage, client)
    _read(stage, client, account)


def _resets(stage: Stage, client: Socket, account: Account) -> None:
    """Is gone before it has read anything."""
    resets(b"")(stage, client)


def _read(stage: Stage, client: Socket, account: Account) -> None:
    """Read until the end, and note which end it was; how many calls it takes is an accident."""
    with client.share() as own:
        own.settimeout(stage.lab.deadline * patience())
        try:
            while data := own.recv(65536):
                account.got += data
            account.end = "b''"
        except OSError as error:
            account.end = errno.errorcode.get(error.errno or 0, SAY.end_unknown)
    stage.note("client", SAY.note_read.format(share=_share(account), end=account.end))


def _share(account: Account) -> str:
    size = len(account.got)
    if size == len(_REPLY):
        return SAY.share_all
    return SAY.share_part if size else SAY.share_nothing


# ---- staging and judging -------------------------------------------------------------------


def _situation(title: str, play: Play, words: bytes, unread: int = 0) -> Situation:
    return Situation(title, lambda stage: _play(stage, play, words, unread))


def _play(stage: Stage, play: Play, words: bytes, unread: int) -> None:
    tried = stage.start(closer, _REPLY, unread)
    stage.mark = stage.lab.trace.mark()
    client = stage.lab.client.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _SMALL)
    client.connect(("server", stage.port))
    account = Account()
    with suppress(StillBlocked, OSError):  # the reader's side may have gone, or may never end
        play(stage, client, account)
    client.close()
    verdict = tried.verdict()
    complaint = _complaint(stage, tried, verdict, account, words, play is _resets)
    if complaint:
        said = verdict[0] if isinstance(verdict[0], tuple) else verdict
        raise stage.mistake(
            complaint,
            got=_share(account), want=words, value=said[-1],
            kind=said[1] if len(said) > 1 else "",
            why=SAY.one_recv if isinstance(said[-1], bytes) and said[-1] else SAY.forgotten,
            call=_last_call(stage, tried),
        )  # fmt: skip


def _complaint(
    stage: Stage, tried: Try, verdict: Verdict, account: Account, words: bytes, reset: bool
) -> str:
    """The sentence for what happened, or "" if all is well."""
    if not isinstance(verdict[0], tuple):
        expect_return(stage.subject, verdict)
    said, closed = verdict
    if said[0] == "raised" and said[3] == errno.EBADF:
        return SAY.closed_first
    if reset:
        return _after_reset(said)
    if said[0] == "overtime":
        return _too_long(stage, tried, said)
    if said[0] == "raised" and not said[3]:
        expect_return(stage.subject, said)
    if lost := _lost(stage, tried, account):
        return lost
    _, kind, value = expect_return(stage.subject, said)
    if kind not in ("bytes", "bytearray"):
        return SAY.wrong_type
    if value != words and stage.timed_out():
        return SAY.gave_up
    if value != words:
        return SAY.both_ways if _shut(stage, tried) & {"SHUT_RDWR", "SHUT_RD"} else SAY.read_short
    if account.refused:
        return SAY.refused
    if closed:
        return ""
    tries_to = any(c.name == "close" for c in stage.calls(tried.label))
    return SAY.copy_open if tries_to else SAY.left_open


def _after_reset(said: Verdict) -> str:
    gone = {"ConnectionResetError", "BrokenPipeError", "ConnectionAbortedError"}
    return "" if said[0] == "raised" and gone & {*said[-1]} else SAY.hidden


def _too_long(stage: Stage, tried: Try, said: Verdict) -> str:
    """The time was over: both wait, or the function goes round for nothing."""
    calls = stage.calls(tried.label)
    # The last call may be the one in which the time was over.
    returned = [c for c in calls if c.end is not None and not c.error]
    if returned and returned[-1].name.startswith("recv") and returned[-1].result == "b''":
        return SAY.never_ends
    if calls and calls[-1].name.startswith("recv"):
        blocked = calls[-1].end is None or calls[-1].error
        if blocked and "SHUT_WR" not in _shut(stage, tried):
            return SAY.both_wait
    expect_return(stage.subject, said)
    return ""


def _lost(stage: Stage, tried: Try, account: Account) -> str:
    """The sentence for a reply that did not arrive whole, with the peer's end."""
    if account.end == "b''":
        short = len(account.got) < len(_REPLY)
        return "" if not short else SAY.partly if account.got else SAY.silent
    calls = stage.calls(tried.label)
    if any(c.name == "setsockopt" and "SO_LINGER" in c.text for c in calls):
        return SAY.aborts
    if _shut(stage, tried) & {"SHUT_RDWR", "SHUT_RD"}:
        return SAY.both_ways
    return SAY.stops_early if _shut(stage, tried) else SAY.closes


def _shut(stage: Stage, tried: Try) -> set[str]:
    """Which directions the function shut down, by the names of the constants."""
    made = [c.text for c in stage.calls(tried.label) if c.name == "shutdown" and not c.error]
    return {text[len("shutdown(") : -1] for text in made}


def _last_call(stage: Stage, tried: Try) -> str:
    bad = [c.name for c in stage.calls(tried.label) if c.error == "EBADF"]
    return bad[-1] if bad else SAY.call_unknown


FINISH = Exercise(
    SAY,
    (
        _situation(SAY.when_plain, _reads(), b""),
        _situation(SAY.when_unread, _reads(sends(b"unread")), b"unread", 6),
        _situation(SAY.when_talking, _in_pieces, b"onetwo"),
        _situation(SAY.when_last_words, _last_words, b"many thanks"),
        _situation(SAY.when_half_closed, _reads(half_closes(b"bye")), b"bye", 3),
        _situation(SAY.when_reset, _resets, b""),
    ),
)
