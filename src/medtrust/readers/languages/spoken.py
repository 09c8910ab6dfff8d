"""Which languages a text may be in, by its script."""

from __future__ import annotations

import re
from functools import cache

from medtrust.readers.languages.english import ENGLISH
from medtrust.readers.languages.language import Language
from medtrust.readers.languages.script import has_ideographs

# Japanese mixes ideographs with its own syllables; no table of ours is for it
_KANA = re.compile("[\u3041-\u309f\u30a1-\u30fa\u30fc-\u30ff]")
_ENGLISH: tuple[Language, ...] = (ENGLISH,)


def spoken_in(text: str) -> tuple[Language, ...]:
    """The languages whose tables a plain text is read with, the most special first.

    English is always among them: answers in every language may say "Yes" or "Answer: B".
    """
    if has_ideographs(text) and not _KANA.search(text):
        return _chinese_and_english()
    return _ENGLISH


@cache
def _chinese_and_english() -> tuple[Language, ...]:
    # only who meets a Chinese text pays for compiling its tables
    from medtrust.readers.languages.chinese import CHINESE

    return (CHINESE, ENGLISH)
