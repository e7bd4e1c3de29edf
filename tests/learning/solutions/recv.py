"""Solutions to the exercises of notebook 06, as people write them in a cell."""

import asyncio
import functools
import io
import os
import select
import selectors
import socket
import struct
import time
from collections import defaultdict, deque
from dataclasses import dataclass, field

# ---- what solutions use of the notebook around them --------------------------------------------

CHUNK = 4096
NEWLINE = b"\n"
HEADER = struct.Struct("!I")
files = {}
rest = b""
leftovers = defaultdict(bytes)


waiting = deque()


def counted(function):
    """A decorator of the notebook."""

    @functools.wraps(function)
    def wrapper(*args):
        wrapper.calls += 1
        return function(*args)

    wrapper.calls = 0
    return wrapper


class Closed(EOFError):
    """An exception of one's own is an EOFError too."""


@dataclass
class Buffered:
    """A class with a default of its own."""

    sock: socket.socket
    size: int = CHUNK
    data: bytearray = field(default_factory=bytearray)

    def more(self):
        piece = self.sock.recv(self.size)
        if not piece:
            raise Closed("no more")
        self.data += piece

    def exactly(self, n):
        while len(self.data) < n:
            self.more()
        taken, self.data = self.data[:n], self.data[n:]
        return bytes(taken)

    def line(self):
        while NEWLINE not in self.data:
            self.more()
        return self.exactly(self.data.index(NEWLINE) + 1)[:-1]


buffers = {}


def buffered(sock):
    if sock not in buffers:
        buffers[sock] = Buffered(sock)
    return buffers[sock]


# ---- recv_exactly: right ------------------------------------------------------------------------


def by_a_list(sock, n):
    """Right: pieces in a list, a walrus."""
    pieces = []
    while n and (piece := sock.recv(min(n, CHUNK))):
        pieces.append(piece)
        n -= len(piece)
    if n:
        raise EOFError(f"{n} bytes are missing")
    return b"".join(pieces)


def into_a_view(sock, n):
    """Right: recv_into, and a bytearray is returned."""
    data = bytearray(n)
    view = memoryview(data)
    while view:
        got = sock.recv_into(view)
        if got == 0:
            raise EOFError
        view = view[got:]
    return data


def by_single_bytes(sock, n):
    """Right, and slow: one call for each byte."""
    data = b""
    for _ in range(n):
        byte = sock.recv(1)
        if not byte:
            raise EOFError
        data += byte
    return data


def by_waitall(sock, n):
    """Right: the kernel waits for all; what ended it early is told by the next call."""
    data = b""
    while len(data) < n:
        piece = sock.recv(n - len(data), socket.MSG_WAITALL)
        if not piece:
            raise EOFError("the stream ended")
        data += piece
    return data


def by_recursion(sock, n):
    """Right: what is missing is a smaller problem of the same kind."""
    if n == 0:
        return b""
    piece = sock.recv(n)
    if not piece:
        raise EOFError
    return piece + by_recursion(sock, n - len(piece))


def with_select(sock, n):
    """Right: waits with select."""
    data = b""
    while len(data) < n:
        select.select([sock], [], [])
        piece = sock.recv(n - len(data))
        if not piece:
            raise EOFError
        data += piece
    return data


def with_selectors(sock, n):
    """Right: a selector, and a socket that does not block."""
    sock.setblocking(False)
    data = bytearray()
    with selectors.DefaultSelector() as selector:
        selector.register(sock, selectors.EVENT_READ)
        while len(data) < n:
            selector.select()
            piece = sock.recv(n - len(data))
            if not piece:
                raise EOFError("closed")
            data.extend(piece)
    return bytes(data)


def with_poll(sock, n):
    """Right: poll, with a time-out after which it asks again."""
    poll = select.poll()
    poll.register(sock, select.POLLIN)
    data = b""
    while len(data) < n:
        if not poll.poll(50):
            continue
        piece = sock.recv(n - len(data))
        if not piece:
            raise EOFError
        data += piece
    return data


def with_os_read(sock, n):
    """Right: the descriptor is one like any other."""
    data = b""
    while len(data) < n:
        piece = os.read(sock.fileno(), n - len(data))
        if not piece:
            raise EOFError
        data += piece
    return data


def in_asyncio(sock, n):
    """Right: an event loop inside."""

    async def read():
        loop, data = asyncio.get_running_loop(), b""
        while len(data) < n:
            piece = await loop.sock_recv(sock, n - len(data))
            if not piece:
                raise EOFError
            data += piece
        return data

    sock.setblocking(False)
    return asyncio.run(read())


