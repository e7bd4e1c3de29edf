"""What exercises say is in the texts: each key that the code names, and no other."""

from __future__ import annotations

import ast
import string
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from helpers.learning.texts import Complaint, sayings

HELPERS = Path(__file__).parents[2] / "helpers"
# Those that have texts; all files take a second to parse, in every worker that collects this one.
TREES = {
    path: ast.parse(text)
    for path in sorted(HELPERS.rglob("*.py"))
    if "sayings(" in (text := path.read_text())
}
Tables = tuple[str, ...]


def opened(tree: ast.Module) -> dict[str, Tables]:
    """The names under which a file has texts, each with its room and tables."""
    found: dict[str, Tables] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and isinstance(call := node.value, ast.Call):
            if isinstance(call.func, ast.Name) and call.func.id == "sayings":
                tables = tuple(ast.literal_eval(each) for each in call.args)
                found |= {name.id: tables for name in node.targets if isinstance(name, ast.Name)}
    return found


def named(tree: ast.Module) -> Iterator[tuple[Tables, str]]:
    """Every key that a file names. One of ``self.say`` must be in all that the file has opened.

    An ``Exercise`` of some texts names their task.
    """
    own = opened(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Exercise":
            yield own[ast.unparse(node.args[0])], "task"
        if not isinstance(node, ast.Attribute):
            continue
        if isinstance(node.value, ast.Name) and node.value.id in own:
            yield own[node.value.id], node.attr
        elif isinstance(node.value, ast.Attribute) and node.value.attr == "say":
            yield from ((tables, node.attr) for tables in own.values())


FILES = [path for path, tree in TREES.items() if opened(tree)]
NAMED = [(path, *each) for path in FILES for each in named(TREES[path])]
# Every table of every room, each by its room and its name.
TOLD = {
    (path.parent.name, name): told
    for path in sorted(HELPERS.rglob("texts.toml"))
    for name, told in tomllib.loads(path.read_text()).get("exercises", {}).items()
}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_each_key_that_the_code_names_has_its_text(path: Path) -> None:
    for file, tables, key in NAMED:
        if file == path:
            said = Complaint.of(getattr(sayings(*tables), key))
            assert said or said.where, (tables, key)


@pytest.mark.parametrize("table", TOLD, ids="-".join)
def test_each_text_is_said_somewhere(table: tuple[str, str]) -> None:
    room, name = table
    said = {key for _, tables, key in NAMED if tables[0] == room and name in tables[1:]}
    assert not set(TOLD[table]) - said


def test_a_key_without_a_text_is_an_error() -> None:
    with pytest.raises(AttributeError, match="recv: LINES has no text 'gave_upp'"):
        _ = sayings("recv", "LINES").gave_upp
    with pytest.raises(KeyError, match="LINE"):
        sayings("recv", "LINE")


def test_an_exercises_own_words_come_before_those_of_all() -> None:
    own, common = sayings("recv", "RECV_EXACTLY", "READING"), sayings("recv", "READING")
    assert own.lost == TOLD["recv", "RECV_EXACTLY"]["lost"]["what"] != common.lost
    assert own.end_other == common.end_other and own.call == "recv.RECV_EXACTLY"


def test_what_is_filled_in_and_added_reaches_all_three_parts() -> None:
    said = Complaint("{a}", "where {a}", "cure {a}").format(a=1) + Complaint("+", "+") + "."
    assert (said, said.where, said.cure) == ("1+.", "where 1+", "cure 1")


def words(path: Path) -> set[str]:
    """What may be in a text's braces: the keywords of a file's calls, and its short strings."""
    nodes = list(ast.walk(TREES.get(path) or ast.parse(path.read_text())))
    keywords = {node.arg for node in nodes if isinstance(node, ast.keyword) and node.arg}
    return keywords | {
        node.value
        for node in nodes
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


@pytest.mark.parametrize("table", TOLD, ids="-".join)
def test_what_is_in_a_texts_braces_is_known_to_the_code(table: tuple[str, str]) -> None:
    room, name = table
    files = {path for path, tables, _ in NAMED if tables[0] == room and name in tables[1:]}
    files |= {HELPERS / "learning" / "stage.py", HELPERS / "learning" / "diagnosis.py"}
    known = set().union(*(words(each) for each in files))
    for key, text in TOLD[table].items():
        for part in text.values() if isinstance(text, dict) else [text]:
            fields = {field for _, field, _, _ in string.Formatter().parse(part) if field}
            assert fields <= known, (key, fields - known)


@pytest.mark.parametrize("table", TOLD, ids="-".join)
def test_a_complaint_has_three_parts_and_what_has_no_hints_is_no_complaint(
    table: tuple[str, str],
) -> None:
    """What begins with ``because`` or ``why`` is a part; ``unlike`` blames nobody's code."""
    parts = ("task", "because", "why", "one_recv", "forgotten", "unlike", "unplayed", "all_passed")
    for key, text in TOLD[table].items():
        if isinstance(text, dict):
            assert list(text) == ["what", "where", "cure"], key
        elif not key.startswith((*parts, "none_failed", "not_a_function", "a_")):
            assert not text.endswith("."), f"{key} has no pointer and no cure"


@pytest.mark.parametrize("path", [p for p in FILES if "concepts" in p.parts], ids=lambda p: p.stem)
def test_no_sentence_is_left_in_the_code(path: Path) -> None:
    """What is waited for is for us; an answer of the reader's function has three words at most."""
    nodes = list(ast.walk(TREES[path]))
    ours = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}  # docstrings
    for node in nodes:
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "wait_until":
            ours.add(id(node.args[0]))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in ours:
            assert len(node.value.split()) <= 3, node.value
