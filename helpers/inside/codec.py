"""Turns values into what ``marshal`` carries between the notebook and its hosts, and back.

``marshal`` knows the plain types. Anything else travels as a tuple that begins with
Ellipsis and a word; a tuple of a program's own that begins so is sent that way itself, so
no value is ever taken for another. Tagged values exist here and nowhere else.
Standard library only; the processes inside a lab use this file too.
"""

from __future__ import annotations

import sys

from helpers.inside.named import Named

TYPE_CHECKING = False  # typing itself would cost each lab four milliseconds
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    Hook = Callable[[Any], Any]

_PLAIN = frozenset({type(None), bool, int, float, complex, str, bytes, type(...)})
# How a subclass becomes the plain value: an enum that is a str prints as its name.
_PLAINLY: dict[type, Any] = {
    int: int.__int__,
    float: float.__float__,
    complex: complex,
    str: str.__str__,
    bytes: bytes,
}
# Deeper than this is a container that holds itself; marshal itself gives up at 2,000.
_DEPTH = 100
# Exceptions of these are made by calling them; of others only the arguments are known to fit.
_OWN = ("builtins", "socket")


class Sent(Named):
    """What stands for a value that does not travel itself."""


class Bytes(Sent):
    """Bytes of a call: their number, and the first 64 of them."""

    names = ("size", "head")
    word = "bytes"
    size: int
    head: bytes

    def __repr__(self) -> str:
        return repr(self.head) if self.size <= 16 else f"{self.size} bytes"


class Descriptor(Sent):
    """A socket of a call, as the trace knows it."""

    names = ("fd", "inode")
    word = "descriptor"
    fd: int
    inode: int

    def __repr__(self) -> str:
        return str(self.fd)


class Kept(Sent):
    """A socket, or with ``fd`` -1 a file, that its host keeps under a number for the notebook.

    ``kind`` is family, type and protocol.
    """

    names = ("number", "fd", "inode", "kind")
    word = "kept"
    number: int
    fd: int
    inode: int
    kind: tuple[int, int, int]


class Raised(Sent):
    """An exception: the name and module of its type, its text, its errno or 0, its args, notes."""

    names = ("kind", "module", "text", "code", "args", "notes")
    word = "raised"
    kind: str
    module: str
    text: str
    code: int
    args: tuple[Any, ...]
    notes: tuple[str, ...]


class Stayed(Sent):
    """A value that cannot leave its host: its type, and its ``repr`` without addresses."""

    names = ("kind", "text")
    word = "stayed"
    kind: str
    text: str

    def __repr__(self) -> str:
        return f"<stayed in the host: {self.text}>"


_SENT: dict[str, type[Sent]] = {c.word: c for c in (Bytes, Descriptor, Kept, Raised, Stayed)}
_CONTAINERS: dict[str, Callable[[list[Any]], Any]] = {
    "tuple": tuple,
    "set": set,
    "frozenset": frozenset,
    "bytearray": lambda items: bytearray(items[0]),
    "dict": lambda items: dict(zip(items[::2], items[1::2], strict=True)),
}


def encode(value: Any, hook: Hook | None = None, depth: int = 0) -> Any:
    """A form of ``value`` that ``marshal`` takes and ``decode`` turns into an equal one.

    Numbers, text, bytes, tuples, lists, sets and dicts of them come back as they are; an enum
    comes back as its value, a subclass of a plain type as that type. Exceptions travel as
    ``Raised``, what remains as ``Stayed``. ``hook`` sees every value first, and may return
    another for it.
    """
    if hook:
        value = hook(value)
    if type(value) in _PLAIN:
        return value
    if depth > _DEPTH:
        return _sent(Stayed(type(value).__name__, "it is nested too deeply"))

    def all_of(values: Any) -> list[Any]:
        return [encode(each, hook, depth + 1) for each in values]

    try:
        if isinstance(value, Sent):
            return _sent(value)
        if isinstance(value, tuple):
            items = tuple(all_of(value))
            return (..., "tuple", *items) if items[:1] == (...,) else items
        if isinstance(value, list):
            return all_of(value)
        if isinstance(value, dict):
            return (..., "dict", *all_of(each for pair in value.items() for each in pair))
        if isinstance(value, (set, frozenset)):
            return (..., "set" if isinstance(value, set) else "frozenset", *all_of(value))
        if isinstance(value, bytearray):
            return (..., "bytearray", bytes(value))
        if isinstance(value, BaseException):
            return _sent(raised(value, hook, depth))
        return _scalar(value, hook, depth)
    except RecursionError:
        raise
    except Exception:  # a class of the reader's own may do anything when it is looked at
        return _sent(stayed(value))


