"""A function leaves the notebook with what it uses, and is made again from that alone."""

from __future__ import annotations

import linecache
import sys
import traceback
from types import ModuleType
from typing import Any

import pytest

from helpers.inside.codec import decode, encode
from helpers.inside.unpack import show_lines, unpack
from helpers.lab.parcel import NoSource, pack
from helpers.learning.subject import Mistake, take

CELL = "/tmp/ipykernel_1/{}.py"


class Notebook:
    """Cells that run in a ``__main__`` of their own, as ipykernel runs them."""

    def __init__(self, main: ModuleType) -> None:
        self.space, self.cells = main.__dict__, 0

    def run(self, text: str) -> None:
        self.cells += 1
        name = CELL.format(self.cells)
        linecache.cache[name] = len(text), None, text.splitlines(keepends=True), name
        exec(compile(text, name, "exec"), self.space)

    def send(self, name: str) -> Any:
        """The function as a host makes it."""
        return unpack(decode(encode(pack(self.space[name]).parcel())))


@pytest.fixture
def notebook(monkeypatch: pytest.MonkeyPatch) -> Notebook:
    main = ModuleType("__main__")
    monkeypatch.setitem(sys.modules, "__main__", main)
    monkeypatch.setattr(linecache, "cache", dict(linecache.cache))
    return Notebook(main)


SETUP = """
import concurrent.futures
import json as j
import re
import signal
import struct
from dataclasses import dataclass
from enum import IntEnum
from os.path import join as put
from time import sleep

HEADER, WORD, PORTS = struct.Struct("!I"), re.compile("a+", re.I), {"a": [1, 2]}
double = lambda n: n * 2
count = 0
lab = object()
"""
CLASSES = """
class Bad(Exception):
    pass

class Kind(IntEnum):
    ONE = 1

@dataclass
class Point:
    x: int
    y: lab
    def far(self):
        return double(self.x)

class Worse(Bad):
    pass
"""


@pytest.mark.parametrize(
    ("body", "wanted"),
    [
        ("return signal.SIGTERM + 0", 15),
        ("return j.dumps([1])", "[1]"),
        ("return put('a', 'b'), sleep(0)", ("a/b", None)),
        ("return HEADER.pack(1), bool(WORD.match('AA'))", (b"\0\0\0\1", True)),
        ("return PORTS, double(2)", ({"a": [1, 2]}, 4)),
        ("return Point(2, None).far(), Kind.ONE + 0", (4, 1)),
        ("return helper(3)", 6),
        ("global count; count += 1; return count", 1),
        ("return concurrent.futures.Future.__name__", "Future"),
        ("return other(2)", 4),
        ("return [os.sep, socket.AF_INET + 0, n]", ["/", 2, 2]),
    ],
)
def test_a_function_takes_what_it_uses(notebook: Notebook, body: str, wanted: object) -> None:
    notebook.run(SETUP)
    notebook.run(CLASSES)
    notebook.run("def helper(n):\n    return Point(n, None).far()\nother = double")
    notebook.run(f"def serve(n=PORTS['a'][1]) -> lab:\n    {body}")
    assert notebook.send("serve")() == wanted


def test_a_class_defined_again_is_the_last_one(notebook: Notebook) -> None:
    notebook.run("class Bad(Exception):\n    code = 1")
    notebook.run("class Bad(Exception):\n    code = 2")
    notebook.run("def serve():\n    return Bad.code")
    assert notebook.send("serve")() == 2


def test_functions_that_call_each_other_travel(notebook: Notebook) -> None:
    notebook.run("def even(n):\n    return n == 0 or odd(n - 1)")
    notebook.run("def odd(n):\n    return n != 0 and even(n - 1)")
    assert notebook.send("even")(10) is True


def test_a_traceback_shows_the_readers_lines(notebook: Notebook) -> None:
    notebook.run(SETUP)
    notebook.run(CLASSES)
    notebook.run("x = 1\n\ndef serve():\n    fine = 1\n    raise Worse('text')")
    parcel = pack(notebook.space["serve"]).parcel()
    with pytest.raises(Exception, match="text") as caught:
        unpack(parcel)()
    show_lines(parcel)
    told = "".join(traceback.format_exception(caught.value))
    assert 'File "<serve>", line 3, in serve\n    raise Worse(\'text\')' in told


def test_what_stays_behind_is_known_with_its_reason(notebook: Notebook) -> None:
    notebook.run(SETUP)
    notebook.run("def serve():\n    return lab")
    assert pack(notebook.space["serve"]).left == {"lab": "it is the notebook's object"}


def test_a_function_without_a_text_is_refused(notebook: Notebook) -> None:
    exec("def serve():\n    pass", notebook.space)
    with pytest.raises(NoSource, match="source of serve is not to be found"):
        pack(notebook.space["serve"])
    with pytest.raises(Mistake, match="source of serve is not to be found"):
        take(notebook.space["serve"])


def test_check_numbers_the_lines_of_all_pieces(notebook: Notebook) -> None:
    notebook.run("def helper():\n    return 1 / 0")
    notebook.run("def serve():\n    return helper()")
    subject = take(notebook.space["serve"])
    assert subject.line(2) == " in the line `return 1 / 0`"
    with pytest.raises(ZeroDivisionError) as caught:
        unpack(subject.code)()
    lines = [f.lineno for f in traceback.extract_tb(caught.value.__traceback__)]
    assert [subject.line(n) for n in lines[-2:]] == [
        " in the line `return helper()`",
        " in the line `return 1 / 0`",
    ]


KEPT = """
import functools
import threading
from collections import Counter, defaultdict, deque
from dataclasses import dataclass, field


@dataclass
class Reader:
    rests: dict = field(default_factory=lambda: defaultdict(bytes))


def counted(function):
    @functools.wraps(function)
    def wrapper(*args):
        wrapper.calls += 1
        return function(*args)

    wrapper.calls = 0
    return wrapper


rests, queue, words, reader = defaultdict(bytes), deque([1], maxlen=2), Counter("aab"), Reader()
lock = threading.Lock()


@functools.cache
def twice(n):
    return 2 * n


@counted
def serve(n, lost=rests):
    lost[n] += b"x"
    queue.extend([twice(n), n])
    reader.rests[n] += b"y"
    return lost[n], list(queue), words["c"], reader.rests[n], serve.start


serve.start = 7


def locked():
    with lock:
        return 1
"""


def test_what_a_function_keeps_travels_as_what_it_is(notebook: Notebook) -> None:
    """Of defaultdict, deque and Counter the codec would make something plainer, or nothing."""
    notebook.run(KEPT)
    serve = notebook.send("serve")
    assert serve(4) == (b"x", [8, 4], 0, b"y", 7)
    assert serve(4) == (b"xx", [8, 4], 0, b"yy", 7)
    assert serve.calls == 2 and notebook.space["rests"] == {}


def test_a_lock_stays(notebook: Notebook) -> None:
    notebook.run(KEPT)
    assert pack(notebook.space["locked"]).left == {"lock": "it is the notebook's lock"}


def test_a_decorated_function_is_taken(notebook: Notebook) -> None:
    notebook.run(KEPT)
    assert [take(notebook.space[name]).name for name in ("serve", "twice")] == ["serve", "twice"]
