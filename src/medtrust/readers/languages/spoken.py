"""Which languages a text may be in, by its script."""

from __future__ import annotations

import re

from medtrust.readers.languages.english import ENGLISH
from medtrust.readers.languages.language import Language

_IDEOGRAPH = re.compile("[\u3400-\u9fff\U00020000-\U0003fffd]")
# Japanese mixes ideographs with its own syllables; no table of ours is for it
_KANA = re.compile("[\u3041-\u309f\u30a1-\u30fa\u30fc-\u30ff]")
CHINESE_TABLES: tuple[Language, ...] = ()


def spoken_in(lower: str) -> tuple[tuple[Language, str], ...]:
    """The languages whose tables a plain, lower-cased text is read with, the most special first.

    Returns:
        Pairs of a language and the text in that language's spelling, of the same length. English is
        always the last: answers in every language may say "Yes" or "Answer: B".
    """
    if lower.isascii() or not _IDEOGRAPH.search(lower) or _KANA.search(lower):
        return ((ENGLISH, lower),)
    return ((ENGLISH, lower),)
