"""The card of notebook 00: its numbers and examples; and who sends, which its question is about."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from helpers import Lab, LabError, predict, progress, reveal
from helpers.concepts import lines
from helpers.learning import prediction
from helpers.learning.progress import VARIABLE, read
from helpers.learning.question import Unseen, letter
from helpers.server import eight_lines

pytestmark = pytest.mark.live
NOTEBOOK = Path(__file__).parents[3] / "notebooks" / "00_eight_lines.ipynb"


def visit(lab: Lab) -> None:
    """A client of the eight lines, to its end."""
    lab.server.run(eight_lines)
    client = lab.client.socket()
    client.connect(("server", 8080))
    client.send(b"hello")
    assert client.recv(1024) == b""
    client.close()


def test_each_number_stands_beside_what_the_table_names(lab: Lab) -> None:
    visit(lab)
    ax = lines.card(lab.trace)
    drawn = {
        text.get_text(): str(text.get_gid()).partition(":")[2].replace("\n", " ")
        for text in ax.texts
        if str(text.get_gid()).startswith("number:")
    }
    rows = [re.split(r" {2,}", row) for row in lines.card_table(lab.trace).splitlines()[1:]]
    assert list(drawn) == [row[0] for row in rows] == [str(n) for n in range(1, 8)]
    assert all("  ".join(row[1:]).find(drawn[row[0]]) > 0 for row in rows)
    assert drawn["3"] == "SYN" and rows[2][-1].startswith("S 0:0(0) win ")


def test_the_card_ends_where_the_data_is_answered(lab: Lab) -> None:
    visit(lab)
    shown = [text.get_text() for text in lines.card(lab.trace).texts]
    assert "ACK 6" in shown and not {"FIN", "close()"} & set(shown)


def test_a_trace_without_data_has_no_card(lab: Lab) -> None:
    for draw in (lines.card, lines.card_table):
        with pytest.raises(LabError, match="a connect, data, and the ACK that answers it"):
            draw(lab.trace)
    lab.client.socket().connect_ex(("server", 8080))
    with pytest.raises(LabError, match="a connect, data"):
        lines.card(lab.trace)


def test_who_sends_is_read_from_the_wire(lab: Lab) -> None:
    client = lab.client.socket()
    assert lines.sends(lab.trace, "client") is lines.sends(lab.trace) is False
    lab.wire.hold()
    client.start("connect", ("server", 8080))
    assert (lines.sends(lab.trace, "client"), lines.sends(lab.trace)) == (True, False)
    lab.wire.release()
    assert lines.sends(lab.trace) is True  # the RST


def test_without_a_wire_nobody_says_that_nothing_was_sent(bench: Lab) -> None:
    assert lines.sends(bench.trace) is Unseen.RECORDED


def test_without_a_wire_each_row_is_answered_from_what_was_recorded(
    bench: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So a right prediction is kept as one, and a wrong one too."""
    file = tmp_path / "progress.jsonl"
    monkeypatch.setattr(prediction, "_sheets", {})
    monkeypatch.setenv(VARIABLE, str(file))
    for sheet in predict(lines.SENDS).sheets:
        sheet.choose("nothing is sent")
    for question in lines.SENDS:
        told = str(reveal(question, lines.sends(bench.trace)))
        assert told.endswith("\nthis answer was recorded with a wire; here there is none")
        assert f"-> {letter(question.right)}" in told and "something else" not in told
    kept = {record["name"]: record["right"] for record in read(file)}
    assert kept == {question.name: question.name != "SENDS.close" for question in lines.SENDS}
    assert "6 of 9 right, 1 wrong" in str(progress(file))


def test_each_example_of_the_notebooks_card_is_in_what_it_shows() -> None:
    cells = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
    card = next("".join(cell["source"]) for cell in cells if cell["id"] == "md-card")
    examples = re.findall(r"^\| [^|]+ \| `([^`]+)` \| ", card.partition("| in the text |")[2], re.M)
    outputs = [output for cell in cells for output in cell.get("outputs", [])]
    told = [o.get("text", "") or o.get("data", {}).get("text/plain", "") for o in outputs]
    shown = "\n".join("".join(each) for each in told)
    assert len(examples) == 11
    assert [example for example in examples if example not in shown] == []
