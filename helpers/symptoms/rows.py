"""The rows as data: what one sees, likely causes, how to tell them apart, and where to read on.

Texts only; what plays them stands in the file of the same name beside each.
"""

from __future__ import annotations

import errno
import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from urllib.parse import quote

HOME = Path(__file__).parent
# In the order of a connection's life, which is also the order of the page.
FAMILIES = {
    "starting": "The server does not start",
    "connecting": "The client cannot connect",
    "queueing": "It connects late, or nobody answers",
    "serving": "It serves one, and not the next",
    "breaking": "The connection breaks",
    "reading": "The bytes are not what was sent",
    "lingering": "What stays in the socket table",
}
_ERRNO = re.compile(r"\[Errno (\d+)\]")


@dataclass(frozen=True, slots=True)
class Link:
    """A heading of a notebook: its number (``04``), its file, and the heading as it is written."""

    notebook: str
    heading: str

    @property
    def target(self) -> str:
        """``04_backlog.ipynb#Bursts``, for a page that lies beside the notebooks.

        GitHub and JupyterLab give a heading of a notebook its own words with hyphens for spaces
        as an anchor: nbconvert's ``add_anchor``.
        """
        words = self.heading.replace("`", "").replace(" ", "-")
        return f"{self.notebook}#{quote(words, safe='-_.,?:')}"

    def __str__(self) -> str:
        return f"notebooks/{self.target}"


@dataclass(frozen=True, slots=True)
class Row:
    """One symptom. ``name`` is its short name and its anchor.

    ``message`` is what is printed, by Python or by the tool that ``when`` names; ``also`` are
    other spellings of it, and ``words`` what else it is found by. ``made`` says how the lab
    brings it about. ``causes`` stand in the order in which to look; ``tell`` says how to tell
    them apart; ``helps`` what to do. ``source`` is where it is written.
    """

    name: str
    family: str
    message: str
    when: str
    made: str
    causes: tuple[str, ...]
    tell: str
    helps: str
    see: tuple[Link, ...]
    source: str
    also: tuple[str, ...] = ()
    words: tuple[str, ...] = ()

    @property
    def errnos(self) -> tuple[str, ...]:
        """The errnos of its message, by name: ``EADDRINUSE``."""
        return tuple(errno.errorcode[int(number)] for number in _ERRNO.findall(self.message))

    @property
    def title(self) -> str:
        """The message, and when one sees it."""
        return f"{self.message} {self.when}".strip()


@cache
def rows() -> dict[str, Row]:
    """Every row by its name, family after family."""
    return {row.name: row for family in FAMILIES for row in _family(family)}


def _family(family: str) -> list[Row]:
    found = tomllib.loads((HOME / f"{family}.toml").read_text(encoding="utf-8"))
    return [_row(name, family, texts) for name, texts in found.items()]


def _row(name: str, family: str, texts: dict[str, object]) -> Row:
    lists = {key: tuple(value) for key, value in texts.items() if isinstance(value, list)}
    plain = {key: str(value) for key, value in texts.items() if isinstance(value, str)}
    links = tuple(Link(*pair) for pair in lists.pop("see"))
    return Row(name=name, family=family, see=links, **plain, **lists)  # type: ignore[arg-type]
