"""The server does not start: plays of ``bind`` and ``listen`` that fail, and of one that should."""

from __future__ import annotations

import socket

from helpers.errors import NotPermitted
from helpers.lab.host import Host
from helpers.lab.lab import Lab
from helpers.lab.mirror import Socket
from helpers.lab.staging import listen
from helpers.symptoms.play import PORT, Play, attempt, option

_RANGE = "ipv4.ip_local_port_range"


def address_in_use(play: Play) -> None:
    """Four things that hold the port; the message is the same, the table is not."""
    lab = play.lab()
    if not lab.bench:  # as usual; with a lab's own hour, FIN-WAIT-2 would have another timer
        lab.server.sysctl["ipv4.tcp_fin_timeout"] = 60
    play.say("1. the old process still runs")
    listener = listen(lab.server, PORT, 5, reuse=True)
    play.error(_new_server, lab)
    play.table(lab.server)

    play.say("\n2. it is gone, and a child that it started has the listener too")
    child = lab.server.fork()
    listener.close()
    play.error(_new_server, lab)
    play.table(lab.server)

    play.say("\n3. all are gone, and a client is still connected; the new server lacks the option")
    lab.client.socket().connect(("server", PORT))
    served = listener.at(child).accept()[0]
    child.kill()
    play.error(_new_server, lab, False)
    play.table(lab.server)
    listener = _new_server(lab)
    play.seen("with SO_REUSEADDR in both, old and new: starts", listener)
    del served

    play.say(
        "\n4. it has closed its listener, and still serves a client; the option is missing again"
    )
    client, _served = play.client(lab, listener)
    listener.close()
    play.error(_new_server, lab, False)
    play.table(lab.server, state="ESTAB")
    client.close()
    play.say("the client closes, and its worker does not:")
    play.error(_new_server, lab, False)
    play.table(lab.server, state="CLOSE-WAIT")
    play.seen("with SO_REUSEADDR in both: starts", _new_server(lab))


def _new_server(lab: Lab, reuse: bool = True) -> Socket:
    return listen(lab.server, PORT, 5, reuse=reuse)


def in_use_by_outgoing(play: Play) -> None:
    """A connection that this host has opened got the server's port as its own."""
    lab = play.lab()
    listen(lab.client, 9000)
    outgoing = lab.server.socket()
    if lab.bench:
        outgoing.bind((lab.server.address, PORT))
    else:  # the range is the machine's; here it has one port, so that connect must take that one
        lab.server.sysctl[_RANGE] = f"{PORT} {PORT}"
    outgoing.connect(("client", 9000))
    newcomer = option(lab.server.socket(), socket.SO_REUSEADDR)
    play.error(newcomer.bind, ("0.0.0.0", PORT))
    play.table(lab.server)


def in_use_from_listen(play: Play) -> None:
    """Both sockets have the option, so both may bind; only one may listen."""
    lab = play.lab()
    first, second = (option(lab.server.socket(), socket.SO_REUSEADDR) for _ in range(2))
    for name, sock in (("first", first), ("second", second)):
        sock.bind(("0.0.0.0", PORT))
        play.say(f"{name}.bind: returned")
    first.listen(5)
    play.say("first.listen: returned")
    play.error(second.listen, 5, before="second.listen: ")
    play.table(lab.server)


def in_use_port_zero(play: Play) -> None:
    """The range from which the kernel chooses has two ports, and both are taken."""
    lab = play.lab(wire=True)
    lab.server.sysctl[_RANGE] = "40000 40001"
    for _ in range(2):
        listen(lab.server, 0)
    play.error(lab.server.socket().bind, ("0.0.0.0", 0))
    play.say(f"net.ipv4.ip_local_port_range = {lab.server.sysctl[_RANGE]}".replace("\t", " "))
    play.table(lab.server)


def in_use_in_tests(play: Play) -> None:
    """Between the helper's close and the server's bind, somebody else gets the port."""
    lab = play.lab()
    helper = lab.server.socket()
    helper.bind(("0.0.0.0", 0))
    port = helper.getsockname()[1]
    helper.close()
    play.say("find_free_port() has bound port 0, closed its socket, and returned the number")
    listen(lab.server, port)
    play.say("another program asks for a port, and gets this one")
    play.error(lab.server.socket().bind, ("0.0.0.0", port))
    rows = lab.server.sockets().find("LISTEN")
    play.columns(
        ("State", "Local", "Process"), [(r.state, "that port", *r.processes) for r in rows]
    )


def half_to_the_old(play: Play) -> None:
    """Old and new both have SO_REUSEPORT; the kernel deals clients out to both."""
    lab = play.lab()
    old, new = _sharing(lab.server.fork()), _sharing(lab.server)
    got = {"old": 0, "new": 0}
    while not all(got.values()):  # by a hash of addresses and ports: of 50, some go to each
        lab.client.socket().connect(("server", PORT))
        got = {"old": old.queues().accept, "new": new.queues().accept}
        if sum(got.values()) > 50:
            break
    play.seen("No error, and half of the requests go to the old program", all(got.values()))
    rows = lab.server.sockets().find("LISTEN")
    play.columns(("State", "Local", "Process"), [(r.state, r.local, *r.processes) for r in rows])


def _sharing(host: Host) -> Socket:
    sock = option(host.socket(), socket.SO_REUSEPORT)
    sock.bind(("0.0.0.0", PORT))
    sock.listen(64)
    return sock


def not_my_address(play: Play) -> None:
    """203.0.113.7 is no address of this host, yet."""
    lab = play.lab()
    play.error(lab.server.socket().bind, ("203.0.113.7", PORT))
    try:
        lab.add_address("server", "203.0.113.7")
    except NotPermitted:
        return
    ended = attempt(lab.server.socket().bind, ("203.0.113.7", PORT))
    play.seen("after ip address add 203.0.113.7 dev eth0: bind returned", ended == "returned")


def low_port(play: Play) -> None:
    """A process that may not have ports below ip_unprivileged_port_start."""
    lab = play.lab(wire=True)
    user = lab.server.unprivileged()
    play.error(user.socket().bind, ("0.0.0.0", 80))
    start = lab.server.sysctl["ipv4.ip_unprivileged_port_start"]
    play.say(f"net.ipv4.ip_unprivileged_port_start = {start}")
    lab.server.sysctl["ipv4.ip_unprivileged_port_start"] = 80
    ended = attempt(user.socket().bind, ("0.0.0.0", 80))
    play.seen("after sysctl -w net.ipv4.ip_unprivileged_port_start=80: bind returned",
              ended == "returned")  # fmt: skip


def port_overflow(play: Play) -> None:
    """Python counts to 65535 and does not ask the kernel."""
    lab = play.lab()
    play.error(lab.server.socket().bind, ("0.0.0.0", 80800))
    asked = [call for call in lab.trace.calls if call.name == "bind" and call.kernel]
    play.seen("system calls made: none", not asked)
