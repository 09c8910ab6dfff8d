"""The confidence that an answer states as a number from 0 to 100."""

from __future__ import annotations

import re
from typing import Final

from medtrust.readers.plain_text import plain_text
from medtrust.readers.reading import Reading
from medtrust.readers.reasoning import final_part
from medtrust.readers.refusal import is_refusal

HIGHEST: Final = 100.0

_NUMBER: Final = r"(\d{1,3}(?:\.\d+)?)\s*(%|percent|per cent|/\s*100|out of 100|on 100)?"
_END: Final = r"\s*[.!*_]*\s*\Z"
_SCALE: Final = r"(?:\s*[(\[]\s*(?:from\s+)?0\s*(?:-|to|\.\.)\s*100\s*%?\s*[)\]])?"
_ALONE: Final = re.compile(
    rf"[\s*_\"'(~]*(?:(?:i am|i'm|about|approximately|roughly|~)\s+)*{_NUMBER}"
    r"(?:\s+(?:sure|certain|confident|confidence)"
    r"(?: (?:of|in|about) (?:it|this|that|my answer))?)?"
    rf"{_END}",
    re.IGNORECASE,
)
"""An answer that is a number and nothing that could change its meaning."""

_LABELLED: Final = re.compile(
    r"(?:.*[.!;,]\s+|\W*)(?:my )?(?:confidence|certainty)(?:\s+(?:score|level|rating))?"
    rf"(?: (?:in|of|about) (?:this|my|the) answer)?{_SCALE}\W{{0,6}}(?:is\s+)?(?<![-\d.,])"
    rf"{_NUMBER}{_END}",
    re.IGNORECASE,
)
"""A line that ends with the word and its number."""


def read_stated_number(text: str, *, labelled: bool) -> Reading[float]:
    """Read how sure an answer says that it is.

    Args:
        text: The model's answer; thinking blocks are taken away first.
        labelled: Whether the number stands behind the word confidence on a line of its own, because
            the answer holds other text; else the whole answer is the number, or such a line.

    Returns:
        "ok" with the value in [0, 1]; "refused" when the answer declines and holds no number;
        "unparsed" without a number from 0 to 100, with several different ones, or on another
        scale (7/10; also 0.85 and 1, which may be of 1 instead of 100). A value that cannot be read
        is missing, never 0.
    """
    plain = plain_text(final_part(text)).strip()
    lines = [line.strip() for line in plain.splitlines()]
    found = {match.groups() for line in lines if (match := _LABELLED.fullmatch(line))}
    if not labelled and (alone := _ALONE.fullmatch(plain)):
        found = {alone.groups()}
    if not found and is_refusal(plain):
        return Reading("refused", None, "refusal")
    if len(found) != 1:
        return Reading("unparsed", None, "no-number" if not found else "several-numbers")
    ((written, of_hundred),) = found
    value = float(written)
    if value > HIGHEST or (0 < value <= 1 and of_hundred is None):
        return Reading("unparsed", None, "other-scale")
    return Reading("ok", value / HIGHEST, "number")
