"""Runs all tests again and again, those that make test leaves out too, on busy cores if asked.

make soak                  everything, once
make soak ROUNDS=5         as often as that, and at the end a table of what failed how often
make soak BUSY=16          with as many loops beside it that keep the cores busy
make soak SOAK=short       only what make test leaves out, and not what is long
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.__main__ import PYTEST, ROOT
from tests.seldom import ANOTHER, LEFT

# Ends by itself if whoever started it is gone, whatever happened to that one; even before it began.
_LOOP = "import os, sys\nwhile os.getppid() == int(sys.argv[1]): pass"


def left_out() -> str:
    """What make test leaves out, for --help."""
    texts = [f"  {'[long] ' if each.long else ''}{each.reason}:" for each in LEFT]
    lists = ["\n".join(f"      {name}" for name in each.names) for each in LEFT]
    pairs = "\n".join(f"{text}\n{names}" for text, names in zip(texts, lists, strict=True))
    more = f"  {ANOTHER.reason}\n  more repetitions in tests/lab/test_order.py"
    return f"what make test leaves out, by what a test's id has in it:\n{pairs}\n{more}"


@contextmanager
def busy(loops: int) -> Iterator[None]:
    """Keep the cores busy meanwhile."""
    started = []
    try:
        for _ in range(loops):
            loop = [sys.executable, "-c", _LOOP, str(os.getpid())]
            started.append(subprocess.Popen(loop, stdout=subprocess.DEVNULL))
        yield
    finally:
        for each in started:
            each.kill()
            each.wait()


def results(file: Path) -> Iterator[tuple[str, bool]]:
    """Every test that pytest's report has and was not skipped, and whether it failed."""
    for case in ElementTree.parse(file).iter("testcase"):
        name = f"{case.get('classname')}::{case.get('name')}"
        if case.find("skipped") is None:
            yield name, case.find("failure") is not None or case.find("error") is not None


def table(ran: Counter[str], failed: Counter[str]) -> str:
    """Each test that failed, the most frequent first."""
    if not failed:
        return f"no test of {len(ran)} failed"
    rows = [f"{count:>4} of {ran[name]:<4} {name}" for name, count in failed.most_common()]
    return "\n".join(["failed:", *rows])


def main(arguments: list[str]) -> int:
    """Run the rounds, and print the table; returns the exit status."""
    parser = argparse.ArgumentParser(
        "python -m tests.soak",
        description=__doc__,
        epilog=left_out(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--rounds", type=int, default=1, help="how often")
    parser.add_argument("--busy", type=int, default=0, help="how many busy loops beside it")
    parser.add_argument("--short", action="store_true", help="at most four minutes, for CI")
    parser.add_argument("paths", nargs="*", help="instead of all tests and notebooks")
    asked = parser.parse_args(arguments)
    which = ["-m", "seldom and not long"] if asked.short else []
    paths = asked.paths or ["tests", *([] if asked.short else ["notebooks"])]
    ran: Counter[str] = Counter()
    failed: Counter[str] = Counter()
    broken = 0
    with busy(asked.busy), tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "report.xml")
        for number in range(1, asked.rounds + 1):
            print(f"\n== round {number} of {asked.rounds}", flush=True)
            done = subprocess.run(
                [*PYTEST, *which, f"--junitxml={report}", *paths],
                cwd=ROOT,
                env={**os.environ, "TCP_LAB_SLOW": "1"},
            )
            # 0 and 1: it ran to its end.
            broken += done.returncode not in (0, 1)
            if report.exists():
                for name, bad in results(report):
                    ran[name] += 1
                    failed[name] += bad
                report.unlink()
    print(f"\n{table(ran, +failed)}")
    if broken:
        print(f"{broken} of {asked.rounds} rounds did not run to their end")
    return bool(broken or +failed)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the loops are ended
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
