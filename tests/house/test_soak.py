"""What make soak does around pytest."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import psutil
import pytest

from helpers.waiting import patience
from tests.soak import busy, results, table


def test_busy_loops_are_there_and_end(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), busy(2):
        loops = psutil.Process().children()
        assert sum("getppid" in str(loop.cmdline()) for loop in loops) == 2
        raise KeyboardInterrupt
    assert not [loop for loop in loops if loop.is_running()]


def test_busy_loops_end_when_who_started_them_is_killed() -> None:
    code = (
        "import os, psutil\nfrom tests.soak import busy\nwith busy(1):\n"
        "    print(psutil.Process().children()[0].pid, flush=True)\n    os.kill(os.getpid(), 9)"
    )
    root = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=root)
    loop = int(done.stdout)
    try:
        psutil.Process(loop).wait(5 * patience())
    except psutil.NoSuchProcess:
        return
    except psutil.TimeoutExpired:
        os.kill(loop, 9)
        raise


def test_the_table_has_what_failed_and_how_often(tmp_path: Path) -> None:
    report = tmp_path / "report.xml"
    report.write_text(
        "<testsuites><testsuite>"
        '<testcase classname="a" name="good"/>'
        '<testcase classname="a" name="bad"><failure/></testcase>'
        '<testcase classname="a" name="worse"><error/></testcase>'
        '<testcase classname="a" name="not"><skipped/></testcase>'
        "</testsuite></testsuites>"
    )
    assert dict(results(report)) == {"a::good": False, "a::bad": True, "a::worse": True}
    ran, failed = Counter({"a::bad": 5, "a::good": 5}), Counter({"a::bad": 2})
    assert table(ran, failed) == "failed:\n   2 of 5    a::bad"
    assert table(ran, Counter()) == "no test of 2 failed"
