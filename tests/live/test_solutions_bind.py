"""Solutions to the exercises of notebook 02: right ones pass, and wrong ones hear why."""

import pytest

from tests.live.solutions.cells import cells

pytestmark = pytest.mark.live

BIND = cells("bind")


@pytest.mark.parametrize(("exercise", "function"), BIND.right())
def test_a_right_solution_passes(exercise, function, in_bench):
    report = BIND.check(exercise, function, bench=in_bench)
    assert report.passed, report


@pytest.mark.parametrize(("exercise", "function", "said"), BIND.wrong())
def test_a_wrong_solution_hears_why(exercise, function, said, in_bench, hurry):
    if in_bench and function in BIND.module.WITH_WIRE:
        pytest.skip("its situation needs the wire")
    report = BIND.check(exercise, function, bench=in_bench)
    assert said in " ".join(report.complaint.split()), report
