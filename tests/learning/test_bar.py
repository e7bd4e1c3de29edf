"""A bar is there where make lab asks for it, and nowhere else."""

from __future__ import annotations

import pytest

from helpers.learning.bar import VARIABLE, bar


@pytest.mark.parametrize(("value", "shown"), [("", False), ("0", False), ("1", True)])
def test_it_is_shown_where_it_is_asked_for(
    value: str, shown: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(VARIABLE, value)
    assert list(bar("abc", "letters")) == ["a", "b", "c"]
    printed = capsys.readouterr()
    assert ("letters" in printed.err) == shown and not printed.out
