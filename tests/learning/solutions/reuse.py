"""Solutions to the exercises of notebook 01, as people write them in a cell."""

import asyncio
import contextlib
import errno
import http.server
import socket
import socketserver
import struct
import time
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass
from enum import Enum, StrEnum

# ---- what solutions use of the notebook around them --------------------------------------------

ANYWHERE, BACKLOG = "", 5
OPTIONS = [(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1), (socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)]


class Listener(socket.socket):
    """A socket that is ready when it is made."""

    def __init__(self, port, backlog=BACKLOG):
        super().__init__(socket.AF_INET, socket.SOCK_STREAM)
        self.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.bind((ANYWHERE, port))
        self.listen(backlog)


@dataclass
class Settings:
    host: str = ANYWHERE
    backlog: int = BACKLOG
    reuse: bool = True


SETTINGS = Settings(backlog=16)


@contextlib.contextmanager
def closed_on_error(sock):
    try:
        yield sock
    except OSError:
        sock.close()
        raise


class Reusing(socketserver.TCPServer):
    allow_reuse_address = True


class Why(StrEnum):
    TIME_WAIT = "time-wait"
    OPEN = "client still open"
    LISTENER = "another listener"
    NOTHING = "nothing"


class Answer(str, Enum):  # noqa: UP042
    """As one wrote it before StrEnum."""

    LISTEN = "another listener"
    TIME_WAIT = "time-wait"


# ---- make_listener -----------------------------------------------------------------------------


def with_options(port, options=OPTIONS, backlog=BACKLOG):
    """Right: options from a list of the notebook, which is the default of an argument."""
    server = socket.socket()
    for option in options:
        server.setsockopt(*option)
    server.bind((ANYWHERE, port))
    server.listen(backlog)
    return server


def by_subclass(port):
    """Right: a class of the notebook that is a socket."""
    return Listener(port)


def by_settings(port):
    """Right: an instance of a dataclass says how."""
    server = socket.socket()
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, SETTINGS.reuse)
    server.bind((SETTINGS.host, port))
    server.listen(SETTINGS.backlog)
    return server


def by_exit_stack(port):
    """Right: what goes wrong closes the socket, and what goes well keeps it."""
    with ExitStack() as stack:
        server = stack.enter_context(socket.socket())
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        server.bind(("0.0.0.0", port))
        server.listen()
        stack.pop_all()
        return server


def closes_on_error(port):
    """Right: the error comes out, and the socket is closed."""
    with closed_on_error(socket.socket()) as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, struct.pack("i", 1))
        server.bind(("0.0.0.0", port))
        server.listen(1)
    return server


def both_families(port):
    """Right: one listener for IPv4 and IPv6."""
    return socket.create_server(("", port), family=socket.AF_INET6, dualstack_ipv6=True)


def by_addrinfo(port):
    """Right: asks for the address to bind, as portable servers do."""
    for family, kind, proto, _, address in socket.getaddrinfo(
        "0.0.0.0", port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    ):
        server = socket.socket(family, kind, proto)
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        server.bind(address)
        server.listen(1)
        return server
    raise OSError("no address")


def by_socketserver(port):
    """Right: the library's server makes the socket, with its attribute set."""
    return Reusing(("", port), socketserver.BaseRequestHandler).socket


def by_http_server(port):
    """Right: this one sets the option by itself."""
    return http.server.HTTPServer(("", port), http.server.BaseHTTPRequestHandler).socket


def not_blocking(port):
    """Right: a listener for an event loop."""
    server = socket.create_server(("", port))
    server.setblocking(False)
    return server


def by_duplicate(port):
    """Right: the same socket behind another descriptor; the first one is closed."""
    with socket.create_server(("", port)) as server:
        return server.dup()


def by_descriptor(port):
    """Right: the descriptor goes from one object to another."""
    return socket.socket(fileno=socket.create_server(("", port)).detach())


def lingers_for_none(port):
    """Wrong: with zero seconds to linger the old server resets its client."""
    server = socket.socket()
    server.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    server.bind(("", port))
    server.listen(1)
    return server


def lingers_and_reuses(port):
    """Wrong: the option that helps, and one that cuts clients off."""
    server = socket.create_server(("", port))
    server.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    return server


def both_options(port):
    """Wrong: with SO_REUSEPORT a second copy starts."""
    server = socket.socket()
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    server.bind(("", port))
    server.listen(1)
    return server


def library_reuse_port(port):
    """Wrong: the library's name for the same."""
    return socket.create_server(("", port), reuse_port=True)


def waits_it_out(port):
    """Wrong: it tries again after a while, with no option."""
    server = socket.socket()
    while True:
        try:
            server.bind(("", port))
            break
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
            time.sleep(0.1)
    server.listen(1)
    return server


def socketservers_default(port):
    """Wrong: this library does not set the option unless it is told to."""
    return socketserver.TCPServer(("", port), socketserver.BaseRequestHandler).socket


def option_of_another(port):
    """Wrong: the option is set on a socket that is thrown away."""
    socket.socket().setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server = socket.socket()
    server.bind(("", port))
    server.listen(1)
    return server


def next_port(port):
    """Wrong: a server that moves when its port is taken."""
    try:
        return socket.create_server(("", port))
    except OSError:
        return socket.create_server(("", port + 1))


def none_if_taken(port):
    """Wrong: hides that the port is taken."""
    try:
        return socket.create_server(("", port))
    except OSError:
        return None


