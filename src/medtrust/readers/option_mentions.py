"""Option texts inside running text: which options an answer affirms, denies or concludes."""

from __future__ import annotations

import re
from typing import NamedTuple

from medtrust.readers.claim import DENIED
from medtrust.readers.option_set import OptionSet

_LOOK_BACK = 80
# at most four words between the negation and the option, and no comma or "but" among them
_DENIED_BEFORE = re.compile(
    r"(?:\bnot(?! only)|n't|\bno\b(?! doubt)|\bnever|\bcannot|\bwithout|\bneither|\bnor|"
    r"\brul(?:e|es|ed|ing) out|\bexclud(?:e|es|ed|ing)|\beliminat(?:e|es|ed|ing)|\brather than|"
    r"\binstead of|\bunlike|\babsence of|\bfree of|\bnegative for|\bless likely|\bunlikely|"
    r"\bagainst)(?:\s+(?!but\b|rather\b|however\b|because\b|since\b|cannot\b|and\b)[\w'-]+){0,4}"
    r"\s+[\"'(\[]*\Z"
)
_DOUBLE_NEGATION = re.compile(
    r"(?:\bnot|n't|\bcannot)\s+(?:be\s+|fully\s+|completely\s+){0,2}(?:rule out|exclude|eliminate)"
)
_CONCLUDED_BEFORE = re.compile(
    r"\b(?:most (?:likely|probably|consistent with|compatible with|suggestive of)|consistent with|"
    r"diagnosis of|conclude[sd]?(?: that)?(?: it is| this is)?|suggestive of|therefore|thus|hence|"
    r"so|indicates?|in favou?r of|final(?:ly)?)\W{1,3}(?:is\s+|it is\s+|this is\s+)?"
    r"(?:the\s+|an?\s+)?\Z"
)


class TextMentions(NamedTuple):
    """Options whose texts occur, by what is said of them, and the places of all occurrences."""

    affirmed: frozenset[int]
    denied: frozenset[int]
    concluded: frozenset[int]
    declining: frozenset[int]
    is_ambiguous: bool
    places: list[tuple[int, int]]


_NONE: frozenset[int] = frozenset()
_NOTHING = TextMentions(_NONE, _NONE, _NONE, _NONE, is_ambiguous=False, places=[])


def mentioned_texts(options: OptionSet, lower: str) -> TextMentions:
    """Find every option text in a lower-cased plain text; bare "yes" and "no" are left out."""
    affirmed: set[int] = set()
    denied: set[int] = set()
    concluded: set[int] = set()
    declining: set[int] = set()
    places: list[tuple[int, int]] = []
    is_ambiguous = False
    for match in options.pattern.finditer(lower):
        text = options.text_of(match)
        if text.is_bare_yes_no or text.is_single_letter:
            continue
        places.append(match.span())
        start = match.start()
        before = lower[max(0, start - _LOOK_BACK) : start]
        if DENIED.match(lower, match.end()) or (
            _DENIED_BEFORE.search(before) and not _DOUBLE_NEGATION.search(before)
        ):
            denied |= text.indices
            continue
        is_ambiguous = is_ambiguous or len(text.indices) > 1
        affirmed |= text.indices
        if text.declines:
            declining |= text.indices
        if _CONCLUDED_BEFORE.search(before):
            concluded |= text.indices
    if not places:
        return _NOTHING
    return TextMentions(
        frozenset(affirmed),
        frozenset(denied),
        frozenset(concluded),
        frozenset(declining),
        is_ambiguous=is_ambiguous,
        places=places,
    )
