"""``make kernels``: run the notebooks on other Linux kernels, and print kernel by notebook.

The kernels are Debian's own builds as user-mode Linux: ordinary processes, one after the other,
with this project inside. Nothing is installed. Some 2 GB are kept in the folder, and the
first run fetches 350 MB; a guest takes a quarter of an hour. To have newer packages, delete it.

    make kernels
    make kernels JOBS=2
    make kernels KERNELS="6.1 6.12" NOTEBOOKS="04 05"
    DEBIAN_MIRROR=http://snapshot.debian.org/archive/debian/20250520T000000Z make kernels

It ends with 1 if a notebook failed or was not run, and with 2 if something is missing.
"""

from __future__ import annotations

import argparse
import datetime
import signal
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.kernels import packages
from tests.kernels.guest import Boot, Result, image, kernel

NOTEBOOKS = sorted(path.name for path in (packages.ROOT / "notebooks").glob("0*.ipynb"))


def main(arguments: list[str]) -> int:
    """Fetch, boot, print."""
    asked = _parser().parse_args(arguments)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # with no guest left behind
    chosen = [name for name in NOTEBOOKS if not asked.notebook or name[:2] in asked.notebook]
    folder = asked.folder.resolve()
    try:
        packages.check()
        store = packages.Packages(folder)
        store.update()
        print("fetching what guests are made of, unless it is there", flush=True)
        root = packages.user_land(store)
        programs = {name: kernel(store, name, root) for name in asked.kernel or packages.RELEASES}
        image(folder, root)
    except packages.Lacking as error:
        print(error)
        return 2
    boot = Boot(folder, asked.dilation, asked.patience, asked.limit)

    def play(name: str) -> tuple[str, dict[str, Result]]:
        said = ""
        try:
            release, results = boot.run(name, programs[name], chosen)
        except packages.Lacking as error:
            release, results, said = name, {book: Result(None, ()) for book in chosen}, f"{error}, "
        passed = sum(r.code == 0 for r in results.values())
        print(f"{name}: {said}{passed} of {len(results)} pass", flush=True)
        return release, results

    with ThreadPoolExecutor(asked.jobs) as pool:
        try:
            found = dict(pool.map(play, programs))
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
            boot.end()
    print(f"\n{table(found)}\n\n{datetime.date.today()}, user-mode Linux, time {asked.dilation:g} "
          f"times slower; {folder / 'out'} has what was said")  # fmt: skip
    return int(any(r.code != 0 for results in found.values() for r in results.values()))


def table(found: dict[str, dict[str, Result]]) -> str:
    """Kernel by notebook, in Markdown."""
    books = [name[:2] for name in next(iter(found.values()))]
    rows = [["kernel", *books], ["---"] * (len(books) + 1)]
    rows += [[release, *map(str, results.values())] for release, results in found.items()]
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tests.kernels", description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    add = parser.add_argument
    add("--kernel", nargs="*", choices=packages.RELEASES, help="which kernels; all without it")
    add("--notebook", nargs="*", choices=[name[:2] for name in NOTEBOOKS], help="all without it")
    add("--folder", type=Path, default=packages.ROOT / "build/kernels", help="where all is kept")
    add("--jobs", type=int, default=1, help="so many guests beside each other; one processor each")
    add("--dilation", type=float, default=3, help="so much slower is time in a guest")
    add("--patience", type=float, default=3, help="TCP_LAB_PATIENCE in a guest")
    add("--limit", type=float, default=7200, help="seconds for one guest")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
