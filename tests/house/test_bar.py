"""A bar is there where make lab asks for it, and nowhere else."""

from __future__ import annotations

import time

import pytest

from helpers.bar import VARIABLE, bar
from helpers.waiting import wait_until


@pytest.mark.parametrize(("value", "shown"), [("", False), ("0", False), ("1", True)])
def test_it_is_shown_where_it_is_asked_for(
    value: str, shown: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(VARIABLE, value)
    assert list(bar("abc", "letters")) == ["a", "b", "c"]
    printed = capsys.readouterr()
    assert ("letters" in printed.err) == shown and not printed.out


@pytest.mark.parametrize(("value", "shown"), [("", False), ("1", True)])
@pytest.mark.parametrize(("lasts", "long"), [(0.0, False), (1.2, True)])
def test_what_is_waited_for_has_a_bar_after_a_second(
    value: str,
    shown: bool,
    lasts: float,
    long: bool,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv(VARIABLE, value)
    end = time.monotonic() + lasts
    assert wait_until("the end of it", lambda: time.monotonic() >= end, 3)
    assert ("the end of it |" in capsys.readouterr().err) == (shown and long)
