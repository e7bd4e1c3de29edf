"""Solutions to the exercises of notebook 01: right ones pass, and wrong ones hear why."""

import pytest

from tests.live.solutions.cells import cells

pytestmark = pytest.mark.live

REUSE = cells("reuse")


@pytest.mark.parametrize(("exercise", "function"), REUSE.right())
def test_a_right_solution_passes(exercise, function, in_bench):
    report = REUSE.check(exercise, function, bench=in_bench)
    assert report.passed, report


@pytest.mark.parametrize(("exercise", "function", "said"), REUSE.wrong())
def test_a_wrong_solution_hears_why(exercise, function, said, in_bench, hurry):
    report = REUSE.check(exercise, function, bench=in_bench)
    assert said in " ".join(report.complaint.split()), report
