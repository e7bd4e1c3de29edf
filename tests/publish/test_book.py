"""What the book is made from, before Sphinx makes pages of it."""

from __future__ import annotations

import html
import json
import re
from pathlib import Path
from typing import Any

import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from helpers.concepts import lines
from helpers.errors import LabError
from helpers.figures.replay import KEPT, replay
from helpers.learning.prediction import Answer
from helpers.learning.quiz import quiz
from helpers.learning.sheet import Sheet
from helpers.learning.texts import statements
from helpers.publish.book import claims, pages, questions
from helpers.publish.book.build import sources
from helpers.publish.book.figures import described
from helpers.publish.book.lessons import SOLUTION, lesson
from helpers.publish.book.words import Finder, Told, anchor
from helpers.publish.glossary import NOTEBOOKS, Word, by_word
from tests.notebooks.execute import replays_of, restore
from tests.scenes.stories import Story

ALL = sorted(NOTEBOOKS.glob("[0-9]*.ipynb"))
WORDS = "## Words\n\n| word | what it stands for |\n|---|---|\n| wire | the link |\n"
REFUSED = ConnectionRefusedError(111, "Connection refused")


def result(text: str, **more: Any) -> NotebookNode:
    return new_output("execute_result", {"text/plain": text, **more.pop("data", {})}, **more)


def asked_and_answered(fact: object = REFUSED) -> list[NotebookNode]:
    question = lines.EARLY
    answer = Answer(Sheet([question]), question, fact)
    return [
        new_code_cell("predict(lines.EARLY)", outputs=[result(repr(Sheet([question])))]),
        new_code_cell("reveal(lines.EARLY, error)", outputs=[result(repr(answer))]),
    ]


def replayed() -> NotebookNode:
    story = Story()
    story.pass_("S.")
    data, metadata = replay(story.trace)._repr_mimebundle_()
    shown = new_output("execute_result", data, metadata=metadata)
    return new_code_cell("replay(lab.trace)", outputs=[shown])


def notebook(*cells: NotebookNode) -> NotebookNode:
    first = "# A title\n\nIt begins.\n\n*What is it?*\n\n**Five minutes**, of fifty.\n"
    made = new_notebook(cells=[new_markdown_cell(first), new_markdown_cell(WORDS), *cells])
    made.metadata["recorded_on"] = "Linux 6.18"
    return made


def state(piece: str) -> dict[str, Any]:
    """What the script of a page is given."""
    found = re.search(r'<script type="application/json">(.*?)</script>', piece, re.DOTALL)
    assert found
    told: dict[str, Any] = json.loads(found[1])
    return told


def test_a_prediction_is_answered_from_the_stored_run() -> None:
    asking, answering = asked_and_answered()
    known = questions.answers([asking, answering])
    (sheet,) = state(questions.shown(asking, known))["sheets"]
    assert sheet["questions"] == Sheet([lines.EARLY]).shown()
    told = sheet["answers"]["lines.EARLY"]
    assert lines.EARLY.choices[told["right"]].text == "ConnectionRefusedError"
    assert told["why"] == [choice.why for choice in lines.EARLY.choices]
    assert state(questions.shown(answering, known))["sheets"] == [sheet]


def test_an_answer_that_no_choice_gives_is_told_as_it_was_seen() -> None:
    cells = asked_and_answered("EHOSTDOWN")
    told = questions.answers(cells)["lines.EARLY"]
    assert (told["right"], told["seen"]) == (None, "EHOSTDOWN")


def test_text_that_tells_the_answer_is_folded_and_a_question_is_not() -> None:
    asking, answering = asked_and_answered()
    known = questions.answers([asking, answering])
    folded = questions.shown(answering, known)
    before, _, inside = folded.partition("<details")
    assert "-&gt; " in inside and "<pre" not in before
    assert "<noscript><pre" in questions.shown(asking, known)


def test_no_text_of_a_question_ends_its_script() -> None:
    piece = questions.page({"head": "</script><b>"}, "a < b", "")
    assert piece.count("</script>") == 1 and state(piece) == {"head": "</script><b>"}
    assert "a &lt; b" in piece


def test_a_quiz_keeps_what_was_given_with_each_question() -> None:
    given = {"table": "State  Recv-Q\n\nLISTEN 0", "trace": "client  socket()\n  server  x"}
    text = repr(quiz(lines.QUIZ, **given))
    cell = new_code_cell("quiz(lines.QUIZ, table=a, trace=b)", outputs=[result(text)])
    (sheet,) = state(questions.shown(cell, {}))["sheets"]
    for question, shown in zip(lines.QUIZ, sheet["questions"], strict=True):
        assert shown["given"] == given.get(question.given, "")
        answer = sheet["answers"][question.key]
        assert question.choices[answer["right"]].right


