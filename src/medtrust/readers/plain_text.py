"""One plain spelling for what models write in Unicode, Markdown, LaTeX and HTML."""

from __future__ import annotations

import re
import unicodedata

from medtrust.readers.languages.script import ONE_SPELLING, evenly_spaced, has_ideographs

# seen by nobody: widths of nothing, directions, joiners, variants of a glyph, tags
_INVISIBLE = (
    "\u00ad\u034f\u061c\u115f\u1160\u180b\u180c\u180d\u180e\u200b\u200c\u200d\u200e\u200f"
    "\u202a\u202b\u202c\u202d\u202e\u2060\u2061\u2062\u2063\u2064\u2066\u2067\u2068\u2069"
    "\u206a\u206b\u206c\u206d\u206e\u206f\ufeff"
    + "".join(map(chr, range(0xFE00, 0xFE10)))
    + "".join(map(chr, range(0xE0000, 0xE0080)))
)
# After NFKC. U+0130 is the only character whose lower case is longer than itself: without it,
# positions in a text and in its lower case are the same.
_TYPOGRAPHY = str.maketrans(
    {
        **dict.fromkeys(
            "\u2018\u2019\u201a\u201b\u2032\u2035\u2039\u203a\u02b9\u02bb\u02bc\u02bd\u0060", "'"
        ),
        **dict.fromkeys("\u201c\u201d\u201e\u201f\u00ab\u00bb\u301d\u301e\u301f", '"'),
        **dict.fromkeys("\u3008\u3009\u300a\u300b\u300c\u300d\u300e\u300f", '"'),
        **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2043\u2212", "-"),
        **dict.fromkeys(_INVISIBLE, None),
        "\u3002": ".",
        "\u3001": ",",
        "\u3010": "[",
        "\u3011": "]",
        "\u3014": "(",
        "\u3015": ")",
        "\u3016": "[",
        "\u3017": "]",
        "\u2192": "->",
        "\u21d2": "=>",
        "\u0130": "I",
        **{chr(code): spelling for code, spelling in ONE_SPELLING.items()},
    }
)
_BLANKS = re.compile(r"[^\S\n]{2,}")
_MARKED = re.compile(r"[*`$\\#~<]|__|\b_")
_FONT = re.compile(
    r"\\(?:text|textbf|textit|textrm|mathrm|mathbf|mathit|mathsf|mathtt|operatorname|bm|bf|rm)\s*"
    r"\{([^{}]{0,400})\}"
)
_BOXED = re.compile(r"\\f?boxed\s*\{([^{}]{0,400})\}")
_BOX_TOKENS = re.compile(r"<\|begin_of_box\|>(.{0,400}?)<\|end_of_box\|>", re.DOTALL)
_DELIMITERS = re.compile(r"\\[()\[\],;:! ]|\$+|~~|`+|\*\*+|__+|\\(?=[#*_$])")
_EMPHASIS = re.compile(r"(?<![^\W_])([*_])(?=\S)([^*_\n]{1,200})(?<=\S)\1(?![^\W_])")
_LINE_MARKS = re.compile(r"^[ \t]*(?:#{1,6}|\*)[ \t]+", re.MULTILINE)
_TAGS = re.compile(r"</?(?:b|i|u|p|br|em|strong|span|div|code|h[1-6]|final)\b[^<>]{0,80}>", re.I)


def plain_text(text: str) -> str:
    r"""`text` in compatibility form (NFKC) with straight quotes and plain dashes, without markup.

    Full-width letters become ordinary ones, traditional Chinese characters simplified ones as far
    as the tables of phrases need it; Markdown emphasis, LaTeX fonts and HTML tags vanish, rows of
    blanks become one, and an answer in a `\boxed{}` becomes a line of its own that says "answer:".
    """
    if not text.isascii():
        # NFKC would make two characters, a blank and a combining one, of this apostrophe
        text = unicodedata.normalize("NFKC", text.replace("\u00b4", "'")).translate(_TYPOGRAPHY)
    if _MARKED.search(text):
        text = _without_markup(text)
    if not text.isascii() and has_ideographs(text):
        text = evenly_spaced(text)
    return _BLANKS.sub(" ", text) if "  " in text else text


def _without_markup(text: str) -> str:
    if "\\" in text:
        text = _BOXED.sub(r"\nanswer: \1\n", _FONT.sub(r"\1", text))
    if "<" in text:
        text = _TAGS.sub(" ", _BOX_TOKENS.sub(r"\nanswer: \1\n", text))
    text = _DELIMITERS.sub("", text)
    return _EMPHASIS.sub(r"\2", _LINE_MARKS.sub("", text))
