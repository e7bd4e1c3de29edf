"""Samples the timers that the kernel runs on its sockets."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

from helpers.bar import Slow
from helpers.errors import LabError
from helpers.lab.host import Host
from helpers.record.snapshot import SocketRow

# Seconds between two samples.
EVERY = 0.1
# How many seconds TIME-WAIT lasts, by who says so.
SAID = {"macOS": 30, "the article, Windows": 120, "RFC 9293": 240}


@dataclass(frozen=True)
class Sample:
    """``left`` seconds were on the timer ``at`` seconds after the first sample."""

    at: float
    left: float


def sample_timer(host: Host, state: str, seconds: float, local: str = "") -> list[Sample]:
    """Read the timer of the host's one socket in ``state``, for ``seconds``; blocks so long.

    ``local`` is the end of its local address, ``":8080"``. Ends early when the socket is gone.
    Raises ``LabError`` if there is none, or more than one.
    """
    _one(host, state, local)
    slow, found = Slow("reading the timer", seconds), []
    for sample in _samples(host, state, seconds, local):
        found.append(sample)
        slow.goes_on()
    slow.over()
    return found


def _one(host: Host, state: str, local: str) -> SocketRow:
    rows = host.sockets().find(state, local=local)
    if len(rows) != 1:
        raise LabError(f"{host.name} has {len(rows)} sockets in {state} {local}; it must be one")
    return rows[0]


def _samples(host: Host, state: str, seconds: float, local: str) -> Iterator[Sample]:
    start = time.monotonic()
    while (now := time.monotonic() - start) <= seconds:
        rows = host.sockets().find(state, local=local)
        if not rows:
            return
        yield Sample(now, rows[0].timer_ms / 1000)
        time.sleep(EVERY)  # the pause is the experiment: a timer is read as it runs


def watch(host: Host, state: str, local: str = "", seconds: float = 70.0) -> float:
    """Watch the host's one socket in ``state`` until it is gone, with a progress bar.

    Returns how long that took from now, in seconds; raises ``LabError`` after ``seconds``.
    """
    from tqdm.auto import tqdm

    tqdm.monitor_interval = 0  # no thread of its own
    start = time.monotonic()
    with tqdm(total=round(_one(host, state, local).timer_ms / 1000), unit="s") as bar:
        for sample in _samples(host, state, seconds, local):
            bar.update(round(sample.at, 1) - bar.n)
    if host.sockets().find(state, local=local):
        raise LabError(f"after {seconds:g} s the socket is still in {state}")
    return time.monotonic() - start