@pytest.mark.parametrize("number", [0, 1])
def test_a_stale_text_ends_the_build(number: int) -> None:
    cells = asked_and_answered()
    text = cells[number].outputs[0].data["text/plain"]
    cells[number].outputs[0].data["text/plain"] = text.replace("nothing yet", "not yet anything")
    with pytest.raises(LabError, match=f"cell {cells[number].id} has stored another text"):
        lesson(notebook(*cells), "00", "")


def test_a_question_without_an_answer_is_named() -> None:
    with pytest.raises(LabError, match=r"lines\.EARLY: no cell of this notebook reveals"):
        lesson(notebook(asked_and_answered()[0]), "00", "")


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("predict(QUESTION)", "a question is written room.NAME"),
        ("predict(lines.LATE)", "lines has no question LATE; it has"),
    ],
)
def test_a_question_that_cannot_be_found_is_named(code: str, said: str) -> None:
    cell = new_code_cell(code, outputs=[result("What?")])
    with pytest.raises(LabError, match=said):
        questions.shown(cell, {})


@pytest.mark.parametrize("code", ["ladder(lab.trace)", "%pip", "x = predict(lines.EARLY)", ""])
def test_other_cells_ask_nothing(code: str) -> None:
    assert questions.asking(code) is None


def test_a_note_stands_below_the_title_and_ids_are_the_books() -> None:
    given = notebook(new_code_cell("1"))
    made = lesson(given, "04", "How to run it.")
    assert made["cells"][0]["source"].startswith("# A title\n\nHow to run it.\n\nIt begins.")
    assert [c["id"] for c in made["cells"]] == [f"nb04-{c.id}" for c in given.cells]


def test_solutions_and_bookkeeping_are_folded() -> None:
    solution = new_code_cell("check(f, lines.X)", metadata={"tags": [SOLUTION]})
    hidden = new_code_cell("assert x", metadata={"jupyter": {"source_hidden": True}})
    plain = new_code_cell("x")
    *_, one, two, three = lesson(notebook(solution, hidden, plain), "04", "")["cells"]
    assert one["metadata"]["mystnb"]["code_prompt_show"] == "Show a solution"
    assert two["metadata"]["mystnb"]["code_prompt_show"] == "Show the code"
    assert SOLUTION in two["metadata"]["tags"] and SOLUTION not in three["metadata"]["tags"]


@pytest.mark.parametrize("path", ALL, ids=lambda path: path.stem)
def test_every_solution_carries_the_tag(path: Path) -> None:
    """A solution stands folded below the reader's stub, and checks itself."""
    for cell in json.loads(path.read_text())["cells"]:
        meta, source = cell["metadata"], "".join(cell["source"])
        if meta.get("jupyter", {}).get("source_hidden") and re.search(r"^check\(", source, re.M):
            assert SOLUTION in meta.get("tags", []), f"{cell['id']}: add the tag {SOLUTION}"


def picture(**metadata: Any) -> NotebookNode:
    return new_output("display_data", {"image/png": "eA=="}, metadata={"image/png": metadata})


def test_a_picture_says_what_its_figure_said() -> None:
    cell = new_code_cell(
        "ax = ladder(t)", outputs=[picture(alt="A SYN, and no answer.", width=640)]
    )
    assert described(cell, "Silence") == {"alt": "A SYN, and no answer.", "width": "640px"}


def test_without_words_it_says_what_was_drawn_and_where() -> None:
    cell = new_code_cell("ax = backlog.syn_stairs(t)", outputs=[picture(), picture()])
    (alt,) = described(cell, "What `listen` keeps").values()
    assert alt.startswith("Syn stairs of this run: What listen keeps.")


def test_a_replay_is_live_again_from_what_its_output_has_kept() -> None:
    cell = replayed()
    made = lesson(notebook(cell), "04", "")["cells"][-1]
    (data,) = (output["data"] for output in made["outputs"])
    piece = data["text/html"]
    view = state(piece)
    assert view["steps"] and view["svg"] and "showPages();" in piece
    assert html.escape(cell.outputs[0].data["text/plain"]) in piece