def kept_file(sock, n):
    """Right: one file for each socket, kept from call to call."""
    if sock not in files:
        files[sock] = sock.makefile("rb")
    data = files[sock].read(n)
    if len(data) < n:
        raise EOFError
    return data


def file_on_the_function(sock, n):
    """Right: the same, with the file on the function itself."""
    if not hasattr(file_on_the_function, "file"):
        file_on_the_function.file = sock.makefile("rb")
    data = file_on_the_function.file.read(n)
    if len(data) != n:
        raise Closed(f"{len(data)} of {n}")
    return data


def raw_file(sock, n):
    """Right: a file without a buffer."""
    with sock.makefile("rb", buffering=0) as file:
        data = b""
        while len(data) < n:
            piece = file.read(n - len(data))
            if not piece:
                raise EOFError
            data += piece
        return data


def iterated(sock, n, chunk=CHUNK, ended=Closed):
    """Right: defaults that are names of the notebook."""
    data = b""
    for piece in iter(lambda: sock.recv(min(chunk, n - len(data))), b""):  # noqa: B023
        data += piece
        if len(data) == n:
            return data
    if n == 0:
        return data
    raise ended(n - len(data))


def by_a_class(sock, n):
    """Right: a buffered reader of one's own for each socket."""
    return buffered(sock).exactly(n)


def asks_again_after_a_timeout(sock, n):
    """Right: a time-out is no end."""
    sock.settimeout(0.05)
    data = b""
    while len(data) < n:
        try:
            piece = sock.recv(n - len(data))
        except TimeoutError:
            continue
        if not piece:
            raise EOFError
        data += piece
    return data


@counted
def decorated(sock, n):
    """Right: a decorator of the notebook around it."""
    return by_a_list(sock, n)


# ---- recv_exactly: wrong ------------------------------------------------------------------------


def connection_error(sock, n):
    """Wrong: an orderly end is no error of the connection."""
    data = b""
    while len(data) < n:
        piece = sock.recv(n - len(data))
        if not piece:
            raise ConnectionError("closed early")
        data += piece
    return data


def asserts(sock, n):
    """Wrong: an assertion is for the programmer."""
    data = by_a_short_loop(sock, n)
    assert len(data) == n
    return data


def by_a_short_loop(sock, n):
    """Wrong: what came before the end is returned as if it were all."""
    data = b""
    while len(data) < n:
        piece = sock.recv(n - len(data))
        if not piece:
            break
        data += piece
    return data


def sleeps_first(sock, n):
    """Wrong: a sleep instead of a loop."""
    time.sleep(0.2)
    data = sock.recv(n)
    if not data:
        raise EOFError
    return data


def not_more_than_n(sock, n):
    """Wrong: reads too much, and throws the rest away."""
    data = b""
    while len(data) < n:
        piece = sock.recv(CHUNK)
        if not piece:
            raise EOFError
        data += piece
    return data[:n]


def new_file_each_time(sock, n):
    """Wrong: each file reads ahead, and what it read goes with it."""
    data = sock.makefile("rb").read(n)
    if len(data) < n:
        raise EOFError
    return data


def for_a_while(sock, n):
    """Wrong: takes a silence for the end."""
    sock.settimeout(0.2)
    try:
        return by_a_list(sock, n)
    except TimeoutError:
        raise EOFError from None


def select_once(sock, n):
    """Wrong: gives up where select comes back empty."""
    data = b""
    while len(data) < n:
        ready, _, _ = select.select([sock], [], [], 0.2)
        if not ready:
            break
        piece = sock.recv(n - len(data))
        if not piece:
            raise EOFError
        data += piece
    return data


def waitall_once(sock, n):
    """Wrong: before a reset, too, recv returns what had come, and only the next call raises."""
    data = sock.recv(n, socket.MSG_WAITALL)
    if len(data) < n:
        raise EOFError("the stream ended")
    return data


def eof_for_a_reset(sock, n):
    """Wrong: a reset is no end."""
    try:
        return by_a_list(sock, n)
    except OSError:
        raise EOFError from None


# ---- read_line: right ---------------------------------------------------------------------------


def line_by_bytes(sock):
    """Right: byte by byte, into a bytearray."""
    line = bytearray()
    while True:
        byte = sock.recv(1)
        if not byte:
            raise EOFError("no newline came")
        if byte == NEWLINE:
            return line
        line += byte


def line_by_recursion(sock):
    """Right: a line is a byte and a line."""
    byte = sock.recv(1)
    if byte == b"":
        raise EOFError
    return b"" if byte == b"\n" else byte + line_by_recursion(sock)


def line_of_a_kept_file(sock):
    """Right: a kept file; the usual way."""
    file = files.setdefault(sock, None) or sock.makefile("rb")
    files[sock] = file
    line = file.readline()
    if not line.endswith(b"\n"):
        raise EOFError(line)
    return line[:-1]


