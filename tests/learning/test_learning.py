"""The debugger and the slider, without a browser."""

from __future__ import annotations

import pytest

from helpers import LabError, NotPermitted, debugger, slider, wait_until
from helpers.lab.lab import Lab
from tests.scenes import PORT, listening


@pytest.mark.live
def test_the_debugger_steps_a_handshake(lab: Lab) -> None:
    listening(lab, 2)
    panel = debugger(lab)
    assert "nothing" in repr(panel) and panel.picture() == b""
    call = lab.client.socket().start("connect", ("server", PORT))
    assert "S 0:0(0)" in repr(panel)
    panel.step()
    assert panel.message == "passed: client > server  S 0:0(0) win 64240"
    assert panel.queues()["0.0.0.0:8080"].syn == 1 and "SYN-RECV" in repr(panel)
    lab.wire.step()
    assert call.done()
    panel.step()
    assert panel.queues()["0.0.0.0:8080"].accept == 1
    assert panel.picture().startswith(b"\x89PNG")
    panel.step()
    assert "no packet is on the wire" in panel.message


@pytest.mark.live
def test_the_debugger_says_how_often_a_packet_was_sent(lab: Lab) -> None:
    listening(lab)
    panel = debugger(lab)
    lab.client.socket().start("connect", ("server", PORT))
    wait_until("a second SYN", lambda: lab.wire.held[0].copies)
    assert "times)" in repr(panel) and "(again)" not in repr(panel)
    panel.step()
    assert panel.message == "passed: client > server  S 0:0(0) win 64240"
    assert [p.packet.kind for p in panel.story().packets] == ["SYN", "SYN+ACK"]


@pytest.mark.live
def test_the_debugger_drops_and_releases(lab: Lab) -> None:
    listening(lab)
    panel = debugger(lab)
    lab.client.socket().start("connect", ("server", PORT))
    panel.drop()
    assert panel.message.startswith("dropped: client > server  S")
    lab.client.socket().start("connect", ("server", PORT))
    panel.release()
    assert panel.message == "released: 1 packet, and what followed"
    assert panel.queues()["0.0.0.0:8080"].accept == 1


@pytest.mark.live
def test_the_debugger_refuses_politely(lab: Lab) -> None:
    panel = debugger(lab)
    lab.close()
    panel.step()
    assert panel.message == repr(panel) == "the lab is closed; make a new one with Lab()"
    with pytest.raises(LabError, match="closed"):
        debugger(lab)
    with pytest.raises(LabError, match="takes a lab"):
        debugger("lab")  # type: ignore[arg-type]


def test_the_debugger_needs_the_wire(bench: Lab) -> None:
    with pytest.raises(NotPermitted, match="has no wire"):
        debugger(bench)


def test_a_slider_runs_each_value_once_and_reads_as_its_first() -> None:
    runs: list[int] = []
    moved = slider("n", [1, 2, 3], lambda n: runs.append(n) or f"squared {n * n}")
    assert repr(moved) == repr(moved) == "n: 1\nsquared 1" and runs == [1]
    moved.move(3)
    assert moved.result() == "squared 9" and runs == [1, 3]
    with pytest.raises(LabError, match="not on this slider"):
        moved.move(7)
    with pytest.raises(LabError, match="two or more"):
        slider("n", [1], print)
