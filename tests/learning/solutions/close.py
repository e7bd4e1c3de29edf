"""Solutions to the exercises of notebook 07, as people write them in a cell."""

import asyncio
import contextlib
import itertools
import os
import selectors
import socket
import threading
import time
from dataclasses import dataclass

# ---- what solutions use of the notebook around them --------------------------------------------

SIZE = 4096
GUILTY = "CLOSE-WAIT"
kept = []


def everything(sock):
    """All that comes, piece by piece."""
    while piece := sock.recv(SIZE):
        yield piece


class Gone(ConnectionResetError):
    """An exception of one's own."""


@dataclass
class Ending:
    """A class that does it in three steps."""

    sock: socket.socket
    heard: bytes = b""

    def say(self, words):
        view = memoryview(words)
        while view:
            view = view[self.sock.send(view) :]
        self.sock.shutdown(socket.SHUT_WR)
        return self

    def listen(self):
        self.heard = b"".join(everything(self.sock))
        return self

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.sock.close()


# ---- finish: right ------------------------------------------------------------------------------


def with_a_thread(sock, reply):
    """Right: a thread that reads meanwhile."""
    heard, troubles = [], []

    def listen():
        try:
            heard.extend(everything(sock))
        except OSError as trouble:
            troubles.append(trouble)

    reader = threading.Thread(target=listen)
    reader.start()
    try:
        sock.sendall(reply)
        sock.shutdown(socket.SHUT_WR)
    except OSError as trouble:
        troubles.append(trouble)
    reader.join()
    sock.close()
    for trouble in troubles:
        if isinstance(trouble, ConnectionError):
            raise trouble
    return b"".join(heard)


def with_a_selector(sock, reply):
    """Right: reads and writes as it comes."""
    sock.setblocking(False)
    rest, heard = memoryview(reply), bytearray()
    both = selectors.EVENT_READ | selectors.EVENT_WRITE
    with sock, selectors.DefaultSelector() as selector:
        selector.register(sock, both)
        while True:
            for _, events in selector.select():
                if events & selectors.EVENT_WRITE:
                    rest = rest[sock.send(rest) :]
                    if not rest:
                        sock.shutdown(socket.SHUT_WR)
                        selector.modify(sock, selectors.EVENT_READ)
                if events & selectors.EVENT_READ:
                    piece = sock.recv(SIZE)
                    if not piece:
                        return heard
                    heard += piece


def with_a_class(sock, reply):
    """Right: a class, and a loop of send."""
    with Ending(sock) as ending:
        return ending.say(reply).listen().heard


def with_a_file(sock, reply):
    """Right: a file for reading, closed by hand."""
    file = sock.makefile("rb")
    try:
        sock.sendall(reply)
        sock.shutdown(socket.SHUT_WR)
        return file.read()
    finally:
        file.close()
        sock.close()


def in_streams(sock, reply):
    """Right: asyncio's streams."""

    async def talk():
        reader, writer = await asyncio.open_connection(sock=sock)
        writer.write(reply)
        writer.write_eof()
        heard = await reader.read()
        writer.close()
        await writer.wait_closed()
        return heard

    return asyncio.run(talk())


def into_a_buffer(sock, reply):
    """Right: recv_into."""
    sock.sendall(reply)
    sock.shutdown(socket.SHUT_WR)
    heard, buffer = bytearray(), bytearray(512)
    while count := sock.recv_into(buffer):
        heard += buffer[:count]
    sock.close()
    return bytes(heard)


def by_recursion(sock, reply):
    """Right: a function inside that calls itself."""

    def rest():
        piece = sock.recv(SIZE)
        return piece + rest() if piece else b""

    with contextlib.closing(sock):
        sock.sendall(reply)
        sock.shutdown(socket.SHUT_WR)
        return rest()


def by_descriptor(sock, reply):
    """Right: read(2) and close(2), and an exception of one's own for a reset."""
    try:
        sock.sendall(reply)
        sock.shutdown(socket.SHUT_WR)
        heard = b""
        while piece := os.read(sock.fileno(), SIZE):
            heard += piece
        return heard
    except ConnectionResetError as reset:
        raise Gone("the peer reset") from reset
    finally:
        os.close(sock.detach())


def with_a_long_timeout(sock, reply):
    """Right: it does not wait for ever, but for long enough."""
    sock.settimeout(30)
    with sock:
        sock.sendall(reply)
        sock.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: sock.recv(SIZE), b""))


# ---- finish: wrong ------------------------------------------------------------------------------


def sleeps_instead(sock, reply):
    """Wrong: a sleep instead of the peer's end."""
    sock.sendall(reply)
    sock.shutdown(socket.SHUT_WR)
    time.sleep(0.5)
    heard = sock.recv(65536)
    sock.close()
    return heard


def sleeps_and_drains(sock, reply):
    """Wrong: a sleep, and then all that has come by now."""
    sock.sendall(reply)
    sock.shutdown(socket.SHUT_WR)
    time.sleep(0.3)
    sock.setblocking(False)
    heard = b""
    try:
        while piece := sock.recv(SIZE):
            heard += piece
    except BlockingIOError:
        pass
    sock.close()
    return heard


