"""The exercise of notebook 07 on ending well: ``finish(sock, reply)`` loses no byte."""

from __future__ import annotations

import errno
import socket
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from helpers.errors import StillBlocked
from helpers.inside.examiner import closer
from helpers.lab.mirror import Socket
from helpers.learning.exercise import Exercise, Situation
from helpers.learning.peers import half_closes, resets, sends
from helpers.learning.stage import Stage, Try, Verdict, expect_return
from helpers.learning.subject import Mistake

_SMALL = 4096  # the peer's receive buffer, in bytes
_REPLY = bytes(range(65, 91)) * 800

ABORTS = (
    "The peer received {got} of the reply, then ECONNRESET: SO_LINGER with zero "
    "seconds makes close send RST, and throws away what was not yet sent. Leave the option alone."
)
CLOSES = (
    "The peer received {got} of the reply, then ECONNRESET. {name} closed the socket "
    "while bytes of the peer were in it unread, and then close sends RST instead of FIN. Say that "
    "you are done with shutdown(SHUT_WR), read to the peer's end, and close after that."
)
STOPS_EARLY = (
    "The peer received {got} of the reply, then ECONNRESET. {name} did shut down its "
    "direction, but closed before it had read the peer's end, b''. Whatever comes to a closed "
    "socket is answered with RST."
)
REFUSED = (
    "The peer had read the reply and its end, and its own last words {words!r} met RST: {name} had "
    "stopped reading. Only the peer's end, b'', says that nothing more will come."
)
PARTLY = (
    "The peer received {got} of the reply, then the end. send takes what fits into "
    "the buffer and says how much that was; sendall goes on."
)
SILENT = "The peer received nothing of the reply, then the end. Send it before you shut down."
BOTH_WAIT = (
    "{name} waits in recv for the peer's end, and the peer waits for the end of the reply: each "
    "for the other, for ever. Call shutdown(SHUT_WR) before you read to the end."
)
NEVER_ENDS = (
    "The peer has ended: from then on recv returns b'' at once, each time, and {name} never leaves "
    "its loop."
)
BOTH_WAYS = (
    "{name} shut down the reading direction as well. From then on its recv returns b'' when the "
    "buffer is empty, whether the peer has ended or not, so it stopped too early. SHUT_WR ends "
    "our direction and no other."
)
READ_SHORT = "{name} returned {value!r}. The peer had sent {want!r} in all. {why}"
ONE_RECV = "One recv returns what has come so far: call it until it returns b''."
FORGOTTEN = "Keep what each recv returns, and return all of it."
WRONG_TYPE = "{name} returned a value of type {kind}. It should return the peer's bytes."
LEFT_OPEN = (
    "{name} returned, and its socket is still open. A shutdown ends the connection, not the "
    "descriptor: each call would leave one behind. Close it as well."
)
CLOSED_FIRST = (
    "{name} called {call} on a socket that it had closed already. close gives the descriptor away; "
    "shutdown is the call that ends a direction and leaves the socket readable."
)
HIDDEN = (
    "The peer reset the connection, and {name} hid it. Let ConnectionResetError out: nobody can "
    "know how much of the reply arrived, and the caller must hear of it."
)


@dataclass
class Account:
    """What the peer's program got, which end it saw, and whether its own words were taken."""

    got: bytes = b""
    end: str = ""
    refused: bool = False


Play = Callable[[Stage, Socket, Account], None]


# ---- five peers and one more ---------------------------------------------------------------


def _reads_and_closes(stage: Stage, client: Socket, account: Account) -> None:
    _read(stage, client, account)


def _last_words(stage: Stage, client: Socket, account: Account) -> None:
    """Answers only when it has seen our end, in two pieces."""
    _read(stage, client, account)
    try:
        for piece in (b"many ", b"thanks"):
            client.send(piece)
            stage.lab.client.quiet()
    except OSError:
        account.refused = True


def _sent_before(stage: Stage, client: Socket, account: Account) -> None:
    sends(b"unread")(stage, client)
    _read(stage, client, account)


