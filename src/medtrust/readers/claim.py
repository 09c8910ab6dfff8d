"""What stands at one place of an answer: a letter, an option's text or both, or their denial."""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

from medtrust.readers.languages.english import DENIED
from medtrust.readers.option_set import OptionSet

ClaimKind = Literal["one", "several", "conflict", "outside", "refused"]


class Claim(NamedTuple):
    """A statement about the options, found at one place of a text.

    Attributes:
        kind: "one" option; "several" at once; letter and text that "conflict"; a letter "outside"
            this question's options; or that the answer cannot be told ("refused").
        end: Where the claim ends in the text.
        option: The option of a claim of kind "one", otherwise -1.
        by_letter: The option was named by its letter.
        negated: The claim denies the option.
    """

    kind: ClaimKind
    end: int
    option: int = -1
    by_letter: bool = False
    negated: bool = False


_OPENERS = r"[\s\"'(\[{<*:=>-]*"
LEAD_IN = re.compile(
    rf"{_OPENERS}(?:(?:definitely|clearly|most likely|most probably|likely|probably|certainly|"
    rf"indeed|therefore|simply|either|both|option|choice|letter|that|it's|it is|"
    rf"(?:the )?(?:correct|right|best) (?:answer|option|choice)(?: is|:)?|the|answer(?: is|:)?)"
    rf"(?![^\W_]){_OPENERS}){{0,4}}(?P<not>not\s+(?:the\s+|option\s+)?[\"'(\[]*)?"
)
_LETTER = re.compile(r"([a-z])(?![^\W_])(\s?[)\]}>\"'*]+)?")
_NUMBER = re.compile(r"([1-9]\d?)(?![^\W_]|[.,]\d)")
# what may follow a letter that is meant as a label, and not as a word of a sentence
AFTER_LETTER = re.compile(
    r"\s*\Z|[)\]}>]|\"(?!\w)|'(?!\w)|[,;!?|&+](?![^\W\d_]\w)|/|:|\.(?!\w)|\.(?=\d)|\s*\n"
    r"|\s+[-=(\[|&+/](?!\w)|\s+[(\[]|\s*-+>|-(?=\s)"
    r"|\s+(?:because|since|as|and|or|is|isn't|are|aren't|was|would be|could be|can be|seems"
    r"|appears|based|due|"
    r"given|which|but|with|for|rather|instead|over|here|from|on|in this|also|nor|too|not [a-z]\b)\b"
)
_ENDED = re.compile(r"[^\S\n]*(?:\Z|[\n.,;:!?)\]\"'-])")
_TO_TEXT = re.compile(r"[^\S\n]*[.,:;)\]}\"'(=*>-]*[^\S\n]*\n?[\s(\"'=-]{0,6}")
_LINK_TO_TEXT = re.compile(r"(?:is|option)\s+")
_TO_LETTER = re.compile(r"[\s,:-]{0,3}(?:[(\[]\s?(?:option |choice |answer )?|option |choice )")
_AND = re.compile(
    r"[)\]\"']?[^\S\n]*\(?(?:(?:[,/&+]|\band/or\b|\band\b|\bor\b)[^\S\n]*)+"
    r"(?:(?:possibly|maybe|perhaps|also|even|either|option|choice|the)\s+){0,2}[(\[\"']*"
)
_NEXT_LINE = re.compile(r"\s*\n\s*(?=[(\[\"']?[a-z][)\]\"'.]?\s*(?:\n|\Z))[(\[\"']?")
_BLANK = re.compile(r"[^\S\n]+[(\[\"']*")
_CANNOT_TELL = re.compile(
    r"\s*[\"']?(?:cannot|can't|can not|unclear|unknown|uncertain|indeterminate|undetermined|n/a|"
    r"inconclusive|not (?:clear|known|certain|possible|determinable|available|provided"
    r"|applicable))\b"
)
NONE_OF_THEM = re.compile(
    r"\b(?:none|neither) of (?:the )?(?:above|these|those|them|given|provided|listed|following|"
    r"options|choices|answers|candidates|two)\b|\bno (?:correct|right|suitable) (?:answer|option)\b"
)


def claim_at(
    options: OptionSet, plain: str, lower: str, place: int, *, only_letters: bool, any_case: bool
) -> Claim | None:
    """The claim that begins at `place` of a plain text, or None.

    Args:
        options: The options of the question.
        plain: The plain text.
        lower: The same in lower case.
        place: Where to read; quotes, brackets and filler words are skipped.
        only_letters: Do not look for option texts.
        any_case: A lower-case letter may be a label without brackets.
    """
    lead = LEAD_IN.match(lower, place)
    if lead is None:  # pragma: no cover - every part of the pattern is optional
        return None
    start, negated = lead.end(), lead["not"] is not None
    claim = None
    if lead.group().rstrip().endswith(("option", "choice")):
        claim = _number_claim(options, lower, start)
    if claim is None and not only_letters:
        claim = _text_claim(options, plain, lower, start)
    if claim is None:
        claim = _letter_claim(options, plain, lower, start, any_case=any_case)
    if claim is None:
        return None if only_letters else _no_option_claim(options, lower, start)
    if claim.kind == "one" and (negated or DENIED.match(lower, claim.end)):
        return claim._replace(negated=True)
    return claim


def _text_claim(options: OptionSet, plain: str, lower: str, start: int) -> Claim | None:
    match = options.pattern.match(lower, start)
    if match is None:
        return None
    text = options.text_of(match)
    if text.is_single_letter or is_letter_then_text(plain, start, match):
        return None
    end = match.end()
    label = _label_beside(options, lower, end)
    if label is not None:
        index, end = label
        if index in text.indices:
            return Claim("one", end, index, by_letter=True)
        return Claim("conflict", end)
    if len(text.indices) > 1 or _another_follows(options, plain, lower, end, text.indices):
        return Claim("several", end)
    return Claim("one", end, min(text.indices))