def for_a_while(sock, reply):
    """Wrong: takes a silence for the end."""
    with sock:
        sock.sendall(reply)
        sock.shutdown(socket.SHUT_WR)
        sock.settimeout(0.2)
        heard = b""
        with contextlib.suppress(TimeoutError):
            while piece := sock.recv(SIZE):
                heard += piece
        return heard


def keeps_a_copy(sock, reply):
    """Wrong: a second descriptor stays open."""
    kept.append(sock.dup())
    sock.sendall(reply)
    sock.shutdown(socket.SHUT_WR)
    heard = b"".join(everything(sock))
    sock.close()
    return heard


def keeps_its_file(sock, reply):
    """Wrong: the socket is closed, but the file that was made of it is kept."""
    kept.append(sock.makefile("rb"))
    with sock:
        sock.sendall(reply)
        sock.shutdown(socket.SHUT_WR)
        return kept[-1].read()


def shuts_first(sock, reply):
    """Wrong: ends its direction before it has said anything."""
    with sock:
        sock.shutdown(socket.SHUT_WR)
        sock.sendall(reply)
        return b"".join(everything(sock))


def only_on_success(sock, reply):
    """Wrong: b'' for a reset, as if the peer had said nothing."""
    with sock:
        try:
            sock.sendall(reply)
            sock.shutdown(socket.SHUT_WR)
            return b"".join(everything(sock))
        except ConnectionError:
            return b""


def one_read(sock, reply):
    """Wrong: one recv, and that is that."""
    with sock:
        sock.sendall(reply)
        sock.shutdown(socket.SHUT_WR)
        return sock.recv(SIZE)


# ---- who_forgot: right --------------------------------------------------------------------------


def by_next(tables):
    """Right: the first that fits."""
    rows = itertools.chain.from_iterable(tables.values())
    return next((row["process"] for row in rows if row["state"] == GUILTY), "nobody")


def by_filter(tables):
    """Right: filter and a lambda."""
    found = [*filter(lambda row: row["state"] == GUILTY, tables["client"] + tables["server"])]
    return found[0]["process"] if found else "nobody"


def by_a_dict(tables):
    """Right: states in a dict."""
    held = {row["state"]: row["process"] for host in tables for row in tables[host]}
    return held.get("CLOSE-WAIT", "nobody")


def by_a_loop(tables):
    """Right: two loops."""
    for host in ("server", "client"):
        for row in tables[host]:
            if row["state"].startswith("CLOSE-"):
                return row["process"]
    return "nobody"


def by_pairs(tables):
    """Right: looks for both ends of a connection."""
    ends = {(r["local"], r["peer"]): r for rows in tables.values() for r in rows}
    for (local, peer), row in ends.items():
        other = ends.get((peer, local), {"state": "gone"})
        if row["state"] == GUILTY and other["state"] != "ESTAB":
            return row["process"]
    return "nobody"


def rows_by_recursion(tables):
    """Right: one row after the other."""

    def look(rows):
        if not rows:
            return "nobody"
        return rows[0]["process"] if rows[0]["state"] == GUILTY else look(rows[1:])

    return look([*tables["client"], *tables["server"]])


# ---- who_forgot: wrong --------------------------------------------------------------------------


def the_other_host(tables):
    """Wrong: knows the host, and not which of its processes."""
    for host, other in (("client", "server"), ("server", "client")):
        if any(row["state"] == "FIN-WAIT-2" for row in tables[host]):
            return other
    return "nobody"


def any_wait(tables):
    """Wrong: any state that waits."""
    for row in tables["client"] + tables["server"]:
        if "WAIT" in row["state"]:
            return row["process"]
    return "nobody"


def always_the_server(tables):
    """Wrong: it is always the server."""
    return "server"


def nothing_found(tables):
    """Wrong: None where nobody forgot."""
    for row in tables["client"] + tables["server"]:
        if row["state"] == GUILTY:
            return row["process"]
    return None


def all_of_them(tables):
    """Wrong: a list."""
    return [r["process"] for rows in tables.values() for r in rows if r["state"] == GUILTY]


def the_last_process(tables):
    """Wrong: the last row that has a process."""
    rows = [row for row in tables["client"] + tables["server"] if row["process"] != "none"]
    return rows[-1]["process"]


RIGHT = {
    "FINISH": [
        with_a_file, with_a_class, with_a_thread, with_a_selector, in_streams, into_a_buffer,
        by_recursion, by_descriptor, with_a_long_timeout,
    ],
    "LEAK": [by_next, by_a_dict, by_filter, by_a_loop, by_pairs, rows_by_recursion],
}  # fmt: skip
WRONG = {
    "FINISH": {
        sleeps_instead: "returned b'many '. The peer had sent b'many thanks'",
        keeps_a_copy: "still has an open descriptor",
        sleeps_and_drains: "returned b'many '. The peer had sent b'many thanks'",
        for_a_while: "Silence is no end",
        keeps_its_file: "still has an open descriptor",
        shuts_first: "received nothing of the reply",
        only_on_success: "Let ConnectionResetError out",
        one_read: "before it had read the peer's end",
    },
    "LEAK": {
        the_other_host: "A listener is no connection. The answer is 'server-child1'",
        any_wait: "That row belongs to no process",
        always_the_server: "A listener is no connection",
        nothing_found: "returned None",
        all_of_them: "a value of type list",
        the_last_process: "A listener is no connection",
    },
}
