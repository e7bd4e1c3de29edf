"""Solutions to the exercises of notebook 03, as people write them in a cell."""

import asyncio
import contextlib
import errno
import functools
import itertools
import math
import random
import socket
import socketserver
import threading
from collections import namedtuple
from dataclasses import dataclass

# ---- what solutions use of the notebook around them --------------------------------------------

HERE, ANY_PORT = "127.0.0.1", 0
Started = namedtuple("Started", "socket port")
numbers = itertools.count(20000)
opened = []


@dataclass
class Fixture:
    """A listener that knows its port."""

    host: str = HERE

    def start(self):
        self.socket = socket.create_server((self.host, ANY_PORT))
        self.port = self.socket.getsockname()[1]
        return self


class Threaded(socketserver.ThreadingTCPServer):
    allow_reuse_address = True


# ---- start_listener ----------------------------------------------------------------------------


def with_defaults(host=HERE, port=ANY_PORT, backlog=16):
    """Right: constants of the notebook as defaults."""
    server = socket.socket()
    server.bind((host, port))
    server.listen(backlog)
    return server, server.getsockname()[1]


def by_class(fixture=None):
    """Right: an object of the notebook's class does it."""
    made = (fixture or Fixture()).start()
    return made.socket, made.port


def by_named_tuple():
    """Right: the two things have names."""
    server = socket.create_server((HERE, 0))
    _, port = server.getsockname()
    return Started(server, port)


def of_ipv6():
    """Right: loopback of IPv6, whose address has four parts."""
    server = socket.create_server(("::1", 0), family=socket.AF_INET6)
    return server, server.getsockname()[1]


def with_a_thread():
    """Right: a thread serves the test's clients meanwhile."""
    server = socket.create_server((HERE, 0))

    def serve():
        while True:
            conn, _ = server.accept()
            conn.close()

    threading.Thread(target=serve, daemon=True).start()
    return server, server.getsockname()[1]


def by_socketserver():
    """Right: the library's server keeps its socket."""
    server = Threaded((HERE, 0), socketserver.BaseRequestHandler)
    return server.socket, server.server_address[1]


def keeps_what_it_found():
    """Right: the socket that found the port is the one that listens."""
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(socket.socket())
        server.bind((HERE, 0))
        port = server.getsockname()[1]
        server.listen()
        stack.pop_all()
    return server, port


def draws_until_it_fits():
    """Right, if not pretty: bind itself is asked whether a number is free, again and again."""
    while True:
        port = random.randint(20000, 30000)
        with contextlib.suppress(OSError):
            return socket.create_server((HERE, port)), port


def counts_until_it_fits():
    """Right too: the next number of a row, as long as bind says that one is taken."""
    for port in numbers:
        try:
            return socket.create_server((HERE, port)), port
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
    raise OSError("no port is free")


def a_number():
    """Wrong: a port that is written down."""
    return socket.create_server((HERE, 18080)), 18080


def a_random_number():
    """Wrong: a number that is drawn is taken sometimes."""
    port = random.randint(20000, 60000)
    return socket.create_server((HERE, port)), port


def the_next_number():
    """Wrong: no two tests have one number, but other programs have some."""
    port = next(numbers)
    server = socket.socket()
    server.bind((HERE, port))
    server.listen()
    return server, port


def reuse_port():
    """Wrong: whoever sets the option too may join."""
    server = socket.create_server((HERE, 0), reuse_port=True)
    return server, server.getsockname()[1]


def keeps_the_probe():
    """Wrong: the probe holds the port, and SO_REUSEPORT lets the second socket in, and others."""
    probe = socket.socket()
    probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    probe.bind((HERE, 0))
    opened.append(probe)
    server = socket.socket()
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    server.bind(probe.getsockname())
    server.listen()
    return server, probe.getsockname()[1]


def asks_by_connecting():
    """Wrong: a port at which nobody answers is not yet one's own."""
    for port in range(20000, 30000):
        with socket.socket() as probe:
            if probe.connect_ex((HERE, port)):
                break
    return socket.create_server((HERE, port)), port


