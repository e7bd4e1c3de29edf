"""``make bench``: measure speed beside other tools, in one run, and print one table.

It ends with 1 if something went wrong, and with 0 if a target was only missed: other
load on the machine can do that.
"""

from __future__ import annotations

import sys

from tqdm import tqdm

from tests.bench import measure
from tests.bench.table import Row


def shown(value: float | None, unit: str) -> str:
    if value is None or value != value:
        return "-"
    return f"{value:.{1 if value >= 10 else 2}f} {unit}"


def cells(row: Row) -> list[str]:
    ratio = "-" if row.ratio is None else f"{row.ratio:.2f} x"
    met = {True: "yes", False: "no", None: "-"}[row.met]
    ours, yardstick = shown(row.ours, row.unit), shown(row.yardstick, row.unit)
    return [row.what, ours, yardstick, ratio, row.target or "-", met, row.note]


def table(rows: list[Row]) -> str:
    lines = [["what", "ours", "yardstick", "ratio", "target", "met", ""], *map(cells, rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def main() -> int:
    rows: list[Row] = []
    failed = []
    for part in tqdm(measure.ALL, leave=False, disable=None, desc="bench"):
        try:
            rows += part()
        except Exception as error:
            failed.append(f"{part.__name__} failed: {type(error).__name__}: {error}")
    print("medians; ours and the yardstick were measured by turns\n")
    print(table(rows))
    print(*failed, sep="\n", end="\n" if failed else "")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
