"""Values come back as they were sent; what cannot travel is said."""

from __future__ import annotations

import enum
import marshal
import os
import signal
import socket
from collections import OrderedDict, namedtuple
from typing import Any

import pytest

from helpers.inside.codec import (
    Bytes,
    Kept,
    Raised,
    Stayed,
    decode,
    encode,
    made_again,
    raised,
    stays,
)

Pair = namedtuple("Pair", "a b")


class Colour(enum.Enum):
    RED = (1, "red")


class Word(enum.StrEnum):
    YES = "yes"


class Odd:
    def __repr__(self) -> str:
        raise ValueError("no picture of me")


class Own(Exception):
    """One of a reader's own, made from other arguments than it keeps."""

    def __init__(self, first: int, second: int) -> None:
        super().__init__(first + second)


def travelled(value: Any) -> Any:
    return decode(marshal.loads(marshal.dumps(encode(value))), made_again)


@pytest.mark.parametrize(
    "value",
    [
        ("a", [1, 2]),
        ("socket", 1, 2), ("tuple", 1), ("tuple",), ("file", 3), ("bytes", 1, b"x"),
        (), [], {}, set(), None, True, ...,
        (..., "tuple", 1), (..., "dict"), (..., ("kept", 1)), [(...,)],
        {1: {2, 3}, "x": frozenset([b"1", (1, 2)]), (1, 2): [None]},
        1 << 80, 1.5, 1 + 2j, "é", b"\0", bytearray(b"x"), {"a": {"b": {"c": ([],)}}},
    ],
)  # fmt: skip
def test_a_value_comes_back_as_it_was(value: object) -> None:
    back = travelled(value)
    assert back == value and type(back) is type(value)


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (socket.AF_INET, 2),
        (socket.MSG_PEEK | socket.MSG_NOSIGNAL, 0x4002),
        (signal.SIGTERM, 15),
        (Colour.RED, (1, "red")),
        (Word.YES, "yes"),
        (Pair(1, [2]), (1, [2])),
        (OrderedDict(a=1), {"a": 1}),
        (memoryview(b"abc"), b"abc"),
    ],
)
def test_an_enum_and_a_subclass_come_back_as_plain_values(value: object, plain: object) -> None:
    back = travelled(value)
    assert back == plain and type(back) is type(plain)


@pytest.mark.parametrize(
    "error",
    [
        ValueError("x", [1]),
        OSError(98, "in use"),
        FileNotFoundError(2, "No such file or directory", "/nowhere"),
        socket.gaierror(-2, "no name"),
        KeyError("a"),
        UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid"),
        SyntaxError("invalid", ("x", 1, 3, "a b\n", 1, 4)),
        ExceptionGroup("two", [ValueError(1), OSError(98, "in use")]),
        Own(1, 2),
    ],
    ids=lambda e: type(e).__name__,
)
def test_an_exception_comes_back_with_its_type_and_text(error: Exception) -> None:
    back = travelled(error)
    assert type(back) is type(error) and str(back) == str(error)
    assert getattr(back, "errno", None) == getattr(error, "errno", None)


def test_an_exception_that_is_unknown_here_is_described() -> None:
    unknown = Raised("Gone", "no.such.module", "text", 0, (1,), ())
    assert made_again(unknown) == Stayed("Gone", "Gone('text')")
    assert raised(Own(1, 2)).args == (3,)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (object(), "<object object>"),
        (lambda: 1, "<function <lambda>>"),
        (Odd(), "<Odd object>"),
    ],
)
def test_what_stays_is_said_without_an_address(value: object, text: str) -> None:
    back = travelled([value, 1])
    assert (
        back[1] == 1 and back[0].text == text and repr(back[0]) == f"<stayed in the host: {text}>"
    )
    assert stays({"deep": [(value,)]}) is not None and stays([1, "x"]) is None


def test_a_list_that_holds_itself_ends() -> None:
    loop: list[Any] = []
    loop.append(loop)
    assert stays(loop) == Stayed("list", "it is nested too deeply")


def test_a_hook_takes_what_it_knows() -> None:
    kept = Kept(7, 3, 99, (2, 1, 0))
    sent = encode([os.sep, object], lambda v: kept if v is object else v)
    assert decode(sent, lambda each: ("handle", each.number)) == [os.sep, ("handle", 7)]
    assert repr(Bytes(3, b"abc")) == "b'abc'" and repr(Bytes(99, b"abc")) == "99 bytes"