def binds_twice():
    """Wrong: the first socket still has the port when the second asks for it."""
    first = socket.create_server((HERE, 0))
    port = first.getsockname()[1]
    return socket.create_server((HERE, port)), port


@functools.cache
def remembers():
    """Wrong: the second test gets the first one's listener."""
    server = socket.create_server((HERE, 0))
    return server, server.getsockname()[1]


def of_the_first():
    """Wrong: one listener for all of them."""
    return remembers()


def finds_in_a_helper():
    """Wrong: the helper that everybody copies."""

    def free_port():
        with contextlib.closing(socket.socket()) as sock:
            sock.bind(("", 0))
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            return sock.getsockname()[1]

    port = free_port()
    return socket.create_server((HERE, port)), port


def of_asyncio():
    """Wrong: what asyncio hands out is closed with its loop, and is no socket."""

    async def main():
        server = await asyncio.start_server(lambda *_: None, HERE, 0)
        return server.sockets[0], server.sockets[0].getsockname()[1]

    return asyncio.run(main())


# ---- how_many ----------------------------------------------------------------------------------


def by_range(low, high, servers):
    """Right: as many as the range has, for each server."""
    return len(range(low, high + 1)) * servers


def by_product(low, high, servers):
    """Right: counts the pairs of a port and a server."""
    return sum(1 for _ in itertools.product(range(low, high + 1), range(servers)))


def by_set(low, high, servers):
    """Right: the different connections, in a set."""
    return len({(port, server) for port in range(low, high + 1) for server in range(servers)})


def by_recursion(low, high, servers):
    """Right: one server less, and its ports."""
    return 0 if not servers else high + 1 - low + by_recursion(low, high, servers - 1)


def by_prod(low, high, servers):
    """Right: the library multiplies."""
    return math.prod((high - low + 1, servers))


def in_a_loop(low, high, servers):
    """Right: added up by hand."""
    total = 0
    for _ in range(servers):
        total += high - low + 1
    return total


def without_the_end(low, high, servers):
    """Wrong: a range of Python's leaves its end out."""
    return len(range(low, high)) * servers


def even_ports(low, high, servers):
    """Wrong: connect begins with one half of the ports, but takes the others too."""
    return math.ceil((high - low + 1) / 2) * servers


def whatever_fits(low, high, servers):
    """Wrong: all ports of TCP."""
    return (65535 - 1024) * servers


def each_port_once(low, high, servers):
    """Wrong: a port is not a connection."""
    return high - low + 1


def added(low, high, servers):
    """Wrong: adds where ports and servers multiply."""
    return high - low + servers


def from_the_example(low, high, servers):
    """Wrong: the range of the example is written in it."""
    return (high - 40000 + 1) * servers


def halved(low, high, servers):
    """Wrong: a float."""
    return (high - low + 1) * servers / 1


RIGHT = {
    "LISTENER": [
        with_defaults, draws_until_it_fits, by_class, by_named_tuple, of_ipv6, with_a_thread,
        by_socketserver, keeps_what_it_found, counts_until_it_fits,
    ],
    "HOW_MANY": [by_range, by_product, by_set, by_recursion, by_prod, in_a_loop],
}  # fmt: skip
WRONG = {
    "LISTENER": {
        a_number: "another program had bound that port before it",
        reuse_port: "can be joined: another program bound it as well",
        a_random_number: "another program had bound that port before it",
        keeps_the_probe: "can be joined: another program bound it as well",
        the_next_number: "another program had bound that port before it",
        asks_by_connecting: "another program had bound that port before it",
        binds_twice: "a socket of its own still has that port",
        finds_in_a_helper: "It had found a free port and given it up again",
        of_the_first: "returned the same port twice",
        of_asyncio: "The first of the two things that of_asyncio returned is no socket",
    },
    "HOW_MANY": {
        even_ports: "ports 40000 to 40003 and 1 servers",
        each_port_once: "In the lab each port was used once for each of the 3 servers",
        without_the_end: "Both ends of the range belong to it",
        whatever_fits: "gets one of the ports 40000 to 40003, and no other",
        added: "In the lab it was 18",
        from_the_example: "In the lab it was 18",
        halved: "a value of type float",
    },
}
