"""The ledgers of all notebooks, the list of claims, and the README's table say the same."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

from helpers.learning.ledger import Entry
from helpers.learning.texts import rooms, statements

ROOT = Path(__file__).parents[2]
ROOMS = ROOT / "helpers/concepts"
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
_VERDICT = "holds in part|holds|does not hold"
_ROW = re.compile(rf"^(\d\.\d|F\d+) +(.*?)^ +Verdict: ({_VERDICT})\. ", re.M | re.S)


def ledger_of(path: Path) -> dict[str, str]:
    """Verdicts by claim, as the notebook's last ledger shows them in its stored output."""
    cells = [c for c in json.loads(path.read_text())["cells"] if c["cell_type"] == "code"]
    for cell in reversed(cells):
        for output in cell["outputs"]:
            text = "".join(output.get("data", {}).get("text/plain", []))
            if found := {m[1]: m[3] for m in _ROW.finditer(text)}:
                return found
    return {}


def wanted(path: Path) -> set[str]:
    """What the ledger of this notebook must have."""
    told = tomllib.loads((ROOMS / room_of(path) / "texts.toml").read_text(encoding="utf-8"))
    return {*told.get("claims", {}), *told.get("also", [])}


def room_of(path: Path) -> str:
    """The room of a notebook, by its number."""
    return {number: room for room, number in rooms().items()}[path.name[:2]]


def test_every_ledger_is_whole() -> None:
    for path in NOTEBOOKS:
        assert set(ledger_of(path)) == wanted(path), path.name


def test_an_article_s_claim_bears_the_number_of_its_notebook() -> None:
    for path in NOTEBOOKS:
        told = tomllib.loads((ROOMS / room_of(path) / "texts.toml").read_text(encoding="utf-8"))
        theirs = {k.partition(".")[0] for k in told.get("claims", {}) if not k.startswith("F")}
        assert theirs <= {str(int(path.name[:2]))}, path.name


def test_verdicts_are_those_of_the_list() -> None:
    for path in NOTEBOOKS:
        for number, verdict in ledger_of(path).items():
            assert verdict == statements()[number].verdict, (path.name, number)


def test_a_verdict_is_given_where_a_notebook_asserts_it_and_only_there() -> None:
    asserted = {number for path in NOTEBOOKS for number in ledger_of(path)}
    evidence = ([], ["seen"])
    verdicts = {Entry("", favour, against).verdict for favour in evidence for against in evidence}
    for number, statement in statements().items():
        assert bool(statement.verdict) == (number in asserted), number
        assert statement.verdict in {"", *verdicts}
        assert bool(statement.why) == bool(statement.verdict)


def readme_table() -> str:
    """The README's table, from the ledgers of the notebooks there are."""
    numbers = {n for path in NOTEBOOKS for n in ledger_of(path) if not n.startswith("F")}
    rows = [
        f"| {n} | {statements()[n].text} | {statements()[n].verdict} | {statements()[n].why} |"
        for n in sorted(numbers)
    ]
    return "\n".join(["| | the article says | on Linux it | because |", "|---|---|---|---|", *rows])


def test_the_readme_has_the_table() -> None:
    assert readme_table() in (ROOT / "README.md").read_text(), f"it should be:\n{readme_table()}"
