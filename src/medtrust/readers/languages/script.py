"""Scripts that are written without blanks between words."""

from __future__ import annotations

import re

IDEOGRAPHS = "\u3007\u3400-\u9fff\U00020000-\U0003fffd"
"""Inside of a character class: Chinese characters in compatibility form."""

_IDEOGRAPH = re.compile(f"[{IDEOGRAPHS}]")
_WIDE_BLANKS = re.compile(rf"(?<=[{IDEOGRAPHS}])[^\S\n]+(?=[{IDEOGRAPHS}])")
_SEAMS = re.compile(rf"(?<=[{IDEOGRAPHS}])(?=[a-zA-Z0-9])|(?<=[a-zA-Z0-9.,;:!?])(?=[{IDEOGRAPHS}])")


def has_ideographs(text: str) -> bool:
    """Whether a text holds at least one Chinese character."""
    return not text.isascii() and _IDEOGRAPH.search(text) is not None


def evenly_spaced(text: str) -> str:
    """No blank between Chinese characters, and one between them and Latin letters or digits.

    Writers differ in both, and "答案是B" has a letter B in it only when it ends at a blank.
    """
    return _SEAMS.sub(" ", _WIDE_BLANKS.sub("", text))
