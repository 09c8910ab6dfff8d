"""Does an answer decline to answer? Scoped phrases, and the false friends of medical language.

A refusal is said by the model about itself ("I cannot view the image") or about the question ("this
cannot be determined from the image"). A finding is said about the patient: "the pleural line is
not visible", "the tube is not appropriately placed", "I cannot see any effusion" are answers.
"""

from __future__ import annotations

from functools import lru_cache

from medtrust.readers.languages.english import ENGLISH
from medtrust.readers.languages.language import Refusals
from medtrust.readers.languages.spoken import spoken_in
from medtrust.readers.plain_text import plain_text
from medtrust.readers.reasoning import final_part

_OPENING = 600
_CLOSING = 300


# several tasks and readings ask about one and the same answer
@lru_cache(maxsize=4096)
def is_refusal(text: str) -> bool:
    """Whether the answer declines, abstains or says that it does not know.

    Reads the final part of the text only (see `final_part`), and of a long one its first 600 and
    last 300 characters: refusals open or close an answer, and a long answer may quote one. A text
    that declares an answer ("Answer: B") is an answer whatever else it says, and so is one that is
    unsure, or is no doctor, and then answers ("I'm not sure, but probably yes"). An empty text is
    not a refusal. Reads English, and Chinese in texts with Chinese characters.
    """
    return refuses(plain_text(final_part(text)).lower())


def refuses(lower: str) -> bool:
    """`is_refusal` for a text that is plain and lower-cased already."""
    if len(lower) > _OPENING + _CLOSING:
        lower = f"{lower[:_OPENING]}\n{lower[-_CLOSING:]}"
    if lower.isascii():
        return _refuses_in(ENGLISH.refusals, lower)
    return any(_refuses_in(language.refusals, lower) for language in spoken_in(lower))


def _refuses_in(phrases: Refusals, lower: str) -> bool:
    if _holds_any(lower, phrases.declines_words) and phrases.declines.search(lower):
        return not _answers(phrases, lower)
    if _holds_any(lower, phrases.disclaims_words) and phrases.disclaims.search(lower):
        return not (phrases.describes.search(lower) or _answers(phrases, lower))
    if not (_holds_any(lower, phrases.unknown_words) and phrases.unknown.search(lower)):
        return False
    return not (phrases.answers_anyway.search(lower) or _answers(phrases, lower))


def _answers(phrases: Refusals, lower: str) -> bool:
    return phrases.answers_word in lower and phrases.answers.search(lower) is not None


def _holds_any(lower: str, words: tuple[str, ...]) -> bool:
    for word in words:  # noqa: SIM110 - any() takes twice as long, and every answer comes here
        if word in lower:
            return True
    return False
