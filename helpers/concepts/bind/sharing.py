"""Which two bind addresses can stand side by side on one port."""

from __future__ import annotations

import errno
from collections.abc import Sequence
from dataclasses import dataclass

from helpers.concepts.bind.reachability import Places
from helpers.lab.lab import Lab
from helpers.record.snapshot import table

PLACES = ("0.0.0.0", "127.0.0.1", "127.0.0.2", "own", "::", ":: IPv6 only", "::1")


@dataclass(frozen=True)
class Neighbours:
    """``first`` listens; ``got`` is "listens too", or the errno that the second socket met."""

    first: str
    second: str
    got: str

    @property
    def side_by_side(self) -> bool:
        """Whether both listen."""
        return self.got == "listens too"


def neighbour_matrix(places: Sequence[str] = PLACES, option: int = 0) -> list[Neighbours]:
    """Every pair of ``places`` on one port, the first one listening; 49 pairs take about 0.2 s.

    Both set ``option``, SO_REUSEADDR or SO_REUSEPORT; 0 is none. In a lab of its own.
    ``NotPermitted`` in bench mode, where a bind to any address takes the host's own.
    """
    with Lab() as lab:
        lab.engine.need("any address that is the host's alone", lab.bench)
        known = Places(lab)
        return [Neighbours(a, b, _pair(known, a, b, option)) for a in places for b in places]


def _pair(places: Places, first: str, second: str, option: int) -> str:
    one = places.socket(first, option)
    one.bind((places.address(first), 0))
    one.listen(1)
    two = places.socket(second, option)
    try:
        two.bind((places.address(second), one.getsockname()[1]))
        two.listen(1)
    except OSError as error:
        return errno.errorcode[error.errno or 0]
    finally:
        one.close()
        two.close()
    return "listens too"


def neighbour_table(pairs: Sequence[Neighbours]) -> str:
    """The pairs as an aligned table: a row for who listens already, ``-`` is EADDRINUSE."""
    places = list(dict.fromkeys(p.first for p in pairs))
    got = {(p.first, p.second): p.got for p in pairs}
    signs = {"listens too": "yes", "EADDRINUSE": "-"}
    rows = [[a, *(signs.get(got[a, b], got[a, b]) for b in places)] for a in places]
    return table([["listens already", *places], *rows])
