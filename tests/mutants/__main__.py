"""Plays every mutation of the list, and says what noticed it: make mutants.

    python -m tests.mutants [WORD ...]

With words, only those mutations in whose name, group or file one of them stands. Each is put into a
copy of the project, and what concerns it is played there. *By a cell* means that a notebook's own
cell or its stored text differs, *by a test* that a test fails. What survives is listed last; with
more than one in twenty the exit status is 1.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue

from tests.mutants.mutants import ROOT, Mutant, mutants

AT_ONCE = 2
LONGEST = 240  # seconds for one; a wrong that lets everything hang is noticed too
_TESTS = ("-p", "no:nbval", "-p", "tests.limits", "-m", "not bench")
_CELLS = (
    "-p", "tests.limits", "-p", "tests.notebooks.plugin", "--nbval", "--nbval-current-env",
    "--nbval-sanitize-with=tests/notebooks/sanitize.cfg",
)  # fmt: skip
SURVIVED, BY_TEST, BY_CELL, BROKEN = "survived", "by a test", "by a cell", "not played"


def copy(to: Path) -> None:
    """The project's own files, without what is built; a mutation must not be met half compiled."""
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in filter(None, names.split("\0")):
        if (ROOT / name).is_file():
            (to / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, to / name)


def play(mutant: Mutant, place: Path) -> str:
    """Put it in, play what concerns it, take it out again; returns what noticed it."""
    file = place / mutant.file
    text = file.read_text(encoding="utf-8")
    file.write_text(mutant.spoil(text), encoding="utf-8")
    try:
        tests = [target for target in mutant.play if not _is_notebook(target)]
        books = [target for target in mutant.play if _is_notebook(target)]
        for targets, options, fate in ((tests, _TESTS, BY_TEST), (books, _CELLS, BY_CELL)):
            status = _pytest(targets, options, place) if targets else 0
            if status:
                return fate if status == 1 else BROKEN
        return SURVIVED
    finally:
        file.write_text(text, encoding="utf-8")


def _is_notebook(target: str) -> bool:
    return target.endswith(".ipynb")


def _pytest(targets: Sequence[str], options: Sequence[str], place: Path) -> int:
    quiet = ("-x", "-q", "-p", "no:cacheprovider")
    command = [sys.executable, "-m", "pytest", *quiet, *options, *targets]
    here = {**os.environ, "PYTHONPATH": str(place), "PYTHONDONTWRITEBYTECODE": "1"}
    here.update(TCP_LAB_PROGRESS="", TCP_LAB_SLOW="1")
    try:
        done = subprocess.run(command, cwd=place, env=here, capture_output=True, timeout=LONGEST)
    except subprocess.TimeoutExpired:
        return 1
    # 2 is a test that cannot be imported any more: noticed.
    return 1 if done.returncode == 2 else done.returncode


def main(words: Sequence[str]) -> int:
    """Play those that the words name; returns the exit status."""
    every = mutants()
    chosen = [
        m for m in every if not words or any(w in f"{m.name} {m.group} {m.file}" for w in words)
    ]
    if not chosen:
        print(f"no mutation has {' or '.join(words)} in its name, group or file")
        return 2
    started, places = time.monotonic(), SimpleQueue[Path]()
    found: dict[Mutant, str] = {}
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        for n in range(AT_ONCE):
            copy(place := Path(folder) / str(n))
            places.put(place)

        def one(mutant: Mutant) -> None:
            place = places.get()
            try:
                found[mutant] = play(mutant, place)
            finally:
                places.put(place)
            print(f"{found[mutant]:<11} {mutant.group:<9} {mutant.name}", flush=True)

        with ThreadPoolExecutor(AT_ONCE) as pool:
            list(pool.map(one, chosen))
    return report(found, time.monotonic() - started)


def report(found: dict[Mutant, str], seconds: float) -> int:
    """Print how many of each group were noticed, and which were not; returns the exit status."""
    counts = Counter((mutant.group, fate) for mutant, fate in found.items())
    fates = (BY_TEST, BY_CELL, SURVIVED, BROKEN)
    print(f"\n{'':<11}" + "".join(f"{fate:>12}" for fate in fates))
    for group in dict.fromkeys(mutant.group for mutant in found):
        print(f"{group:<11}" + "".join(f"{counts[group, fate]:>12}" for fate in fates))
    left = [m for m, fate in found.items() if fate in (SURVIVED, BROKEN)]
    noticed = len(found) - len(left)
    print(f"\n{noticed} of {len(found)} noticed, in {seconds / 60:.0f} min")
    for mutant in left:
        print(f"{found[mutant]}: {mutant.name} ({mutant.file})")
    return noticed < 0.95 * len(found)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
