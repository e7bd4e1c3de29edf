"""What goes on is told as text, and shown as a bar where bars are asked for."""

from __future__ import annotations

import pytest

from helpers.bar import VARIABLE
from helpers.learning.meanwhile import Meanwhile


@pytest.mark.parametrize(("value", "shown"), [("", False), ("0", False), ("1", True)])
def test_a_bar_is_there_where_it_is_asked_for(
    value: str, shown: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, value)
    bundle = Meanwhile("a & b", 4.2)._repr_mimebundle_()
    assert bundle["text/plain"] == "meanwhile: a & b (about 4.2 s)"
    assert ("text/html" in bundle) == shown


def test_the_bar_takes_as_long_and_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "1")
    page = Meanwhile("a & b", 4.2)._repr_mimebundle_()["text/html"]
    assert "lesson-meanwhile 4.2s linear" in page
    assert 'aria-label="meanwhile: a &amp; b (about 4.2 s)"' in page
    assert "a & b" not in page
