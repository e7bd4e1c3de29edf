"""What make test leaves to make soak has a brother that it runs."""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path

import pytest

from tests.seldom import LEFT, kind, left

TESTS = Path(__file__).parents[1]


def test_of_each_kind_one_case_stays(request: pytest.FixtureRequest) -> None:
    kinds: dict[str, list[str]] = defaultdict(list)
    for item in request.session.items:
        kinds[kind(item.nodeid)].append(item.nodeid)
    files = {item.path for item in request.session.items}
    if request.config.option.keyword or not files >= {*TESTS.rglob("test_*.py")}:
        pytest.skip("not all tests are here")
    playing = {i.nodeid for i in request.session.items if i.get_closest_marker("live")}
    gone = left((item.nodeid for item in request.session.items), playing)
    for each in LEFT:
        for name in each.names:
            assert any(re.search(name, t) for t, why in gone.items() if why is each), name
    for name, tests in kinds.items():
        assert not gone.keys() >= set(tests) or all(gone[t].alone for t in tests), name
