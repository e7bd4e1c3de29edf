"""Solutions in many styles: right ones pass, and wrong ones are refused for a reason that is true.

What each does stands in its own docstring, in ``tests/live/solutions``.
"""

import pytest

from tests.live.solutions.cells import cells

pytestmark = pytest.mark.live

ROOMS = [cells(room) for room in ("recv",)]
RIGHT = [case for room in ROOMS for case in room.right()]
WRONG = [case for room in ROOMS for case in room.wrong()]


@pytest.mark.parametrize(("solution", "exercise"), RIGHT)
def test_a_right_solution_passes(solution, exercise, in_bench):
    report = solution.check(exercise, bench=in_bench)
    assert report.passed, report


@pytest.mark.parametrize(("solution", "exercise", "said"), WRONG)
def test_a_wrong_solution_hears_why(solution, exercise, said, in_bench):
    report = solution.check(exercise, bench=in_bench)
    assert not report.passed
    assert said in " ".join(report.complaint.split()), report