@functools.cache
def file_of(sock):
    return sock.makefile("rb")


def line_of_a_cached_file(sock):
    """Right: the same with a cache, and with a cut."""
    line, end, _ = file_of(sock).readline().partition(b"\n")
    if not end:
        raise EOFError
    return line


def line_with_a_rest(sock):
    """Right: the rest is a global."""
    global rest
    while NEWLINE not in rest:
        piece = sock.recv(CHUNK)
        if not piece:
            raise EOFError
        rest += piece
    line, _, rest = rest.partition(NEWLINE)
    return line


def line_with_leftovers(sock):
    """Right: a rest for each socket."""
    data = leftovers[sock]
    while b"\n" not in data:
        data += (more := sock.recv(1024))
        if not more:
            raise EOFError
    line, leftovers[sock] = data.split(b"\n", 1)
    return line


def line_in_a_default(sock, kept={}):  # noqa: B006
    """Right: the well-known default that is made once."""
    data = kept.pop(sock, b"")
    while b"\n" not in data:
        select.select([sock], [], [])
        piece = sock.recv(1024)
        if not piece:
            raise EOFError
        data += piece
    line, _, kept[sock] = data.partition(b"\n")
    return line


def line_by_a_class(sock):
    """Right: a buffered reader of one's own."""
    return buffered(sock).line()


def line_from_a_deque(sock):
    """Right: whole lines wait in a deque, and the last piece on the function itself."""
    while not waiting:
        piece = sock.recv(CHUNK)
        if not piece:
            raise EOFError
        *lines, line_from_a_deque.rest = (line_from_a_deque.rest + piece).split(b"\n")
        waiting.extend(lines)
    return waiting.popleft()


line_from_a_deque.rest = b""


class Lines:
    """An object of the notebook, made before it is used."""

    def __init__(self):
        self.data = b""

    def read(self, sock):
        while b"\n" not in self.data:
            piece = sock.recv(CHUNK)
            if not piece:
                raise EOFError("no more lines")
            self.data += piece
        line, _, self.data = self.data.partition(b"\n")
        return line


lines = Lines()


def line_by_an_object(sock):
    """Right: the object keeps the rest."""
    return lines.read(sock)


def line_of_a_raw_file(sock):
    """Right: a file without a buffer reads byte by byte itself."""
    line = sock.makefile("rb", 0).readline()
    if line[-1:] != b"\n":
        raise EOFError
    return line.removesuffix(b"\n")


def line_by_os_read(sock):
    """Right: read(2), in chunks of one."""
    pieces = []
    while (byte := os.read(sock.fileno(), 1)) != b"\n":
        if not byte:
            raise EOFError
        pieces.append(byte)
    return b"".join(pieces)


# ---- read_line: wrong ---------------------------------------------------------------------------


def line_of_a_new_file(sock):
    """Wrong: what the file read ahead goes with it."""
    line = sock.makefile("rb").readline()
    if not line.endswith(b"\n"):
        raise EOFError
    return line[:-1]


def line_split(sock):
    """Wrong: throws away what follows the line."""
    data = b""
    while b"\n" not in data:
        piece = sock.recv(1024)
        if not piece:
            raise EOFError
        data += piece
    return data.split(b"\n")[0]


def line_stripped(sock):
    """Wrong: strips more than the newline."""
    return line_by_recursion(sock).strip()


def line_in_text(sock):
    """Wrong: text, where bytes were asked for."""
    return sock.makefile("r").readline()


def line_at_the_end(sock):
    """Wrong: the last line need not be whole, it thinks."""
    line = file_of(sock).readline()
    if not line:
        raise EOFError
    return line.removesuffix(b"\n")


def line_with_connection_error(sock):
    """Wrong: an orderly end is no error of the connection."""
    line = b""
    while not line.endswith(b"\n"):
        byte = sock.recv(1)
        if not byte:
            raise ConnectionAbortedError
        line += byte
    return line[:-1]


# ---- read_message: right ------------------------------------------------------------------------


def message_by_struct(sock):
    """Right: a struct of the notebook."""
    (size,) = HEADER.unpack(by_a_list(sock, HEADER.size))
    return by_a_list(sock, size)


def message_by_hand(sock):
    """Right: shifts."""
    a, b, c, d = into_a_view(sock, 4)
    return into_a_view(sock, a << 24 | b << 16 | c << 8 | d)


def message_of_a_kept_file(sock):
    """Right: a kept file."""
    return kept_file(sock, int.from_bytes(kept_file(sock, 4), "big"))


