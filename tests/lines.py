"""Counts the lines of helpers/ by room: code, comments, docstrings, and texts, which count apart.

python -m tests.lines
"""

from __future__ import annotations

import ast
import io
import tokenize
from collections import Counter
from pathlib import Path

HELPERS = Path(__file__).parents[1] / "helpers"
_QUIET = (tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER)


def count(path: Path) -> Counter[str]:
    """Of one file; a line with code and a comment is code. Of a TOML file every line is text."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".toml":
        return Counter(files=0, text=sum(bool(line.strip()) for line in text.splitlines()))
    docstrings: set[int] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)) and ast.get_docstring(
            node
        ):
            first = node.body[0]
            docstrings.update(range(first.lineno, (first.end_lineno or first.lineno) + 1))
    code: set[int] = set()
    comments: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        lines = range(token.start[0], token.end[0] + 1)
        if token.type == tokenize.COMMENT:
            comments.update(lines)
        elif token.type not in _QUIET:
            code.update(lines)
    code -= docstrings
    return Counter(files=1, code=len(code), comment=len(comments - code), docstring=len(docstrings))


def room(path: Path) -> str:
    """``concepts/backlog``, ``lab``, or the file itself where it is in no room."""
    parts = path.relative_to(HELPERS).parts
    return "/".join(parts[:2] if parts[0] == "concepts" and len(parts) > 2 else parts[:1])


def main() -> None:
    """Print the table."""
    rooms: dict[str, Counter[str]] = {}
    for path in sorted([*HELPERS.rglob("*.py"), *HELPERS.rglob("*.toml")]):
        rooms.setdefault(room(path), Counter()).update(count(path))
    heads = ("files", "code", "comment", "docstring", "text")
    print(f"{'':20}" + "".join(f"{head:>11}" for head in heads))
    for name, counted in [*rooms.items(), ("all", sum(rooms.values(), Counter()))]:
        print(f"{name:20}" + "".join(f"{counted[head]:>11}" for head in heads))


if __name__ == "__main__":
    main()
