"""Labs for the tests, and the check that each leaves nothing behind."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import psutil
import pytest

from helpers import Lab, NotPermitted
from tests import seldom

REASON = "this kernel forbids network namespaces"


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave to make soak what is its own; first, so that -m knows the marks."""
    seldom.mark(items)


@cache
def namespaces_allowed() -> bool:
    """Whether a lab can have its namespaces here; asked once."""
    if os.environ.get("TCP_LAB_BENCH", "") not in ("", "0"):
        return False
    try:
        Lab(bench=False).close()
    except NotPermitted:
        return False
    return True


@pytest.fixture
def lab(nothing_left: None) -> Iterator[Lab]:
    """Two hosts and a wire."""
    if not namespaces_allowed():
        pytest.skip(REASON)
    with Lab(bench=False) as made:
        yield made


@pytest.fixture
def bench(nothing_left: None) -> Iterator[Lab]:
    """The same hosts on loopback."""
    with Lab(bench=True) as made:
        yield made


@pytest.fixture(params=["wire", "bench"])
def either(request: pytest.FixtureRequest) -> Iterator[Lab]:
    """What must be the same with and without a wire."""
    yield request.getfixturevalue("lab" if request.param == "wire" else "bench")


@pytest.fixture
def make_lab(nothing_left: None):  # type: ignore[no-untyped-def]
    """Labs with other hosts or settings; closed at the end."""
    if not namespaces_allowed():
        pytest.skip(REASON)
    made: list[Lab] = []

    def make(*args, **keywords) -> Lab:  # type: ignore[no-untyped-def]
        made.append(Lab(*args, bench=False, **keywords))
        return made[-1]

    yield make
    for each in made:
        each.close()


@pytest.fixture(params=[False, True], ids=["namespaces", "bench"])
def in_bench(request: pytest.FixtureRequest) -> bool:
    """Whether to check in bench mode; every exercise must work with the wire and without it."""
    if not request.param and not namespaces_allowed():
        pytest.skip(REASON)
    return bool(request.param)


@pytest.fixture
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Half a second is enough for an exercise that never ends."""
    monkeypatch.setattr("helpers.learning.stage.SECONDS", 0.5)


def belongings() -> dict[str, set[object]]:
    """What this process holds of the system: children, namespaces, threads, descriptors."""
    children = psutil.Process().children(recursive=True)
    spaces = set()
    for pid in [child.pid for child in children]:
        try:
            spaces.add(os.readlink(f"/proc/{pid}/ns/net"))
        except OSError:
            continue
    return {
        "processes": {child.pid for child in children},
        "namespaces": spaces,
        "threads": {thread.ident for thread in threading.enumerate()},
        "descriptors": {f"{fd.name}: {_target(fd)}" for fd in Path("/proc/self/fd").iterdir()},
    }


def _target(fd: Path) -> str:
    try:
        return os.readlink(fd)
    except OSError:
        return "closed"


def left_behind(before: dict[str, set[object]], seconds: float = 3.0) -> dict[str, set[object]]:
    """What is there now and was not before, once it has had time to go; empty if nothing is."""
    limit = time.monotonic() + seconds
    while True:
        now = belongings()
        left = {kind: now[kind] - before[kind] for kind in now if now[kind] - before[kind]}
        left.pop("descriptors", None) if _only_closed(left) else None
        if not left or time.monotonic() > limit:
            return left
        time.sleep(0.01)


def _only_closed(left: dict[str, set[object]]) -> bool:
    """The folder that was being read, and fonts, which matplotlib keeps open."""
    return all(str(text).endswith((": closed", ".ttf")) for text in left.get("descriptors", ()))


@pytest.fixture
def nothing_left() -> Iterator[None]:
    """Fails the test if a process, a namespace, a thread or a descriptor is left behind."""
    before = belongings()
    yield
    left = left_behind(before)
    assert not left, f"left behind: {left}"
