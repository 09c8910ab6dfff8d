"""Option texts inside running text: which options an answer affirms, denies or concludes."""

from __future__ import annotations

from typing import NamedTuple

from medtrust.readers.languages.english import ENGLISH
from medtrust.readers.languages.language import Mentions
from medtrust.readers.languages.spoken import spoken_in
from medtrust.readers.option_set import OptionSet

_LOOK_BACK = 80
_ENGLISH: tuple[Mentions, ...] = (ENGLISH.choices.mentions,)


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
    phrases = _ENGLISH
    if not lower.isascii():
        phrases = tuple(language.choices.mentions for language in spoken_in(lower))
    for match in options.pattern.finditer(lower):
        text = options.text_of(match)
        if text.is_bare_yes_no or text.is_single_letter:
            continue
        places.append(match.span())
        start = match.start()
        before = lower[max(0, start - _LOOK_BACK) : start]
        if _is_denied(phrases, lower, before, match.end()):
            denied |= text.indices
            continue
        is_ambiguous = is_ambiguous or len(text.indices) > 1
        affirmed |= text.indices
        if text.declines:
            declining |= text.indices
        if _is_concluded(phrases, before):
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


def _is_denied(phrases: tuple[Mentions, ...], lower: str, before: str, end: int) -> bool:
    for said in phrases:
        if said.denied_after.match(lower, end):
            return True
        if said.denied_before.search(before) and not said.not_denied_before.search(before):
            return True
    return False


def _is_concluded(phrases: tuple[Mentions, ...], before: str) -> bool:
    for said in phrases:  # noqa: SIM110 - any() takes twice as long, and many texts come here
        if said.concluded_before.search(before):
            return True
    return False
