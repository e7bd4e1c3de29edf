"""Solutions to the exercises of notebook 03: right ones pass, and wrong ones hear why."""

import pytest

from tests.live.solutions.cells import cells

pytestmark = pytest.mark.live

PORTS = cells("ports")


@pytest.mark.parametrize(("exercise", "function"), PORTS.right())
def test_a_right_solution_passes(exercise, function, in_bench):
    report = PORTS.check(exercise, function, bench=in_bench)
    assert report.passed, report


@pytest.mark.parametrize(("exercise", "function", "said"), PORTS.wrong())
def test_a_wrong_solution_hears_why(exercise, function, said, in_bench, hurry):
    if in_bench and exercise == "HOW_MANY":
        pytest.skip("its situations need the wire")
    report = PORTS.check(exercise, function, bench=in_bench)
    assert said in " ".join(report.complaint.split()), report
