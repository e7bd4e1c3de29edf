"""When a port that is left in TIME-WAIT may be used again, by who asks for it and tcp_tw_reuse.

Sources: ip-sysctl, ``tcp_tw_reuse`` and ``tcp_tw_reuse_delay``; ``tcp_twsk_unique`` in the
kernel's ``net/ipv4/tcp_ipv4.c``.
"""

from __future__ import annotations

import errno
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from helpers.lab.host import Host
from helpers.lab.lab import Lab
from helpers.lab.staging import listen
from helpers.record.snapshot import table
from helpers.waiting import wait_until

CONNECT, LOOPBACK, BIND = "connect to another host", "connect on loopback", "bind"
WORKS = "works"
# Milliseconds that are left of a TIME-WAIT of 60 s after one second, and a bit less.
_A_SECOND_LATER = 58_950


@dataclass(frozen=True)
class Reconnect:
    """What a call on a port in TIME-WAIT came to: ``works``, or the errno's name.

    ``setting`` is tcp_tw_reuse on the host that calls. ``at_once`` is right after the close,
    ``later`` when a second had passed.
    """

    call: str
    setting: int
    at_once: str
    later: str


@dataclass(frozen=True)
class _Case:
    """One TIME-WAIT on ``host``, which calls; ``port`` is that of the side that listened."""

    host: Host
    call: str
    setting: int
    port: int

    @property
    def to(self) -> tuple[str, int]:
        return "127.0.0.1" if self.call == LOOPBACK else "server", self.port

    def end(self, lab: Lab) -> None:
        """Have a connection, and close it first on the side that will call."""
        client = lab.client.socket()
        with listen(lab.client if self.call == LOOPBACK else lab.server, self.port) as listener:
            client.connect(self.to)
            conn, _ = listener.accept()
        for each in (conn, client) if self.call == BIND else (client, conn):
            each.close()

    def attempt(self, lab: Lab) -> str:
        """Make the call, with the setting."""
        self.host.sysctl["ipv4.tcp_tw_reuse"] = self.setting
        if self.call == BIND:
            return _said(self.host, "bind", ("0.0.0.0", self.port))
        with listen(lab.client if self.call == LOOPBACK else lab.server, self.port, reuse=True):
            return _said(self.host, "connect", self.to)


def _said(host: Host, call: str, address: tuple[str, int]) -> str:
    with host.socket() as sock:
        error = sock.start(call, address).exception()
    if error is None:
        return WORKS
    if not isinstance(error, OSError) or error.errno is None:
        raise error
    return errno.errorcode[error.errno]


def reconnect_matrix(settings: Sequence[int] = (0, 1, 2)) -> list[Reconnect]:
    """For each call and setting: leave a TIME-WAIT, call at once, and after a second again.

    The client has one ephemeral port. In a lab of its own; takes 1.5 s, for the second is the
    same for all. ``NotPermitted`` in bench mode, which has no settings.
    """
    with Lab() as lab:
        lab.client.sysctl["ipv4.ip_local_port_range"] = "40000 40000"
        cases, at_once = _cases(lab, settings), []
        for case in cases:
            case.end(lab)
            at_once.append(case.attempt(lab))
        wait_until("a second in TIME-WAIT", lambda: _left(lab) < _A_SECOND_LATER)
        got = [(first, case.attempt(lab)) for first, case in zip(at_once, cases, strict=True)]
    return [Reconnect(c.call, c.setting, *each) for c, each in zip(cases, got, strict=True)]


def _cases(lab: Lab, settings: Sequence[int]) -> list[_Case]:
    callers = {CONNECT: lab.client, LOOPBACK: lab.client, BIND: lab.server}
    kinds = [(host, call, setting) for call, host in callers.items() for setting in settings]
    return [_Case(*kind, 9000 + n) for n, kind in enumerate(kinds)]


def _left(lab: Lab) -> int:
    """Milliseconds that are left of the youngest TIME-WAIT."""
    tables = lab.client.sockets(), lab.server.sockets()
    return max(row.timer_ms for rows in tables for row in rows.find("TIME-WAIT"))


def reconnect_table(found: Iterable[Reconnect]) -> str:
    """The calls as an aligned table."""
    heads = ("call", "tcp_tw_reuse", "at once", "a second later")
    return table([heads, *((r.call, str(r.setting), r.at_once, r.later) for r in found)])