def _scalar(value: Any, hook: Hook | None, depth: int) -> Any:
    for kind, plain in _PLAINLY.items():
        if isinstance(value, kind):
            return plain(value)
    if isinstance(value, memoryview):
        return bytes(value)
    enum = sys.modules.get("enum")  # no enum without it
    if enum and isinstance(value, enum.Enum):
        return encode(value.value, hook, depth + 1)
    return _sent(stayed(value))


def _sent(value: Sent) -> tuple[Any, ...]:
    return (..., value.word, *value.fields)


def raised(error: BaseException, hook: Hook | None = None, depth: int = 0) -> Raised:
    """The picture of an exception."""
    code = error.errno if isinstance(error, OSError) and error.errno else 0
    args = error.args
    if code and isinstance(error, OSError) and error.filename is not None:
        args = (*args[:2], error.filename)
    try:
        text = str(error.strerror if code else error)  # type: ignore[attr-defined]
    except Exception:
        text = ""
    sent = encode(args, hook, depth + 1)
    notes = tuple(str(note) for note in getattr(error, "__notes__", ()))
    return Raised(type(error).__name__, type(error).__module__, text, code, sent, notes)


def stayed(value: object) -> Stayed:
    """The picture of what cannot travel; ``repr`` may fail, or hold addresses."""
    try:
        first, *others = repr(value).split(" at 0x")
    except Exception:
        first, others = f"<{type(value).__name__} object>", []
    text = first + "".join(other.lstrip("0123456789abcdef") for other in others)
    return Stayed(type(value).__name__, text[:200])


def decode(value: Any, hook: Hook | None = None) -> Any:
    """What ``encode`` was given. ``hook`` turns each ``Sent`` into what it stands for."""
    if type(value) is list:
        return [decode(each, hook) for each in value]
    if type(value) is not tuple:
        return value
    if value[:1] != (...,):
        return tuple(decode(each, hook) for each in value)
    word, items = value[1], [decode(each, hook) for each in value[2:]]
    if word in _CONTAINERS:
        return _CONTAINERS[word](items)
    made = _SENT[word](*items)
    return hook(made) if hook else made


def revive(error: Raised) -> Exception | None:
    """The exception itself, of the same type; None if this process has no such type."""
    kind = getattr(sys.modules.get(error.module), error.kind, None)
    if not isinstance(kind, type) or not issubclass(kind, Exception):
        return None
    try:
        if error.module in _OWN:
            made = kind(*error.args)
        else:
            made = kind.__new__(kind, *error.args)
            made.args = error.args
        str(made)
    except Exception:
        return None
    for note in error.notes:
        made.add_note(note)
    return made


def made_again(value: Sent) -> Any:
    """For ``decode``: an exception that was a value is one again, where its type is known."""
    if isinstance(value, Raised):
        return revive(value) or Stayed(value.kind, f"{value.kind}({value.text!r})")
    return value


def stays(value: Any) -> Stayed | None:
    """The first part of ``value`` that cannot travel, or None if all of it can."""
    found: list[Stayed] = []

    def note(sent: Sent) -> Sent:
        if isinstance(sent, Stayed):
            found.append(sent)
        return sent

    decode(encode(value), note)
    return found[0] if found else None
