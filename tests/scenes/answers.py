"""Wrong answers of readers, each to be met with a sentence of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest


def each_once(
    answers: Sequence[tuple[Callable[..., Any], str]], again: int
) -> pytest.MarkDecorator:
    """Every wrong answer in namespaces, and the first few in bench mode too."""
    cases = [(False, *answer) for answer in answers] + [(True, *a) for a in answers[:again]]
    names = [f"{getattr(f, '__name__', f)}-{'bench' if b else 'namespaces'}" for b, f, _ in cases]
    return pytest.mark.parametrize(
        ("in_bench", "function", "sentence"), cases, ids=names, indirect=["in_bench"]
    )
