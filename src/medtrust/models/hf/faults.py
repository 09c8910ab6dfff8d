"""What code that is not ours may raise over one question, one folder or one template."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

FOREIGN: Final = (
    ArithmeticError, AssertionError, AttributeError, LookupError, NotImplementedError,
    RuntimeError, TypeError, ValueError,
)  # fmt: skip
"""Faults of templates, processors and models. Running out of memory is no such fault."""

_WINDOW: Final = 12
_LONGEST: Final = 160


def kind_of(error: BaseException) -> str:
    """The kind of a fault, without its words."""
    return type(error).__name__


def told(error: BaseException, texts: Iterable[str]) -> str:
    """A fault in words that quote nothing of what was asked; else its kind alone.

    Args:
        error: What was raised.
        texts: What no log may hold.
    """
    lines = str(error).strip().splitlines()
    line = lines[0].rstrip(".: ")[:_LONGEST] if lines else ""
    if not line or len(lines) > 1 or any(_quotes(line, text) for text in texts):
        return kind_of(error)
    return f"{kind_of(error)}: {line}"


def _quotes(line: str, text: str) -> bool:
    """Whether a line holds a dozen letters in a row of a text, or all of a shorter one."""
    windows = range(max(1, len(text) - _WINDOW + 1))
    return any(text[place : place + _WINDOW] in line for place in windows if text.strip())
