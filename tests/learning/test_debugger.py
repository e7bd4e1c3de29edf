"""The debugger's own lab, and the replay that stands in its panel."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from matplotlib import pyplot

from helpers import LabError, debugger
from helpers.lab.lab import Lab
from helpers.learning import debugger as panels
from tests.conftest import REASON, namespaces_allowed
from tests.scenes import PORT, listening

pytestmark = pytest.mark.live


@pytest.fixture
def cells(nothing_left: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The cells that have run; what their panels own is closed at the end."""
    if not namespaces_allowed():
        pytest.skip(REASON)
    ran = ["panel = debugger()"]
    monkeypatch.setattr(panels, "_cell", lambda: ran[-1])
    yield ran
    for panel in panels._own.values():
        panel.close()
    panels._own.clear()


def test_without_a_lab_it_makes_one_that_other_labs_do_not_close(cells: list[str]) -> None:
    with Lab(bench=False) as lab:
        panel = debugger()
        assert panel.lab is not lab
    assert panel.open
    listening(panel.lab)
    panel.lab.client.socket().start("connect", ("server", PORT))
    panel.step()
    assert panel.message == "passed: client > server  S 0:0(0) win 64240"
    panel.close()
    assert not panel.open and repr(panel).startswith("the lab is closed")


def test_a_cell_that_runs_again_begins_again(cells: list[str]) -> None:
    first, again = debugger(), debugger()
    assert not first.open and again.open
    cells.append("other = debugger()")
    other = debugger()
    assert again.open and other.open


def test_a_lab_that_was_given_is_not_closed(lab: Lab) -> None:
    panel = debugger(lab)
    panel.close()
    assert panel.open and panel.lab is lab


def test_the_view_knows_what_was_there_before_the_panel(lab: Lab) -> None:
    listening(lab)
    view = debugger(lab).view()
    assert view["steps"] == [] and view["svg"] == ""
    states = [d[3][0] for d in view["before"] if d[0] == "socket"]
    depths = [d[2:] for d in view["before"] if d[0] == "queue"]
    assert states == ["LISTEN"] and depths == [["0.0.0.0:8080", 0, 0, 1]]


def test_drawing_in_a_thread_leaves_the_figures_of_a_cell_alone(lab: Lab) -> None:
    listening(lab)
    panel = debugger(lab)
    lab.client.socket().start("connect", ("server", PORT))
    mine = pyplot.figure()
    pictures: list[object] = []
    thread = threading.Thread(target=lambda: pictures.extend([panel.picture(), panel.view()]))
    thread.start()
    thread.join()
    assert len(pictures) == 2 and pyplot.get_fignums() == [mine.number]
    pyplot.close(mine)


def test_what_is_no_lab_is_refused() -> None:
    with pytest.raises(LabError, match="takes a lab, or nothing and makes its own, not 5"):
        debugger(5)  # type: ignore[arg-type]
