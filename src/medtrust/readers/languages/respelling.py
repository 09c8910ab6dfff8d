"""Announcements of every language in the words of the one that the choice reader knows."""

from __future__ import annotations

from medtrust.readers.languages.spoken import spoken_in


def respelled(plain: str) -> str:
    """A plain text with its announcements and verdicts in English: "answer is B", "B is wrong".

    Only they are respelled; option texts and everything else stay as they are. A text in English
    comes back as it is.
    """
    if plain.isascii():
        return plain
    for language in spoken_in(plain):
        for pattern, words in language.choices.respelled:
            plain = pattern.sub(words, plain)
    return plain.strip()
