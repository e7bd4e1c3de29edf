"""The list of mutations fits the code as it is, and the player tells what it saw."""

from __future__ import annotations

import ast
from collections import Counter
from pathlib import Path

import pytest

from tests.mutants import __main__ as player
from tests.mutants.mutants import ROOT, Mutant, mutants

EVERY = mutants()


def test_there_are_enough_and_no_two_have_one_name() -> None:
    assert len(EVERY) >= 120
    twice = [name for name, n in Counter(m.name for m in EVERY).items() if n > 1]
    assert twice == []


@pytest.mark.parametrize("file", sorted({m.file for m in EVERY}))
def test_each_fits_its_file_once_and_leaves_python(file: str) -> None:
    text = (ROOT / file).read_text(encoding="utf-8")
    for mutant in (m for m in EVERY if m.file == file):
        ast.parse(mutant.spoil(text))


def test_what_is_played_is_there() -> None:
    for target in {t for m in EVERY for t in m.play}:
        assert (ROOT / target).is_file(), target


def project(tmp_path: Path, text: str) -> Mutant:
    (tmp_path / "code.py").write_text("ANSWER = 1 + 1\n")
    (tmp_path / "test_it.py").write_text(text)
    return Mutant("a wrong", "group", "code.py", "1 + 1", "1 - 1", ("test_it.py",))


@pytest.mark.parametrize(
    ("text", "fate"),
    [
        ("import code\ndef test_one(): assert True\n", player.SURVIVED),
        (
            "def test_one():\n    assert 'ANSWER = 1 + 1' in open('code.py').read()\n",
            player.BY_TEST,
        ),
        ("import nothing_of_that_name\n", player.BY_TEST),
        ("", player.BROKEN),
    ],
)
def test_the_player_says_what_noticed_and_puts_all_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, fate: str
) -> None:
    monkeypatch.setattr(player, "_TESTS", ("-p", "no:nbval"))
    mutant = project(tmp_path, text)
    assert player.play(mutant, tmp_path) == fate
    assert (tmp_path / "code.py").read_text() == "ANSWER = 1 + 1\n"


def test_a_wrong_that_does_not_fit_is_named() -> None:
    mutant = Mutant("a wrong", "group", "code.py", "a", "b", ())
    with pytest.raises(ValueError, match=r"stands 2 times in code\.py"):
        mutant.spoil("a a")


def test_the_report_wants_nineteen_of_twenty(capsys: pytest.CaptureFixture[str]) -> None:
    many = [Mutant(f"wrong {n}", "group", "code.py", "a", "b", ()) for n in range(20)]
    fates = dict.fromkeys(many, player.BY_CELL)
    assert player.report(fates, 60) == 0
    fates[many[0]] = player.SURVIVED
    assert player.report(fates, 60) == 0
    fates[many[1]] = player.BROKEN
    assert player.report(fates, 60) == 1
    told = capsys.readouterr().out
    assert "18 of 20 noticed" in told and "survived: wrong 0 (code.py)" in told
