"""What stays in the socket table: plays of TIME_WAIT, CLOSE_WAIT and FIN_WAIT2."""

from __future__ import annotations

import time

from helpers.errors import LabError
from helpers.lab.lab import Lab
from helpers.lab.mirror import Socket
from helpers.lab.staging import listen
from helpers.record.snapshot import Snapshot
from helpers.symptoms.play import PORT, Play, attempt
from helpers.waiting import wait_until

_RANGE = "ipv4.ip_local_port_range"
# netstat's names for the states, where ss has others.
_NETSTAT = {"TIME-WAIT": "TIME_WAIT", "CLOSE-WAIT": "CLOSE_WAIT", "FIN-WAIT-2": "FIN_WAIT2"}


def many_time_wait(play: Play) -> None:
    """Whichever side closes first keeps a row for a minute; the other side keeps nothing."""
    lab = play.lab()
    listener = listen(lab.server, PORT, 5, reuse=True)
    for _ in range(3):
        client, served = play.client(lab, listener)
        served.close()
        client.close()
    found = play.table(lab.server, state="TIME-WAIT")
    _as_netstat(play, found)
    listener.close()
    again = listen(lab.server, PORT, 5, reuse=True)
    play.seen("a new listener with SO_REUSEADDR on the same port: returned", again)


def cannot_assign_connect(play: Play) -> None:
    """The only local port is in TIME-WAIT, and the same destination wants it again."""
    lab = play.lab(wire=True)
    listener = listen(lab.server, PORT, 5)
    other = listen(lab.server, PORT + 1, 5)
    lab.client.sysctl[_RANGE] = "40000 40000"
    _close_first(lab, listener)
    play.error(lab.client.socket().connect, ("server", PORT))
    play.table(lab.client)
    ended = attempt(lab.client.socket().connect, ("server", PORT + 1))
    play.seen("to another destination: returned", ended == "returned" and other.accept())
    _with_tw_reuse(play)


def _close_first(lab: Lab, listener: Socket) -> None:
    client = lab.client.socket()
    client.connect(("server", PORT))
    served = listener.accept()[0]
    client.close()
    served.close()
    wait_until("TIME-WAIT", lambda: lab.client.sockets().find("TIME-WAIT"))


def _with_tw_reuse(play: Play) -> None:
    """tcp_tw_reuse = 1 lets connect have it once a second has passed: RFC 6191, timestamps."""
    lab = play.lab(wire=True)
    listener = listen(lab.server, PORT, 5)
    lab.client.sysctl[_RANGE] = "40000 40000"
    lab.client.sysctl["ipv4.tcp_tw_reuse"] = 1
    _close_first(lab, listener)
    limit = time.monotonic() + 5
    while attempt(lab.client.socket().connect, ("server", PORT)) != "returned":
        if time.monotonic() > limit:
            raise LabError("tcp_tw_reuse = 1 did not let connect have the port")
        time.sleep(0.1)
    play.say("net.ipv4.tcp_tw_reuse = 1, a second later: returned")
    play.counters(lab.client, "TWRecycled")


def close_wait_grows(play: Play) -> None:
    """The clients have closed. One row's process forgot to; the other's has not even accepted."""
    lab = play.lab()
    listener = listen(lab.server, PORT, 5)
    forgotten, served = play.client(lab, listener)
    waiting = lab.client.socket()
    waiting.connect(("server", PORT))
    for client in (forgotten, waiting):
        client.close()
    found = play.table(lab.server)
    _as_netstat(play, found.find("CLOSE-WAIT"))
    owners = sorted(row.processes for row in found.find("CLOSE-WAIT"))
    play.seen("with a process: it does not close. With none: it does not accept",
              owners == [(), ("server",)])  # fmt: skip
    served.close()
    listener.accept()[0].close()
    wait_until("an empty table", lambda: not lab.server.sockets().find("CLOSE-WAIT"))
    play.seen("the first closed, the second accepted and closed: no row is left", True)


def fin_wait_2_stays(play: Play) -> None:
    """We have closed, and the other side has not."""
    lab = play.lab(wire=True)
    listener = listen(lab.server, PORT, 5)
    client, served = play.client(lab, listener)
    # Four seconds is about the least: it cannot be shorter than 3.5 retransmission time-outs.
    lab.server.sysctl["ipv4.tcp_fin_timeout"] = 60
    served.close()
    found = wait_until("FIN-WAIT-2", lambda: lab.server.sockets().find("FIN-WAIT-2"))
    _as_netstat(play, found)
    play.table(lab.server, state="FIN-WAIT-2")
    play.table(lab.client)
    left = found[0].timer_ms / 1000
    play.seen("what is left of its time: within tcp_fin_timeout, 60 s", 50 < left <= 61)
    client.close()
    states = lab.server.sockets().find("FIN-WAIT-2")
    play.seen("the client closes: it is gone", not states)


def _as_netstat(play: Play, found: Snapshot) -> None:
    """The states as netstat -tan spells them."""
    play.say("")
    for row in found:
        if row.state in _NETSTAT:
            play.say(netstat_line(row.state, row.recv_q, row.send_q, row.local, row.peer))


def netstat_line(state: str, recv_q: int, send_q: int, local: str, peer: str) -> str:
    """A row of IPv4 as netstat -tan prints it, but for the blanks at its end."""
    return f"tcp   {recv_q:>6} {send_q:>6} {local:<23} {peer:<23} {_NETSTAT[state]}"
