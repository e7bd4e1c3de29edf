"""Where a traceback ends, for somebody who has made a call and nothing else."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from helpers.errors import LabError
from helpers.lab import reader
from helpers.learning.question import letter
from helpers.learning.texts import asked


def theirs() -> None:
    asked("nowhere.NOTHING")


def shown(act: Callable[[], object]) -> list[str]:
    """The functions in the traceback that IPython would be given."""
    given: list[Any] = []
    shell = SimpleNamespace(showtraceback=lambda told, **_: given.append(told))
    with pytest.raises(Exception) as caught:
        act()
    reader.show(shell, caught.type, caught.value, caught.tb)
    ((kind, error, tb),) = given
    assert kind is type(error) and error.__traceback__ is tb
    return [frame.name for frame in traceback.extract_tb(tb)]


def test_an_error_of_the_lab_ends_at_the_call() -> None:
    assert shown(theirs) == ["shown", "theirs"]


def test_a_defect_of_ours_is_shown_whole() -> None:
    def defect() -> None:
        letter("one")  # type: ignore[arg-type]

    assert shown(defect) == ["shown", "defect", "letter"]


def test_one_that_has_no_line_of_the_reader_is_left_as_it_is() -> None:
    try:
        theirs()
    except LabError:
        tb = sys.exc_info()[2]
    assert tb is not None and tb.tb_next is not None
    ours = tb.tb_next.tb_next
    assert reader.until_ours(ours) is ours
