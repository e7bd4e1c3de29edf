"""The ledgers of all notebooks, the list of claims, and the README's table say the same."""

from __future__ import annotations

import json
import re
from pathlib import Path

from helpers.learning.ledger import Entry
from helpers.learning.texts import statements

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
# What a notebook tests beside the claims that bear its number: those of others, and folklore.
ALSO = {
    "00": ["5.1", "6.3"],
    "01": ["F1", "F2", "F3", "F4", "F5", "F6"],
    "02": ["F16", "F17"],
    "03": ["F9", "F18"],
    "04": ["F10", "F11", "F12", "F13", "F14", "F15", "F24"],
    "05": ["F8"],
    "06": ["F19", "F20"],
    "07": ["F7", "F21", "F22", "F23", "F24"],
}
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
    number = path.name[:2]
    return {*(k for k in statements() if f"0{k[0]}" == number), *ALSO[number]}


def test_every_ledger_is_whole() -> None:
    for path in NOTEBOOKS:
        assert set(ledger_of(path)) == wanted(path), path.name


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
