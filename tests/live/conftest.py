"""What the tests of the exercises share: each works with the wire and without it."""

from __future__ import annotations

import pytest

from tests.conftest import REASON, namespaces_allowed


@pytest.fixture(params=[False, True], ids=["namespaces", "bench"])
def in_bench(request: pytest.FixtureRequest) -> bool:
    """Whether to check in bench mode; every exercise must work with the wire and without it."""
    if not request.param and not namespaces_allowed():
        pytest.skip(REASON)
    return bool(request.param)


@pytest.fixture
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Half a second is enough for what never ends."""
    monkeypatch.setattr("helpers.learning.stage.SECONDS", 0.5)