def _label_beside(options: OptionSet, lower: str, end: int) -> tuple[int, int] | None:
    """The letter right behind a text, as in "pneumonia (B)", and where it ends."""
    label = _TO_LETTER.match(lower, end)
    letter = _LETTER.match(lower, label.end()) if label else None
    if letter is None or not AFTER_LETTER.match(lower, letter.end(1)):
        return None
    index = ord(letter.group(1)) - ord("a")
    return (index, letter.end()) if index < options.count else None


def is_letter_then_text(plain: str, start: int, match: re.Match[str]) -> bool:
    """Whether "A Pneumonia" is a label and a text; in "A pneumonia" the A is an article."""
    place = match.start(match.lastindex or 0)
    return place == start + 2 and plain[start] == "A" and plain[place].isupper()


def _letter_claim(
    options: OptionSet, plain: str, lower: str, start: int, *, any_case: bool
) -> Claim | None:
    match = _LETTER.match(lower, start)
    if match is None:
        return None
    is_enclosed = match.group(2) is not None and start > 0 and plain[start - 1] in "([{<\"'"
    if not (any_case or is_enclosed or plain[start].isupper()):
        return None
    end = match.end()
    is_label = AFTER_LETTER.match(lower, match.end(1)) is not None
    if match.group(1) == "i" and not is_enclosed:
        is_label = lower[end : end + 1] in ("", ".", ")", ":", ",", "\n")  # not the pronoun
    if ord(match.group(1)) - ord("a") < options.count:
        return _option_letter(options, plain, lower, start, end, is_label=is_label)
    as_text = _single_letter_text(options, lower, start)
    if as_text is None and is_label and (is_enclosed or plain[start].isupper()):
        return Claim("outside", end, by_letter=True)
    return as_text


def _option_letter(
    options: OptionSet, plain: str, lower: str, start: int, end: int, *, is_label: bool
) -> Claim | None:
    index = ord(lower[start]) - ord("a")
    named = options.alone[index]
    beside = _text_beside(options, lower, end)
    if not is_label and beside is None:
        return None
    meant = options.text_of(beside).indices if beside else named
    own = options.pattern.match(lower, start)
    if own is not None and options.text_of(own).is_single_letter:
        meant = options.text_of(own).indices
    if index not in meant:
        return Claim("conflict", end, by_letter=True)
    if _another_follows(options, plain, lower, end, named) or (
        beside is not None and _another_follows(options, plain, lower, beside.end(), named)
    ):
        return Claim("several", end, by_letter=True)
    return Claim("one", end, index, by_letter=True)


def _single_letter_text(options: OptionSet, lower: str, start: int) -> Claim | None:
    match = options.pattern.match(lower, start)
    if match is None or len(options.text_of(match).indices) > 1:
        return None
    return Claim("one", match.end(), min(options.text_of(match).indices))


def _text_beside(options: OptionSet, lower: str, end: int) -> re.Match[str] | None:
    """The option text right behind a letter, as in "B. Pneumonia" or "B (pneumonia)"."""
    skipped = _TO_TEXT.match(lower, end)
    place = skipped.end() if skipped else end
    # "is" may lead to the text or be its first word
    link = _LINK_TO_TEXT.match(lower, place)
    match = options.pattern.match(lower, place)
    if link is not None and (match is None or not _ENDED.match(lower, match.end())):
        match = options.pattern.match(lower, link.end())
    if match is None or options.text_of(match).is_single_letter:
        return None
    return match if _ENDED.match(lower, match.end()) else None


def _number_claim(options: OptionSet, lower: str, start: int) -> Claim | None:
    match = _NUMBER.match(lower, start)
    if match is None:
        return None
    index = int(match.group(1)) - 1
    if index >= options.count:
        return Claim("outside", match.end(), by_letter=True)
    if match.group(1) in options.exact and options.exact[match.group(1)] != index:
        return Claim("conflict", match.end(), by_letter=True)
    return Claim("one", match.end(), index, by_letter=True)


def _no_option_claim(options: OptionSet, lower: str, start: int) -> Claim | None:
    none = NONE_OF_THEM.match(lower, start)
    if none is not None:
        if options.none is None:
            return Claim("outside", none.end())
        return Claim("one", none.end(), options.none)
    if _CANNOT_TELL.match(lower, start):
        return Claim("refused", start)
    return None


def _another_follows(
    options: OptionSet, plain: str, lower: str, end: int, named: frozenset[int]
) -> bool:
    """Whether "and", "or", a comma or a mere blank leads from one option on to a different one."""
    joint = _AND.match(lower, end)
    place = joint.end() if joint else None
    if place is None:
        blank = _BLANK.match(lower, end) or _NEXT_LINE.match(lower, end)
        if blank is None:
            return False
        place = blank.end()
    elif _is_other_text(options, lower, place, named):
        return True
    letter = _LETTER.match(lower, place)
    if letter is None or not AFTER_LETTER.match(lower, letter.end(1)):
        return False
    index = ord(letter.group(1)) - ord("a")
    is_label = plain[place].isupper() or (letter.group(2) is not None and plain[place - 1] in "([")
    is_label = is_label or (lower[end - 1 : end].isalpha() and not plain[end - 1].isupper())
    if not is_label or index >= options.count or index in named:
        return False
    return DENIED.match(lower, letter.end(1)) is None


def _is_other_text(options: OptionSet, lower: str, place: int, named: frozenset[int]) -> bool:
    match = options.pattern.match(lower, place)
    if match is None or options.text_of(match).is_single_letter:
        return False
    if options.text_of(match).indices & named:
        return False
    return DENIED.match(lower, match.end()) is None