def test_a_replay_whose_text_is_the_same_stays_as_it_was_stored() -> None:
    """``make notebooks`` would else store other times with each run."""
    old, new = notebook(replayed()), notebook(replayed())
    new.cells[-1].id = old.cells[-1].id
    new.cells[-1].outputs[0].metadata[KEPT]["events"][0][1] = 0.125
    restore(new, replays_of(old))
    assert new.cells[-1].outputs == old.cells[-1].outputs
    new.cells[-1].outputs[0].metadata[KEPT]["events"][0][1] = 0.125
    new.cells[-1].outputs[0].data["text/plain"] += "\nmore"
    restore(new, replays_of(old))
    assert new.cells[-1].outputs[0].metadata[KEPT]["events"][0][1] == 0.125


def told(*pairs: tuple[str, str]) -> Finder:
    return Finder({word: [Word(word, said, "00_x.ipynb", "Words")] for word, said in pairs})


def found(finder: Finder, text: str, seen: set[str] | None = None) -> list[str]:
    pieces = list(finder.split(text, set() if seen is None else seen))
    assert "".join(p.text if isinstance(p, Told) else p for p in pieces) == text
    return [piece.text for piece in pieces if isinstance(piece, Told)]


def test_a_word_is_told_once_and_the_longest_counts() -> None:
    finder = told(("SYN queue", "those that wait"), ("queue", "a line"), ("listener", "a socket"))
    assert found(finder, "Listeners have a SYN queue, a queue, a SYN queue.") == [
        "Listeners", "SYN queue", "queue",
    ]  # fmt: skip
    assert found(finder, "the listener", {"word-listener"}) == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Programs call accept.", []),
        ("A call, and each call", ["call"]),
        ("A server that calls accept has no trace of it.", []),
        ("its source", []),
        ("FIN-WAIT-2 and FIN", ["FIN"]),
        ("fin", []),
        ("a recall; callable", []),
        ("our own", []),
        ("its destination", ["destination"]),
    ],
)
def test_only_what_is_meant_is_told(text: str, words: list[str]) -> None:
    finder = told(
        ("call", "one"),
        ("trace", "the record"), ("FIN", "the end"), ("own, second", "in this notebook: addresses"),
        ("source, destination", "two addresses"),
    )  # fmt: skip
    assert found(finder, text) == words


def test_a_word_leads_to_its_row() -> None:
    words = {"`SO_X`": [Word("`SO_X`", 'an "option"', "01_x.ipynb", "Words")]}
    (piece,) = (p for p in Finder(words).split("SO_X", set()) if isinstance(p, Told))
    assert piece.html("g.html").startswith('<a class="word" href="g.html#word-so-x"')
    assert "&quot;option&quot;" in piece.html("g.html")
    assert f'<span id="{anchor("`SO_X`")}"></span>`SO_X` |' in pages.glossary(words)


def test_every_claim_has_its_row_and_its_stored_verdict() -> None:
    page = claims.page(ALL)
    numbers = re.findall(r"^\| (F?[\d.]+) \|", page, re.M)
    assert set(numbers) == set(statements())
    assert re.search(r"^\| 6\.3 \|.*\| does not hold \|.*ENOTCONN.*00_eight_lines", page, re.M)


def test_a_verdict_that_is_not_the_lists_ends_the_build(tmp_path: Path) -> None:
    row = "4.1  A claim.\n     Seen: 3.\n     Verdict: does not hold. Why."
    path = tmp_path / "04_x.ipynb"
    path.write_text(
        json.dumps(new_notebook(cells=[new_code_cell("ledger", outputs=[result(row)])]))
    )
    with pytest.raises(LabError, match=r"04_x.ipynb has stored that 4.1 'does not hold', not"):
        list(claims.rows(path))


def test_todays_notebooks_give_a_book(tmp_path: Path) -> None:
    """Nothing stored is stale: each question, answer, quiz and verdict is that of its room."""
    handouts = tmp_path / "handouts"
    handouts.mkdir()
    (handouts / "04_backlog.pdf").write_bytes(b"%PDF")
    target = tmp_path / "source"
    target.mkdir()
    sources(target, handouts=handouts)
    front = (target / "index.md").read_text()
    for path in ALL:
        assert f"]({path.name})" in front and f"<{path.stem}>" in front
    assert "[04](handouts/04_backlog.pdf)" in front
    ids = [c["id"] for p in ALL for c in json.loads((target / p.name).read_text())["cells"]]
    assert len(ids) == len(set(ids)) > 400
    assert set(by_word(ALL)) and "(address-in-use)=" in (target / "symptoms.md").read_text()