def message_by_waitall(sock):
    """Right: the kernel waits for all; nothing is to be read of an empty one."""
    size = int.from_bytes(by_waitall(sock, 4), "big")
    return by_waitall(sock, size) if size else b""


def message_by_peeking(sock):
    """Right: looks at the header, and takes both together."""
    while len(head := sock.recv(4, socket.MSG_PEEK | socket.MSG_WAITALL)) < 4:
        raise EOFError(f"{len(head)} bytes of a header")
    size = 4 + int.from_bytes(head, "big")
    return by_recursion(sock, size)[4:]


def message_in_asyncio(sock):
    """Right: an event loop inside."""
    return in_asyncio(sock, int.from_bytes(in_asyncio(sock, 4), "big"))


class Message:
    """A class that reads itself."""

    @classmethod
    def read(cls, sock):
        message = cls()
        message.size = struct.unpack("!I", with_select(sock, 4))[0]
        message.body = with_select(sock, message.size)
        return message


def message_by_a_class(sock):
    """Right: a class."""
    return Message.read(sock).body


def message_into_a_file(sock):
    """Right: gathers in a BytesIO."""

    def take(n):
        out = io.BytesIO()
        while out.tell() < n:
            piece = sock.recv(n - out.tell())
            if not piece:
                raise Closed
            out.write(piece)
        return out.getvalue()

    return take(int.from_bytes(take(4)))


# ---- read_message: wrong ------------------------------------------------------------------------


def message_of_two_bytes(sock):
    """Wrong: two of the four bytes of the length are not looked at."""
    size = int.from_bytes(by_a_list(sock, 4)[2:], "big")
    return by_a_list(sock, size)


def message_of_one_byte(sock):
    """Wrong: only the last byte of the length is looked at."""
    return by_a_list(sock, by_a_list(sock, 4)[3])


def message_native(sock):
    """Wrong: the machine's own order."""
    (size,) = struct.unpack("I", by_a_list(sock, 4))
    return by_a_list(sock, size)


def message_at_once(sock):
    """Wrong: the header in full, and the body in one recv."""
    size = int.from_bytes(by_a_list(sock, 4), "big")
    return sock.recv(size)


def message_with_connection_error(sock):
    """Wrong: an orderly end is no error of the connection."""
    return connection_error(sock, int.from_bytes(connection_error(sock, 4), "big"))


def message_without_end(sock):
    """Wrong: None instead of EOFError, as in a loop over messages."""
    try:
        return message_by_struct(sock)
    except EOFError:
        return None


RIGHT = {
    "RECV_EXACTLY": [
        with_select, kept_file, by_a_list, into_a_view, by_single_bytes, by_waitall, by_recursion,
        with_selectors, with_poll, with_os_read, in_asyncio, file_on_the_function, raw_file,
        iterated, by_a_class, asks_again_after_a_timeout,
        decorated,
    ],
    "LINES": [
        line_with_leftovers, line_of_a_cached_file, line_by_bytes, line_by_recursion,
        line_of_a_kept_file, line_with_a_rest, line_in_a_default, line_by_a_class,
        line_from_a_deque, line_by_an_object,
        line_of_a_raw_file, line_by_os_read,
    ],
    "MESSAGES": [
        message_by_struct, message_by_a_class, message_by_hand, message_of_a_kept_file,
        message_by_waitall, message_by_peeking, message_in_asyncio, message_into_a_file,
    ],
}  # fmt: skip
WRONG = {
    "RECV_EXACTLY": {
        connection_error: "raised ConnectionError. EOFError would say",
        asserts: "raised AssertionError. EOFError would say",
        by_a_short_loop: "Its caller cannot tell",
        # How many bytes have come while it slept is chance.
        sleeps_first: ("Its caller cannot tell", "recv returns what has come so far"),
        not_more_than_n: "the second call waits for bytes that are gone",
        new_file_each_time: "the second call waits for bytes that are gone",
        for_a_while: "Silence is no end",
        select_once: "Silence is no end",
        waitall_once: "Let ConnectionResetError out",
        eof_for_a_reset: "Let ConnectionResetError out",
    },
    "LINES": {
        line_of_a_new_file: "the second call waits for bytes that are gone",
        line_split: "the second call waits for bytes that are gone",
        line_stripped: "Every byte before b'\\n' counts",
        line_in_text: "a value of type str",
        line_at_the_end: "Its caller cannot tell",
        line_with_connection_error: "EOFError would say",
    },
    "MESSAGES": {
        message_of_two_bytes: "It is 65541, and message_of_two_bytes read it as 5",
        message_of_one_byte: "returned 136 of 5000 bytes",
        message_native: "waits for more",
        message_at_once: "returned 1 of 5 bytes",
        message_with_connection_error: "EOFError would say",
        message_without_end: "None",
    },
}
