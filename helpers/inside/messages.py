"""Every message between the notebook, the keeper and the processes in a lab's hosts.

Each travels as a tuple that begins with its word. What cannot be read is no message.
Standard library only; the processes inside a lab use this file.
"""

from __future__ import annotations

from helpers.inside.named import Named

TYPE_CHECKING = False  # typing itself would cost each lab four milliseconds
if TYPE_CHECKING:
    from typing import Any


class Message(Named):
    """One message. A field of it may be a message too."""

    def packed(self) -> tuple[Any, ...]:
        """What ``marshal`` takes, and ``read`` turns into an equal message."""
        fields = (f.packed() if isinstance(f, Message) else f for f in self.fields)
        return (self.word, *fields)


# ---- from the notebook to a process in a host


class Open(Message):
    """The first words: the lab's names, its own address in bench mode, where modules are."""

    names, word = ("hosts", "source", "path"), "open"
    hosts: dict[str, tuple[str, str]]
    source: list[str]
    path: list[str]


class Call(Message):
    """Make a call; ``target`` is the number of a socket, or None. Arguments are encoded."""

    names, word = ("number", "target", "method", "args", "keywords"), "call"
    number: int
    target: int | None
    method: str
    args: Any
    keywords: Any


class Fork(Message):
    """Become two; a descriptor for the child's own channel comes with it."""

    names, word = ("number",), "fork"
    number: int


class Exit(Message):
    """End without closing anything first."""

    word = "exit"


class Play(Message):
    """Run one whole program: ``module:name``, or a parcel. It is observed, or left alone."""

    names, word = ("target", "parcel", "args", "observed"), "play"
    target: str
    parcel: Any
    args: Any
    observed: bool


class Go(Message):
    """A program may go on; of one with several threads, the one with this number."""

    names, word = ("thread",), "go"
    thread: str


# ---- from a process in a host to the notebook


class Hello(Message):
    """It is there: the number of its main thread as the notebook sees it, its own pid."""

    names, word = ("thread", "pid"), "hello"
    thread: str
    pid: int


class Begin(Message):
    """A socket call begins, on behalf of the notebook's call of that number, or of none."""

    names = ("number", "on_behalf", "thread", "t", "name", "fd", "inode", "args")
    word = "begin"
    number: int
    on_behalf: int | None
    thread: str
    t: int
    name: str
    fd: int
    inode: int
    args: list[Any]


class End(Message):
    """It has returned a value, or raised; both encoded."""

    names, word = ("number", "on_behalf", "t", "ok", "value"), "end"
    number: int
    on_behalf: int | None
    t: int
    ok: bool
    value: Any


class Forked(Message):
    """A program has forked; a descriptor that leads to its child comes with it."""

    word = "forked"


class At(Message):
    """A thread of several says something, and waits at its gate until it may go on."""

    names, word = ("thread", "said"), "at"
    thread: str
    said: Begin | End | Forked


class Output(Message):
    """What a program has printed."""

    names, word = ("text",), "output"
    text: str


class Reply(Message):
    """A call of the notebook's has ended, or with number 0 the program; the value is encoded."""

    names, word = ("number", "ok", "value"), "reply"
    number: int
    ok: bool
    value: Any


# ---- from the notebook to the keeper


class Namespace(Message):
    """Make a namespace; its descriptor and its openings come back."""

    word = "namespace"


class Openings(Message):
    """Open a namespace once more."""

    names, word = ("namespace",), "openings"
    namespace: int


class Wire(Message):
    """Open the namespace of the wire, with its packet socket."""

    word = "wire"


class Tap(Message):
    """A packet socket on a device of a namespace, for one Ethernet type."""

    names, word = ("namespace", "device", "protocol"), "tap"
    namespace: int
    device: str
    protocol: int


class Start(Message):
    """Start a process in a namespace; a descriptor for its channel comes with it."""

    names, word = ("namespace", "program", "privileged"), "start"
    namespace: int
    program: Play | None
    privileged: bool


class Status(Message):
    """How a process has ended that the keeper started."""

    names, word = ("pid",), "status"
    pid: int


class Sysctl(Message):
    """Read a sysctl of a namespace, after writing a value if there is one."""

    names, word = ("namespace", "name", "value"), "sysctl"
    namespace: int
    name: str
    value: str | None


class Settle(Message):
    """Set many sysctls of a namespace. The answer: what could not be set, each with its reason
    and with what it is now, or None."""

    names, word = ("namespace", "values"), "settle"
    namespace: int
    values: dict[str, str]


class Echo(Message):
    """Say this again: after a question that was given up, it tells where the next answer begins."""

    names, word = ("token",), "echo"
    token: int


# ---- from the keeper to the notebook


class Ready(Message):
    """The keeper is there: its pid as the notebook sees it, and what it goes without."""

    names, word = ("pid", "notes"), "ready"
    pid: str
    notes: tuple[str, ...]


class Refused(Message):
    """The kernel did not let it make its namespaces: the file of /proc, or "", and the errno."""

    names, word = ("file", "code"), "refused"
    file: str
    code: int


class Made(Message):
    """Descriptors come with it; the thread whose view of /proc they need, or ""."""

    names, word = ("thread",), "made"
    thread: str


class Value(Message):
    """The answer to a question."""

    names, word = ("value",), "value"
    value: Any


class Error(Message):
    """The kernel said no: an OSError's text, errno, and file or None."""

    names, word = ("text", "code", "file"), "error"
    text: str
    code: int
    file: str | None


class Failed(Message):
    """What was asked could not be done, for a reason of Python's."""

    names, word = ("text",), "failed"
    text: str

    def __repr__(self) -> str:
        return self.text


_KINDS = {kind.word: kind for kind in Message.__subclasses__()}


def read(packed: object) -> Message | None:
    """The message that travelled as ``packed``; None if it is none."""
    if not isinstance(packed, tuple) or not packed or not isinstance(packed[0], str):
        return None
    word, *fields = packed
    kind = _KINDS.get(word)
    if kind is None or len(fields) != len(kind.names):
        return None
    for n, name in enumerate(kind.names):
        if name in ("said", "program") and fields[n] is not None:
            fields[n] = read(fields[n])
            if fields[n] is None:
                return None
    return kind(*fields)
