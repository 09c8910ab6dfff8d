"""One plain spelling for what models write in Unicode, Markdown, LaTeX and HTML."""

from __future__ import annotations

import re
import unicodedata

# After NFKC. U+0130 is the only character whose lower case is longer than itself: without it,
# positions in a text and in its lower case are the same.
_TYPOGRAPHY = str.maketrans(
    {
        **dict.fromkeys("\u2018\u2019\u201a\u201b\u2032\u02bc\u0060\u00b4", "'"),
        **dict.fromkeys("\u201c\u201d\u201e\u201f\u2033\u00ab\u00bb", '"'),
        **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212", "-"),
        **dict.fromkeys("\u200b\u200c\u200d\u2060\ufeff\u00ad\ufe0f", None),
        "\u3002": ".",
        "\u3001": ",",
        "\u3010": "[",
        "\u3011": "]",
        "\u2192": "->",
        "\u21d2": "=>",
        "\u0130": "I",
    }
)
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

    Full-width letters become ordinary ones, Markdown emphasis, LaTeX fonts and HTML tags vanish,
    and an answer in a `\boxed{}` becomes a line of its own that says "answer:".
    """
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text).translate(_TYPOGRAPHY)
    if _MARKED.search(text):
        text = _without_markup(text)
    return text


def _without_markup(text: str) -> str:
    if "\\" in text:
        text = _BOXED.sub(r"\nanswer: \1\n", _FONT.sub(r"\1", text))
    if "<" in text:
        text = _TAGS.sub(" ", _BOX_TOKENS.sub(r"\nanswer: \1\n", text))
    text = _DELIMITERS.sub("", text)
    return _EMPHASIS.sub(r"\2", _LINE_MARKS.sub("", text))
