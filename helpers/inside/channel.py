"""Pass messages, with descriptors, over one Unix stream socket.

A message is ``marshal`` data behind a short header: both ends are the same
Python, and ``marshal`` costs no import (``array`` would cost two milliseconds). Standard library
only; the processes inside a lab use this file too.
"""

from __future__ import annotations

# The C base class, which stays itself when a host replaces ``socket.socket``.
import _socket
import marshal
import struct

from helpers.inside import messages
from helpers.inside.messages import Message

TYPE_CHECKING = False  # typing itself would cost each lab four milliseconds
if TYPE_CHECKING:
    from collections.abc import Sequence

# A process inside a host has its end above the descriptors that a program would get by itself,
# so that a host's first socket is 3, as in any fresh process.
CONTROL_FD = 1000
# Every message begins so. What a program writes to the lab's descriptor by mistake does not.
_MAGIC = b"\xf9lab"
_HEADER = struct.Struct("=4sIB")
_ROOM = _socket.CMSG_SPACE(32 * 4)


class Channel:
    """One end of a conversation. Not for two senders at once: the caller keeps a lock."""

    def __init__(self, sock: _socket.socket) -> None:
        self.sock = sock
        sock.settimeout(None)  # whatever socket.setdefaulttimeout says, which opens it non-blocking
        self._bytes = bytearray()
        self._fds: list[int] = []
        self.junk = 0  # bytes that came and were no message
        self.cut = False  # whether descriptors were lost, because this process may have no more

    def fileno(self) -> int:
        """The descriptor to wait on."""
        return self.sock.fileno()

    def send(self, message: Message, fds: Sequence[int] = ()) -> None:
        """Send one message; blocks while the other end does not read."""
        data = marshal.dumps(message.packed())
        head = _HEADER.pack(_MAGIC, len(data), len(fds))
        if fds:
            rights = (_socket.SOL_SOCKET, _socket.SCM_RIGHTS, struct.pack(f"={len(fds)}i", *fds))
            self.sock.sendmsg([head], [rights])
            head = b""
        self.sock.sendall(head + data)

    def receive(self) -> tuple[Message, list[int]] | None:
        """Wait for one message and its descriptors; None at the end of the stream."""
        while (found := self.pop()) is None:
            if not self.fill():
                return None
        return found

    def fill(self, flags: int = 0) -> bool:
        """Read what is there into the buffer; False at the end of the stream.

        With ``MSG_DONTWAIT`` it raises BlockingIOError where there is nothing to read.
        """
        try:
            data, extra, found, _ = self.sock.recvmsg(1 << 16, _ROOM, flags)
        except ConnectionError:
            return False
        for level, kind, rights in extra:
            if level == _socket.SOL_SOCKET and kind == _socket.SCM_RIGHTS:
                self._fds += struct.unpack_from(f"={len(rights) // 4}i", rights)
        self.cut |= bool(found & _socket.MSG_CTRUNC)
        self._bytes += data
        return bool(data)

    def pop(self) -> tuple[Message, list[int]] | None:
        """The next whole message in the buffer, or None."""
        while self._at_message():
            _, size, count = _HEADER.unpack_from(self._bytes)
            whole = _HEADER.size + size
            if len(self._bytes) < whole:
                return None
            data = bytes(self._bytes[_HEADER.size : whole])
            del self._bytes[:whole]
            fds, self._fds = self._fds[:count], self._fds[count:]
            try:
                message = messages.read(marshal.loads(data))
            except (ValueError, EOFError, TypeError):
                message = None
            if message is not None:
                return message, fds
            self.junk += whole
        return None

    def _at_message(self) -> bool:
        """Leave out what is no message; whether a whole header is there."""
        if not self._bytes.startswith(_MAGIC[: len(self._bytes)]):
            at = self._bytes.find(_MAGIC)
            skipped = at if at >= 0 else len(self._bytes) - _begun(self._bytes)
            self.junk += skipped
            del self._bytes[:skipped]
        return len(self._bytes) >= _HEADER.size

    def close(self) -> None:
        """Close the socket."""
        self.sock.close()


def _begun(data: bytearray) -> int:
    """How many bytes at the end may be the beginning of a message."""
    return next((n for n in range(len(_MAGIC) - 1, 0, -1) if data.endswith(_MAGIC[:n])), 0)