def _half_closed(stage: Stage, client: Socket, account: Account) -> None:
    half_closes(b"bye")(stage, client)
    _read(stage, client, account)


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
        own.settimeout(stage.lab.deadline)
        try:
            while data := own.recv(65536):
                account.got += data
            account.end = "b''"
        except OSError as error:
            account.end = errno.errorcode.get(error.errno or 0, "nothing more")
    stage.note("client", f"reads {_share(account)} of the reply, then {account.end}")


def _share(account: Account) -> str:
    size = len(account.got)
    return "all" if size == len(_REPLY) else "a part" if size else "nothing"


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
        raise Mistake(
            complaint.format(
                name=stage.subject.name, got=_share(account), words=words,
                want=words, value=said[-1], kind=said[1] if len(said) > 1 else "",
                why=_why_short(said[-1]), call=_last_call(stage, tried),
            )
        )  # fmt: skip


def _complaint(
    stage: Stage, tried: Try, verdict: Verdict, account: Account, words: bytes, reset: bool
) -> str:
    """The sentence for what happened, or "" if all is well."""
    if not isinstance(verdict[0], tuple):
        expect_return(stage.subject, verdict)
    said, closed = verdict
    if said[0] == "raised" and said[3] == errno.EBADF:
        return CLOSED_FIRST
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
        return WRONG_TYPE
    if value != words:
        return BOTH_WAYS if _shut(stage, tried) & {"SHUT_RDWR", "SHUT_RD"} else READ_SHORT
    if account.refused:
        return REFUSED
    return "" if closed else LEFT_OPEN


def _after_reset(said: Verdict) -> str:
    gone = ("ConnectionResetError", "BrokenPipeError", "ConnectionAbortedError")
    return "" if said[0] == "raised" and said[1] in gone else HIDDEN


def _too_long(stage: Stage, tried: Try, said: Verdict) -> str:
    """The time was over: both wait, or the function goes round for nothing."""
    calls = stage.calls(tried.label)
    # The last call may be the one in which the time was over.
    returned = [c for c in calls if c.end is not None and not c.error]
    if returned and returned[-1].name.startswith("recv") and returned[-1].result == "b''":
        return NEVER_ENDS
    if calls and calls[-1].name.startswith("recv"):
        blocked = calls[-1].end is None or calls[-1].error
        if blocked and "SHUT_WR" not in _shut(stage, tried):
            return BOTH_WAIT
    expect_return(stage.subject, said)
    return ""


def _lost(stage: Stage, tried: Try, account: Account) -> str:
    """The sentence for a reply that did not arrive whole, with the peer's end."""
    if account.end == "b''":
        short = len(account.got) < len(_REPLY)
        return "" if not short else PARTLY if account.got else SILENT
    calls = stage.calls(tried.label)
    if any(c.name == "setsockopt" and "SO_LINGER" in c.text for c in calls):
        return ABORTS
    if _shut(stage, tried) & {"SHUT_RDWR", "SHUT_RD"}:
        return BOTH_WAYS
    return STOPS_EARLY if _shut(stage, tried) else CLOSES


def _shut(stage: Stage, tried: Try) -> set[str]:
    """Which directions the function shut down, by the names of the constants."""
    made = [c.text for c in stage.calls(tried.label) if c.name == "shutdown" and not c.error]
    return {text[len("shutdown(") : -1] for text in made}


def _why_short(value: object) -> str:
    return ONE_RECV if isinstance(value, (bytes, bytearray)) and value else FORGOTTEN


def _last_call(stage: Stage, tried: Try) -> str:
    bad = [c.name for c in stage.calls(tried.label) if c.error == "EBADF"]
    return bad[-1] if bad else "something"


FINISH = Exercise(
    "finish(sock, reply) sends reply, ends the connection, and returns all that the peer sent",
    (
        _situation("the peer reads to the end and closes", _reads_and_closes, b""),
        _situation("the peer had sent something before", _sent_before, b"unread", 6),
        _situation("the peer talks while it listens", _in_pieces, b"onetwo"),
        _situation("the peer answers when it has seen our end", _last_words, b"many thanks"),
        _situation("the peer half-closed before", _half_closed, b"bye", 3),
        _situation("the peer resets", _resets, b""),
    ),
)
