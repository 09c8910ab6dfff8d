"""Where an answer announces its choice: "Answer: B", "I choose B", "so B", "B is correct"."""

from __future__ import annotations

import re
from typing import NamedTuple

from medtrust.readers.claim import AFTER_LETTER, Claim, claim_at
from medtrust.readers.languages.english import CUES, DENIED
from medtrust.readers.option_set import OptionSet

_VERDICT = re.compile(
    r"[\"')\]*]*(?:\s{0,2}(?:,|/|&|\band\b)\s{0,2}[(\[\"']{0,2}[a-z](?![^\W_])[)\]\"']{0,2}){0,8}"
    r"\s+(?:is|are|seems?(?: to be)?|appears?(?: to be)?|would be|looks?|must be|should be"
    r"|represents|"
    r"fits|matches|describes|it is)\b(?:\s+(?:the|a|an|my|clearly|definitely|indeed|probably"
    r"|therefore|"
    r"thus|only|most|more|single|both|also)){0,4}\s*"
    r"(?:correct|right|best|answer|likely|appropriate|accurate|true|plausible|probable|final"
    r"|choice|"
    r"option|better|\Z|[.!])"
)
_DENIED_BEFORE = re.compile(
    r"(?:\bnot(?: be)?|n't(?: be)?|\bcannot be|\bneither|\bnor|\brul(?:e|es|ed|ing) out"
    r"|\bexclud(?:e|es|ed|ing)|"
    r"\beliminat(?:e|es|ed|ing)|\brather than|\binstead of|\bunlike|\bdiscard(?:ed)?"
    r"|\breject(?:ed)?)"
    r"\s+(?:the\s+)?(?:options?\s+|choices?\s+|answers?\s+)?"
    r"(?:[(\[\"']{0,2}[a-z][)\]\"']{0,2}\s{0,2}(?:,|/|&|\band\b|\bor\b|\bnor\b){1,2}\s{0,2}"
    r"(?:and\s|or\s)?(?:options?\s)?){0,8}[(\[\"']{0,2}\Z"
)
_HYPOTHETICAL = re.compile(
    r"[)\]\"']*,?\s+(?:(?:which|that)\s+)?(?:would|could|might|may|refers|describes)\b"
)
_DENIALS = (
    "not",
    "n't",
    "nor",
    "rul",
    "xclud",
    "liminat",
    "rather",
    "instead",
    "neither",
    "unlike",
    "iscard",
    "eject",
)
_LOOK_BACK = 60


class Declared(NamedTuple):
    """A claim and the place where it is announced."""

    place: int
    claim: Claim


class Mentions(NamedTuple):
    """Options whose letters occur in a text, by what is said of them."""

    judged: frozenset[int]
    named: frozenset[int]
    denied: frozenset[int]


def strong_declarations(options: OptionSet, plain: str, lower: str) -> list[Declared]:
    """All claims that follow a word such as "answer" or "choose", in order of their places."""
    found: list[Declared] = []
    for word, pattern in CUES.strong:
        if word in lower:
            _collect(found, pattern, options, plain, lower, is_weak=False)
    if len(found) > 1:
        found.sort(key=_by_place)
    return found


def weak_declarations(options: OptionSet, plain: str, lower: str) -> list[Declared]:
    """All letters that follow a word such as "so" or "it is", in order of their places."""
    found: list[Declared] = []
    for word, pattern in CUES.weak:
        if word in lower:
            _collect(found, pattern, options, plain, lower, is_weak=True)
    if len(found) > 1:
        found.sort(key=_by_place)
    return found


def _by_place(declared: Declared) -> tuple[int, int]:
    return declared.claim.end, declared.place


def _collect(
    found: list[Declared],
    pattern: re.Pattern[str],
    options: OptionSet,
    plain: str,
    lower: str,
    *,
    is_weak: bool,
) -> None:
    for match in pattern.finditer(lower):
        start = match.start()
        if start and (lower[start - 1].isalnum() or lower[start - 1] == "-"):
            continue
        groups = match.groups()  # (bare, not), (not,) or none at all
        is_bare = len(groups) == 2 and groups[0] is not None
        claim = claim_at(
            options,
            plain,
            lower,
            match.end(),
            only_letters=is_weak or is_bare,
            any_case=not (is_weak or is_bare),
        )
        if claim is None:
            continue
        before = lower[max(0, start - _LOOK_BACK) : start]
        if CUES.disowned.search(before):
            continue
        if claim.kind == "one" and ((groups and groups[-1]) or CUES.refused.search(before)):
            claim = claim._replace(negated=True)
        found.append(Declared(start, claim))


def mentioned_letters(
    options: OptionSet, plain: str, lower: str, taken: list[tuple[int, int]]
) -> Mentions:
    """Letters anywhere in the text that are meant as labels.

    A letter counts when it is judged ("B is correct"), denied ("not B", "B is wrong"), in brackets
    or called an option; any other capital may be a word or a name. `taken` are the places of option
    texts, whose letters ("hepatitis B") are no labels.
    """
    judged: set[int] = set()
    named: set[int] = set()
    denied: set[int] = set()
    for match in options.mentions.finditer(plain):
        place = match.end() - 1
        if place and (plain[place - 1].isalnum() or plain[place - 1] == "_"):
            continue
        if any(start <= place < end for start, end in taken):
            continue
        index = ord(lower[place]) - ord("a")
        before = lower[max(0, place - _LOOK_BACK) : place]
        is_label = before.rstrip("\"'(").endswith(("option ", "choice ")) or _is_enclosed(
            plain, place
        )
        if DENIED.match(lower, place + 1) or (
            _is_denied_before(before) and (is_label or AFTER_LETTER.match(lower, place + 1))
        ):
            denied.add(index)
        elif _VERDICT.match(lower, place + 1):
            judged.add(index)
        elif is_label and not _HYPOTHETICAL.match(lower, place + 1):
            named.add(index)
    return Mentions(frozenset(judged), frozenset(named), frozenset(denied))


def _is_denied_before(before: str) -> bool:
    before = before[before.rfind(". ") + 1 :]
    for word in _DENIALS:
        if word in before:
            return _DENIED_BEFORE.search(before) is not None
    return False


def _is_enclosed(plain: str, place: int) -> bool:
    return plain[place - 1 : place] in ("(", "[", '"', "'") and plain[place + 1 : place + 2] in (
        ")",
        "]",
        '"',
        "'",
    )
