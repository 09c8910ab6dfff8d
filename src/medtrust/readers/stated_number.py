"""The confidence that an answer states as a number from 0 to 100."""

from __future__ import annotations

import re
from typing import Final

from medtrust.readers.plain_text import plain_text
from medtrust.readers.reading import Reading
from medtrust.readers.reasoning import final_part
from medtrust.readers.refusal import is_refusal

HIGHEST: Final = 100.0

_NUMBER: Final = (
    r"(?<![\w.,])(\d{1,3}(?:\.\d+)?)(?!\w)(?!\.\d)\s*(?:%|percent\b|(?:/|out of)\s*(100)\b)?"
)
_ALONE: Final = re.compile(_NUMBER)
_LABELLED: Final = re.compile(
    r"\b(?:confidence|certainty|sureness)(?:\s+(?:score|level|rating))?\W{0,6}"
    rf"(?:is\s+|of\s+|in this answer\W{{0,3}}(?:is\s+)?)?{_NUMBER}",
    re.IGNORECASE,
)
_OTHER_SCALE: Final = re.compile(r"\d\s*(?:/|out of)\s*(?!100\b)\d", re.IGNORECASE)


def read_stated_number(text: str, *, labelled: bool) -> Reading[float]:
    """Read how sure an answer says that it is.

    Args:
        text: The model's answer; thinking blocks are taken away first.
        labelled: Whether the number must stand behind the word confidence, because the answer
            holds other text; else a number alone will do.

    Returns:
        "ok" with the value in [0, 1]; "refused" when the answer declines and holds no number;
        "unparsed" without a number from 0 to 100, with several different ones, or on another
        scale (7/10; also 0.85, which may be 85 of 100 or less than 1). A value that cannot be read
        is missing, never 0.
    """
    plain = plain_text(final_part(text)).strip()
    pattern = _LABELLED if labelled else _ALONE
    found = {float(match[1]) for match in pattern.finditer(plain)}
    if not labelled and len(found) != 1:
        # a sentence may hold other numbers, and say which one is meant
        named = {float(match[1]) for match in _LABELLED.finditer(plain)}
        found = named or found
    if not found and is_refusal(plain):
        return Reading("refused", None, "refusal")
    if len(found) != 1:
        return Reading("unparsed", None, "no-number" if not found else "several-numbers")
    (value,) = found
    if value > HIGHEST or 0 < value < 1 or _OTHER_SCALE.search(plain):
        return Reading("unparsed", None, "other-scale")
    return Reading("ok", value / HIGHEST, "number")
