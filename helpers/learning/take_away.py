"""The few sentences of a notebook that are to be kept, beside one picture of it."""

from __future__ import annotations

from collections.abc import Sequence


class TakeAway:
    """Sentences, as a list in Markdown and as plain text."""

    def __init__(self, sentences: Sequence[str]) -> None:
        self.sentences = tuple(sentences)

    def __repr__(self) -> str:
        return "\n".join(f"{n}. {text}" for n, text in enumerate(self.sentences, 1))

    def _repr_markdown_(self) -> str:
        return repr(self)


def take_away(sentences: Sequence[str]) -> TakeAway:
    """What to keep of a notebook, such as ``backlog.TAKE_AWAY``, below a picture."""
    return TakeAway(sentences)
