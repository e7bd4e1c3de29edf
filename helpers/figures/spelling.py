"""Writes a call as a picture has it: with the name of its socket where there could be a doubt.

The text of a trace has descriptors, as strace prints them. ``conn = listener.accept()`` takes less
room in a picture than ``accept() = 4 from client:ephemeral``, and says more.

Rule of this file: pure, no matplotlib.
"""

from __future__ import annotations

from collections import Counter

from helpers.record.trace import CallRecord, Trace


class Spelling:
    """How the calls of one trace are written.

    A call has its socket's name if its host has more than one socket in this trace.
    """

    def __init__(self, trace: Trace) -> None:
        self.names = trace.sockets.names(trace.calls)
        owners = {
            inode: call.host for call in trace.calls for inode in (call.inode, call.made) if inode
        }
        counts = Counter(owners.values())
        self._several = {host for host, count in counts.items() if count > 1}

    def text(self, call: CallRecord) -> str:
        """The call alone: ``conn.recv(1024)``."""
        text = call.text.replace("(SOL_SOCKET, ", "(")
        name = self.names.get(call.inode, "") if call.host in self._several else ""
        return f"{name}.{text}" if name else text

    def outcome(self, call: CallRecord) -> str:
        """What came of it, behind its end: `` = b'hello'``, or the socket that it made."""
        return f" = {made}" if (made := self._made(call)) else call.outcome

    def whole(self, call: CallRecord) -> str:
        """A call that has returned: ``conn = listener.accept()``, ``client.send(b'hello') = 5``."""
        made = self._made(call)
        return f"{made} = {self.text(call)}" if made else f"{self.text(call)}{self.outcome(call)}"

    def _made(self, call: CallRecord) -> str:
        several = call.host in self._several
        return self.names.get(call.made, "") if several and call.made else ""
