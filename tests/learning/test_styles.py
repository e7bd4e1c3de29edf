"""Solutions in many styles: right ones pass, and wrong ones are refused for a reason that is true.

What each does stands in its own docstring, in ``tests/learning/solutions``.
"""

import pytest

from helpers.learning.texts import rooms, tasks
from tests.learning.solutions import cells

pytestmark = pytest.mark.live

ROOMS = [room for room in rooms() if tasks(room)]
RIGHT = [each for room in ROOMS for each in cells.right(room)]
WRONG = [each for room in ROOMS for each in cells.wrong(room)]


@pytest.mark.parametrize("solution", RIGHT, ids=str)
def test_a_right_solution_passes(solution, in_bench):
    report = solution.check(bench=in_bench)
    assert report.passed, report.complaint


@pytest.mark.parametrize(("solution", "said"), [pytest.param(*w, id=str(w[0])) for w in WRONG])
def test_a_wrong_solution_hears_why(solution, said, in_bench):
    report = solution.check(bench=in_bench)
    if report.passed and "skipped" in {word for word, _ in report.answers}:
        pytest.skip("needs the wire")
    assert not report.passed
    assert any(each in " ".join(report.complaint.split()) for each in said), report.complaint
