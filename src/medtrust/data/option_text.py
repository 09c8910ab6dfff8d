"""Options written as one string, golds written as letters or texts, option lists in questions."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from typing import Final

LETTERS: Final = "ABCDEFGHIJ"

_MARK: Final = r"\s*[:.)]\s*"
_YES_NO_TAIL: Final = re.compile(
    r"\s*(?:[\[(]\s*)?(?:"
    r"(?:please\s+)?(?:answer|respond|reply)\s*(?:only\s+)?(?:with\s+)?(?:only\s+)?:?\s*"
    r"['\"]?yes['\"]?\s*(?:or|/|\|)\s*['\"]?no['\"]?"
    r"|(?<=[\[(])yes\s*(?:or|/|,|\|)\s*no(?=\s*[\])])"
    r")\s*[\])]?\s*[.!]?\s*$",
    re.IGNORECASE,
)
_BRACKET_TAIL: Final = re.compile(
    r"\s*Please choose from the following (?:two|three|four) options: \[[^\]]*\]\s*$",
    re.IGNORECASE,
)
_LIST_INTRODUCTION: Final = re.compile(
    r"\s*(?:options?|choices?|answers?)\s*(?:are)?\s*:\s*$", re.I
)
LONGEST_LABEL: Final = 40
"""Characters at the end of a text in which an option's label is looked for."""

_LABEL_AT_END: Final = re.compile(r"\(?(\w+)\s*[:.)]$")
_LABEL_AT_START: Final = re.compile(r"\(?(\w+)\)?\s*[:.)]?\s*(.*)$", re.DOTALL)


@cache
def _marks(letter: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Where an option begins: after a comma or semicolon, or after blanks alone."""
    return (
        re.compile(rf"\s*[,;]\s*\(?{letter}{_MARK}"),
        re.compile(rf"\s*[,;.]?\s+\(?{letter}{_MARK}"),
    )


_FIRST: Final = re.compile(rf"\s*\(?A{_MARK}")


def parse_options(text: str) -> tuple[str, ...]:
    """Split ``A: x, B: y`` into option texts without letters.

    The letters must come in order, beginning with A. An option may hold commas and colons: a comma
    separates only where the next letter and ``:``, ``.`` or ``)`` follow it. Where no comma stands
    before B, blanks separate (``A. x B. y``).

    Args:
        text: The whole string.

    Returns:
        At least two option texts, or none when the string has not this form.
    """
    first = _FIRST.match(text)
    if first is None:
        return ()
    style = 0 if _marks("B")[0].search(text, first.end()) else 1
    options: list[str] = []
    start = first.end()
    for letter in LETTERS[1:]:
        mark = _marks(letter)[style].search(text, start)
        if mark is None:
            break
        options.append(text[start : mark.start()].strip())
        start = mark.end()
    options.append(text[start:].strip())
    if len(options) < 2 or not all(options):
        return ()
    return tuple(options)


def match_gold(gold: str, options: Sequence[str], labels: Sequence[str] = LETTERS) -> int | None:
    """Index of the option that a gold answer names.

    Understood, in this order: the option's text; the text in other case; the label alone (``D``,
    ``(D)``, ``D.``); label and text (``D: chest X-ray``, which must agree); a 0-based index.

    Args:
        gold: The gold answer as written.
        options: Option texts.
        labels: Labels of the options, in their order.

    Returns:
        The index, or None when the gold is no option.
    """
    wanted = gold.strip()
    if wanted in options:
        return list(options).index(wanted)
    folded = [option.strip().casefold() for option in options]
    if folded.count(wanted.casefold()) == 1:
        return folded.index(wanted.casefold())
    parts = _LABEL_AT_START.match(wanted)
    if parts is not None:
        for index, (label, option) in enumerate(zip(labels, folded, strict=False)):
            if parts[1].casefold() == label.casefold():
                return index if parts[2].strip().casefold() in {"", option} else None
    if wanted.isascii() and wanted.isdigit() and int(wanted) < len(options):
        return int(wanted)
    return None


def strip_option_list(
    question: str, options: Sequence[str], labels: Sequence[str] = LETTERS
) -> str:
    """The question without its own options repeated at the end.

    Args:
        question: Text of the question.
        options: Option texts.
        labels: Labels of the options, in their order.

    Returns:
        The question alone; unchanged when it does not end with exactly these options.
    """
    rest = question.rstrip().removesuffix("]").rstrip()
    for label, option in reversed(list(zip(labels, options, strict=False))):
        tail = option.strip()
        rest = _without_end(rest, tail)
        end = rest[-LONGEST_LABEL:]  # a search of the whole text would try every word of it
        mark = _LABEL_AT_END.search(end)
        if not tail or mark is None or mark[1].casefold() != label.casefold():
            return question
        rest = rest[: len(rest) - len(end) + mark.start()].rstrip(" \t\r\n,;")
    alone = _LIST_INTRODUCTION.sub("", rest.rstrip("[ ")).rstrip()
    return alone or question


def _without_end(text: str, tail: str) -> str:
    """The text before the tail, whatever case and final stop; empty when it ends otherwise."""
    for candidate in (text, text.removesuffix(".").rstrip()):
        head, end = candidate[: -len(tail)], candidate[-len(tail) :]
        if end.casefold() == tail.casefold():
            return head.rstrip()
    return ""


def strip_yes_no_request(question: str) -> str:
    """The question without "Answer yes or no." or a bracket list of options at its end."""
    alone = _YES_NO_TAIL.sub("", _BRACKET_TAIL.sub("", question)).strip()
    return alone or question