def of_asyncio(port):
    """Wrong: what asyncio hands out is not the socket itself."""

    async def main():
        server = await asyncio.start_server(lambda *_: None, "0.0.0.0", port)
        return server.sockets[0]

    return asyncio.run(main())


# ---- why ---------------------------------------------------------------------------------------


def by_enum(table, port):
    """Right: the words are an enum's, each of which is a text."""
    states = {row["state"] for row in table if row["local"].rpartition(":")[2] == str(port)}
    if "LISTEN" in states:
        return Why.LISTENER
    if "TIME-WAIT" in states:
        return Why.TIME_WAIT
    return Why.OPEN if states else Why.NOTHING


def by_old_enum(table, port):
    """Right: the same with a class that is both a text and an enum."""
    mine = [row for row in table if int(row["local"].split(":")[-1]) == port]
    for state, word in (("LISTEN", Answer.LISTEN), ("TIME-WAIT", Answer.TIME_WAIT)):
        if any(row["state"] == state for row in mine):
            return word
    return "client still open" if mine else "nothing"


def by_rank(table, port):
    """Right: the words in their order, and the first that fits."""
    order = {"LISTEN": "another listener", "TIME-WAIT": "time-wait"}
    mine = [r for r in table if r["local"].endswith(f":{port}")]
    ranked = sorted(mine, key=lambda r: (*order, r["state"]).index(r["state"]))
    return order.get(ranked[0]["state"], "client still open") if ranked else "nothing"


def by_match(table, port):
    """Right: a loop with match, and a word that is kept until the end."""
    word = "nothing"
    for row in table:
        match (row["local"].split(":"), row["state"]):
            case ([_, number], state) if number == f"{port}":
                if state == "LISTEN":
                    return "another listener"
                if state == "TIME-WAIT":
                    word = "time-wait"
                elif word == "nothing":
                    word = "client still open"
    return word


def by_recursion(table, port):
    """Right: one row, and then the rest."""
    if not table:
        return "nothing"
    (first, *rest), words = table, ["another listener", "time-wait", "client still open", "nothing"]
    word = {"LISTEN": words[0], "TIME-WAIT": words[1]}.get(first["state"], words[2])
    mine = word if first["local"].endswith(":" + str(port)) else words[3]
    return min(mine, by_recursion(rest, port), key=words.index)


def by_counting(table, port):
    """Right: a Counter of the states."""
    states = Counter(row["state"] for row in table if row["local"].endswith(f":{port}"))
    if states["LISTEN"]:
        return "another listener"
    return "time-wait" if states["TIME-WAIT"] else "client still open" if states else "nothing"


def written_port(table, port):
    """Wrong: the port of the example is written in it."""
    states = [row["state"] for row in table if row["local"].endswith(":8080")]
    if "LISTEN" in states:
        return "another listener"
    return "time-wait" if "TIME-WAIT" in states else "client still open" if states else "nothing"


def without_colon(table, port):
    """Wrong: a longer number ends with the port's digits too."""
    states = [row["state"] for row in table if row["local"].endswith(str(port))]
    if "LISTEN" in states:
        return "another listener"
    return "time-wait" if "TIME-WAIT" in states else "client still open" if states else "nothing"


def anywhere_in_the_row(table, port):
    """Wrong: the peer's port counts as ours."""
    states = [row["state"] for row in table if f":{port}" in row["local"] + row["peer"]]
    if "LISTEN" in states:
        return "another listener"
    return "time-wait" if "TIME-WAIT" in states else "client still open" if states else "nothing"


def first_row_only(table, port):
    """Wrong: the first row of the port decides."""
    for row in table:
        if row["local"].endswith(f":{port}"):
            return {"LISTEN": "another listener", "TIME-WAIT": "time-wait"}.get(
                row["state"], "client still open"
            )
    return "time-wait"


def by_process(table, port):
    """Wrong: whoever has a process is taken for a listener."""
    for row in table:
        if row["local"].endswith(f":{port}"):
            if row["process"] != "none":
                return "another listener"
            return "time-wait" if row["state"] == "TIME-WAIT" else "client still open"
    return "nothing"


RIGHT = {
    "RESTARTS": [
        by_settings, with_options, by_subclass, by_exit_stack, closes_on_error, both_families,
        by_addrinfo, by_socketserver, by_http_server, not_blocking, by_duplicate, by_descriptor,
    ],
    "WHY": [by_enum, by_old_enum, by_rank, by_match, by_recursion, by_counting],
}  # fmt: skip
WRONG = {
    "RESTARTS": {
        lingers_for_none: "got ECONNRESET where it should have read the end of the stream",
        both_options: "SO_REUSEPORT passes every restart, but",
        lingers_and_reuses: "got ECONNRESET where it should have read the end of the stream",
        library_reuse_port: "SO_REUSEPORT passes every restart, but",
        waits_it_out: "needs an option, not patience",
        socketservers_default: "and neither did",
        option_of_another: "The option is to be set on the socket that is bound",
        next_port: "Do not catch EADDRINUSE",
        none_if_taken: "Do not catch EADDRINUSE",
        of_asyncio: "returned a TransportSocket",
    },
    "WHY": {
        without_colon: "no row of this table has port 8080 on its local side",
        written_port: "was asked about port 5432",
        anywhere_in_the_row: "no row of this table has port 8080 on its local side",
        first_row_only: "no row of this table has port 8080 on its local side",
        by_process: "the connection itself lives",
    },
}
