"""Makes ``notebooks/symptoms.md`` from the rows, and from what their plays have printed.

``python -m helpers.symptoms --page`` plays every row and writes it; a test plays them again and
compares, as nbval compares a notebook's outputs.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import escape

from helpers.symptoms.rows import FAMILIES, Link, Row, rows

_HEAD = """\
# Found by the symptom

You have a message, or something that is odd, and a server that should work. Look for it here: the
causes stand in the order in which to look, with the command that tells them apart.

**Every row can be run.** In a notebook `from helpers import symptom`, then
`symptom("broken pipe")`; in a shell, in the folder of the set,
`python3 -m helpers.symptoms "broken pipe"`, and `--list` for all of them. That builds the smallest
lab which shows this very message, on your own Linux, and closes it again. Where several rows fit,
it lists them; ask again by the short name. Messages and numbers are Linux's, as Python 3 prints
them; what other systems and programs print stands beside them, with … for what differs each time.
No row waits longer than about two seconds: where Linux would take minutes, the row says what was
shortened.

This page is made from `helpers/symptoms`; what stands under *What the lab shows* was printed there.
"""
_BLOCK = re.compile(r'<a id="([^"]+)"></a>.*?\n```text\n(.*?)\n```', re.DOTALL)
_NAME = re.compile(r"\b[a-z0-9]+(?:-[a-z0-9]+)+\b")


def made_from(printed: Mapping[str, str]) -> str:
    """The page, as Markdown; ``printed`` has what each row's play has printed, by its name."""
    parts = [_HEAD, _contents()]
    for family, title in FAMILIES.items():
        parts.append(f"## {title}\n")
        parts += [_row(row, printed[row.name]) for row in rows().values() if row.family == family]
    return "\n".join(parts)


def recorded(page: str) -> dict[str, str]:
    """What a page says that each row's play has printed, by the row's name."""
    return dict(_BLOCK.findall(page))


def _contents() -> str:
    lines: list[str] = []
    for family, title in FAMILIES.items():
        lines += [f"**{title}**\n"]
        lines += [f"- {_linked(row)}" for row in rows().values() if row.family == family]
        lines += [""]
    return "\n".join(lines)


def _with_links(text: str) -> str:
    """Each short name of another row in a sentence leads to that row."""
    return _NAME.sub(lambda m: f"[{m[0]}](#{m[0]})" if m[0] in rows() else m[0], text)


def _linked(row: Row) -> str:
    return f"[`{row.message}`](#{row.name}) {row.when}".rstrip()


def _row(row: Row, printed: str) -> str:
    lines = [f'<a id="{row.name}"></a>', "", f"### `{row.message}` {row.when}".rstrip(), ""]
    if row.also:
        lines += ["Also: " + ", ".join(f"`{each}`" for each in row.also) + "."]
        lines += [""]
    lines += [f"{n}. {_with_links(cause)}" for n, cause in enumerate(row.causes, 1)]
    lines += ["", f"**To tell them apart:** {_with_links(row.tell)}", ""]
    lines += [f"**What helps:** {_with_links(row.helps)}", ""]
    lines += ["**Read on:** " + "; ".join(_link(link) for link in row.see), ""]
    lines += ["<details>", f"<summary>What the lab shows: {escape(_call(row))}</summary>", ""]
    lines += [f"In this lab: {row.made}", "", "```text", printed, "```", "", "</details>", ""]
    lines += [f"Source: {row.source}.", ""]
    return "\n".join(lines)


def _call(row: Row) -> str:
    return f'symptom("{row.name}")'


def _link(link: Link) -> str:
    number = link.notebook.partition("_")[0]
    return f"[{number}, {link.heading}]({link.target})"
