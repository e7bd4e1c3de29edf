"""A value with named fields: what a dataclass is, without the ten milliseconds of its import.

Standard library only; the processes inside a lab use this file.
"""

from __future__ import annotations

TYPE_CHECKING = False  # typing itself would cost each lab four milliseconds
if TYPE_CHECKING:
    from typing import Any


class Named:
    """``names`` are the fields in their order; ``word`` stands for the class where it travels."""

    names: tuple[str, ...] = ()
    word = ""

    def __init__(self, *fields: Any) -> None:
        for name, value in zip(self.names, fields, strict=True):
            setattr(self, name, value)

    @property
    def fields(self) -> tuple[Any, ...]:
        """Its values in the order of ``names``."""
        return tuple(getattr(self, name) for name in self.names)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, type(self)) and other.fields == self.fields

    def __hash__(self) -> int:
        return hash((self.word, repr(self)))

    def __repr__(self) -> str:
        return f"{type(self).__name__}{self.fields!r}"
