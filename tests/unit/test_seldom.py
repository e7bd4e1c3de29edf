"""What make test leaves to make soak has a brother that it runs."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import pytest

from tests.seldom import LEFT, left

TESTS = Path(__file__).parents[1]


def test_of_each_kind_one_case_stays(request: pytest.FixtureRequest) -> None:
    kinds: dict[str, list[str]] = defaultdict(list)
    for item in request.session.items:
        kinds[item.nodeid.partition("[")[0]].append(item.nodeid)
    files = {item.path for item in request.session.items}
    if request.config.option.keyword or files < {*TESTS.rglob("test_*.py")}:
        pytest.skip("not all tests are here")
    for each in LEFT:
        for name in each.names:
            found = {k for k, tests in kinds.items() if any(left(t) is each for t in tests)}
            assert found, f"no test is called {name}"
    for kind, tests in kinds.items():
        gone = [why for why in map(left, tests) if why]
        assert len(gone) < len(tests) or all(why.long for why in gone), kind
