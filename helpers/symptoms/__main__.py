"""``python -m helpers.symptoms "broken pipe"``: what it is, shown in the smallest lab."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from helpers.errors import LabError
from helpers.symptoms import page
from helpers.symptoms.finding import listing
from helpers.symptoms.rows import rows
from helpers.symptoms.running import PAGE, run, symptom


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line says; the exit status is 1 if no row has the text, or if the row
    cannot be shown here."""
    parser = argparse.ArgumentParser(prog="python -m helpers.symptoms", description=__doc__)
    parser.add_argument("text", nargs="*", help="a part of the message, or a row's short name")
    parser.add_argument("--list", action="store_true", help="list every row, and show none")
    parser.add_argument(
        "--page", action="store_true", help=f"play every row, and write {PAGE.name}"
    )
    given = parser.parse_args(arguments)
    try:
        if given.page:
            printed = {row.name: run(row).printed for row in rows().values()}
            PAGE.write_text(page.made_from(printed), encoding="utf-8")
        elif given.list:
            print(listing(list(rows().values())))
        elif given.text:
            print(symptom(" ".join(given.text)))
        else:
            parser.error("say what you see, as in: python -m helpers.symptoms 'broken pipe'")
    except LabError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
