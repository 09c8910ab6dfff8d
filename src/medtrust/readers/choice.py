"""Which option an answer chooses: one parser for every multiple-choice question.

Evidence is asked for in this order, and the first that speaks decides:

1. a declaration ("Answer: B", "I choose (B)", "the correct option is pneumonia"); the last wins;
2. the answer's beginning: the letter ("B) ...") or the option's own text;
3. a last line or sentence that is nothing but a letter;
4. weak declarations ("so B") and verdicts ("B is correct");
5. "none of the above", refusals, and yes or no where the options are;
6. option texts and bracketed letters in running text, when exactly one is affirmed;
7. elimination: when all options but one are denied.

A letter beside another option's text ("B. Pneumonia" where pneumonia is A) is a conflict and stays
unparsed: nobody can say which of the two was meant, and guessing favours one kind of mistake.
Two options at once ("A and B", "A or B") stay unparsed likewise.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from medtrust.readers.claim import NONE_OF_THEM, Claim, claim_at, is_letter_then_text
from medtrust.readers.declaration import (
    Declared,
    mentioned_letters,
    strong_declarations,
    weak_declarations,
)
from medtrust.readers.languages.respelling import respelled
from medtrust.readers.option_mentions import TextMentions, mentioned_texts
from medtrust.readers.option_set import OptionSet, compile_options
from medtrust.readers.plain_text import plain_text
from medtrust.readers.reading import Reading, chosen, no_choice
from medtrust.readers.reasoning import final_part
from medtrust.readers.refusal import refuses
from medtrust.readers.yes_no import read_plain_yes_no

_EDGES = " .\n\t"
_BULLET = re.compile(r"[\s>#\"'`•·=-]*(?:\d{1,2}[.)]\s+(?=\S))?[\s>\"']*")
_LISTED = re.compile(r"(?:\A|[\s,;|(\[])([A-Z])[)\]]?[.:)\]]")
_LAST_LETTER = re.compile(
    r"(?:\n|[.!?:]\s|->)\s*[(\[\"']{0,2}([A-Z]|(?<=[(\[])[a-z])[)\]\"']{0,2}\s?[.!]?\s*\Z"
)
_LONE_LETTER = re.compile(
    r"\s*((?:[Tt]he\s|[Mm]y\s)?(?:[Ff]inal\s|[Cc]orrect\s|[Bb]est\s){0,2}[Aa]nswer(?:\sis|\s?:"
    r"|\sis:)\s)?"
    r"\s?[(\[{<\"'*`.-]{0,3}\s?([A-Z]|[a-z])\s?[)\]}>\"'*`]{0,3}[.,:;!]?[\"'*`]{0,3}\s*"
)
_TEXT_ENDED = re.compile(r"[\"')\]]*[^\S\n]*(?:\Z|[\n.,;!]|\s-|\s?\()")
_AFTER_TEXT = re.compile(r"[\s\"')\].!,;]*\Z")


def read_choice(text: str, options: Sequence[str]) -> Reading[int]:
    """Read which of `options` an answer chooses.

    Args:
        text: The model's answer; thinking blocks are taken away first.
        options: The options' texts as shown, without letters; letter A is the first.

    Returns:
        "ok" with the index of the chosen option; "refused" when the answer declines or abstains;
        "unparsed" when it names no option, several, one that this question does not have, or a
        letter and a text that disagree. The rule says which evidence decided.
    """
    compiled = compile_options(tuple(options))
    short = _short(compiled, text)
    if short is not None:
        return short
    plain = plain_text(final_part(text)).strip()
    if not plain:
        return no_choice("unparsed", "empty")
    lower = plain.lower()
    exact = _short(compiled, plain) or _exact_text(compiled, plain, lower)
    if exact is not None:
        return exact
    spoken = lower
    if not lower.isascii():
        plain = respelled(plain)
        lower = plain.lower()
    strong = strong_declarations(compiled, plain, lower)
    first = _declared(strong) or _leading(compiled, plain, lower) or _last_letter(compiled, plain)
    if first is not None:
        return first
    weak = weak_declarations(compiled, plain, lower)
    return _declared(weak) or _from_running_text(
        compiled, plain, lower, spoken, _denied(strong + weak)
    )


def _short(options: OptionSet, text: str) -> Reading[int] | None:
    """The commonest forms of a whole answer: a text, a letter, a letter and its text."""
    known = options.written.get(text.strip(_EDGES).lower())
    if known is not None:
        return known
    lone = _LONE_LETTER.fullmatch(text)
    return _lone_letter(options, lone) if lone is not None else None


def _lone_letter(options: OptionSet, match: re.Match[str]) -> Reading[int]:
    letter = match.group(2).lower()
    index = ord(letter) - ord("a")
    by_text = options.exact.get(letter)
    if by_text is not None and by_text != index:
        # the options are letters themselves (blood groups, panels): the label may be meant or not
        if index >= options.count:
            return chosen(by_text, "option-text")
        return no_choice("unparsed", "conflict")
    if index >= options.count:
        return no_choice("unparsed", "no-such-option")
    return chosen(index, "declared-letter" if match.group(1) else "only-letter")


def _exact_text(options: OptionSet, plain: str, lower: str) -> Reading[int] | None:
    index = options.exact.get(lower)
    if index is None:
        index = options.exact.get(lower.strip(" .\"'!"))
    if index is not None:
        return chosen(index, "option-text")
    match = options.pattern.match(lower)
    if match is None or not _AFTER_TEXT.match(lower, match.end()):
        return None
    if is_letter_then_text(plain, 0, match):
        return None
    text = options.text_of(match)
    if text.is_single_letter:
        return None
    if len(text.indices) > 1:
        return no_choice("unparsed", "several")
    return chosen(min(text.indices), "option-text")


def _claimed(claim: Claim, letter_rule: str, text_rule: str) -> Reading[int]:
    if claim.kind == "one":
        return chosen(claim.option, letter_rule if claim.by_letter else text_rule)
    if claim.kind == "refused":
        return no_choice("refused", "refusal")
    if claim.kind == "outside":
        return no_choice("unparsed", "no-such-option" if claim.by_letter else "none-of-them")
    return no_choice("unparsed", claim.kind)


def _declared(found: list[Declared]) -> Reading[int] | None:
    for declared in reversed(found):
        if not declared.claim.negated:
            return _claimed(declared.claim, "declared-letter", "declared-text")
    return None


def _denied(found: list[Declared]) -> frozenset[int]:
    return frozenset(declared.claim.option for declared in found)


def _leading(options: OptionSet, plain: str, lower: str) -> Reading[int] | None:
    bullet = _BULLET.match(plain)
    start = bullet.end() if bullet else 0
    claim = claim_at(options, plain, lower, start, only_letters=False, any_case=False)
    if claim is None and plain[start + 1 : start + 2] in (")", "]", ".", ":"):
        claim = claim_at(options, plain, lower, start, only_letters=True, any_case=True)
    if claim is None or claim.negated or claim.kind == "refused":
        return None
    if claim.by_letter:
        if claim.kind == "one" and claim.option == 0 and _lists_options(options, plain, lower):
            return None
        return _claimed(claim, "leading-letter", "option-text")
    match = options.pattern.match(lower, start)
    if match is not None and options.text_of(match).is_bare_yes_no:
        return None
    if claim.kind == "one" and not _TEXT_ENDED.match(lower, claim.end):
        return None
    return _claimed(claim, "leading-letter", "option-text")


def _lists_options(options: OptionSet, plain: str, lower: str) -> bool:
    """Whether the text repeats the list of options: A, then B, neither judged."""
    letters = [(match.group(1), match.end()) for match in _LISTED.finditer(plain[:2000])]
    if len(letters) < 2 or letters[0][0] != "A" or letters[1][0] != "B":
        return False
    second = options.pattern.match(lower, letters[1][1] + 1)
    if second is not None and 1 in options.text_of(second).indices:
        return True
    following = lower[letters[1][1] : letters[1][1] + 200].split("\n", 1)[0]
    return not re.search(r"\b(?:incorrect|wrong|not|unlikely|ruled out|no)\b", following)


def _last_letter(options: OptionSet, plain: str) -> Reading[int] | None:
    match = _LAST_LETTER.search(plain[-60:])
    if match is None:
        return None
    index = ord(match.group(1).lower()) - ord("a")
    if index >= options.count:
        return None
    before = plain[: max(0, len(plain) - 60) + match.start(1)]
    others = {line.strip(" ()[].*") for line in before.splitlines()}
    if any(len(line) == 1 and line.isupper() and line != match.group(1) for line in others):
        return no_choice("unparsed", "several")
    return chosen(index, "last-letter")


def _from_running_text(
    options: OptionSet, plain: str, lower: str, spoken: str, denied: frozenset[int]
) -> Reading[int]:
    texts = mentioned_texts(options, lower)
    letters = mentioned_letters(options, plain, lower, texts.places)
    if letters.judged:
        return _only(letters.judged, "verdict")
    if NONE_OF_THEM.search(lower) and not texts.affirmed - {options.none}:
        if options.none is None:
            return no_choice("unparsed", "none-of-them")
        return chosen(options.none, "none-of-them")
    if not texts.declining and refuses(spoken):
        return no_choice("refused", "refusal")
    if options.yes is not None and not _lists_options(options, plain, lower):
        answer = read_plain_yes_no(spoken)
        if answer.status == "ok":
            return chosen(options.yes if answer.value else options.no, "yes-no")
    return _only_affirmed(options, texts, letters.named, letters.denied | denied)


def _only(indices: frozenset[int], rule: str) -> Reading[int]:
    if len(indices) == 1:
        return chosen(min(indices), rule)
    return no_choice("unparsed", "several")


def _only_affirmed(
    options: OptionSet, texts: TextMentions, named: frozenset[int], denied: frozenset[int]
) -> Reading[int]:
    denied = denied | texts.denied
    affirmed = texts.affirmed - denied
    if texts.is_ambiguous or (texts.affirmed and not affirmed):
        return no_choice("unparsed", "conflict")
    if len(affirmed) > 1 and len(texts.concluded - denied) == 1:
        affirmed = texts.concluded - denied
    labels = named - denied
    if len(affirmed) == 1 and labels and labels != affirmed:
        return no_choice("unparsed", "conflict")
    if affirmed:
        return _only(affirmed, "option-text")
    if labels:
        return _only(labels, "only-letter")
    remaining = frozenset(range(options.count)) - denied
    if denied and len(remaining) == 1:
        return chosen(min(remaining), "negation-elimination")
    return no_choice("unparsed", "nothing")
