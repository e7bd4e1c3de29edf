"""Takes out of a cell's code what a class need not look at: the subject stays, the apparatus goes.

Left out are statements that keep the ledger, assert, and reveal; beside a picture also those that
draw it and print its text twin.
"""

from __future__ import annotations

import ast

_BOOKS = ("ledger", "reveal(", "assert ")
_DRAWS = ("ax = ", "print(", "lab.trace.")


def subject(text: str, *, drawn: bool) -> str:
    """The code that is shown; ``drawn`` says that a picture stands below it. It may be empty.

    A last line that only names what to show goes too where the picture shows it.
    """
    apparatus = _BOOKS + _DRAWS if drawn else _BOOKS
    lines = text.splitlines()
    body = ast.parse(text).body
    for number, node in enumerate(body):
        first = ast.get_source_segment(text, node) or ""
        last = drawn and number == len(body) - 1
        names = isinstance(node, ast.Expr) and not isinstance(node.value, ast.Call)
        if first.startswith(apparatus) or (last and names):
            for line in range(node.lineno - 1, node.end_lineno or node.lineno):
                lines[line] = "\0"
    return "\n".join(line for line in lines if line != "\0").strip("\n")
