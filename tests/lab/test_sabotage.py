"""The tests would notice: each sabotage makes the named check fail."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from helpers import LabError
from helpers.lab.kernel import Kernel
from helpers.lab.lab import Lab
from helpers.lab.mirror import Socket
from helpers.lab.observer import Observer
from helpers.lab.wire import Wire
from tests.lab.test_kernel import check_embryo_is_shown
from tests.lab.test_trace import check_dropped_packets_are_kept, check_options_reach_the_kernel
from tests.lab.test_wire import check_hold

pytestmark = pytest.mark.live
Patch = pytest.MonkeyPatch


def hold_holds_nothing(patch: Patch) -> None:
    patch.setattr(Wire, "hold", lambda self, only=None: None)


def no_snapshot_shows_syn_recv(patch: Patch) -> None:
    rows = Kernel.rows
    patch.setattr(Kernel, "rows", lambda self: [r for r in rows(self) if r.state != "SYN-RECV"])


def the_trace_forgets_dropped_packets(patch: Patch) -> None:
    def lost(self: Observer, record: object, verdict: str) -> None:
        events = self.trace.events
        events[:] = [e for e in events if e.record is not record]

    patch.setattr(Observer, "lost", lost)


def setsockopt_is_not_sent(patch: Patch) -> None:
    patch.setattr(Socket, "setsockopt", lambda self, level, option, value: None)


@pytest.mark.parametrize(
    ("sabotage", "check"),
    [
        (hold_holds_nothing, check_hold),
        (no_snapshot_shows_syn_recv, check_embryo_is_shown),
        (the_trace_forgets_dropped_packets, check_dropped_packets_are_kept),
        (setsockopt_is_not_sent, check_options_reach_the_kernel),
    ],
)
def test_sabotage(
    lab: Lab,
    monkeypatch: Patch,
    sabotage: Callable[[Patch], None],
    check: Callable[[Lab], None],
) -> None:
    sabotage(monkeypatch)
    with pytest.raises((AssertionError, LabError, OSError, IndexError)):
        check(lab)
