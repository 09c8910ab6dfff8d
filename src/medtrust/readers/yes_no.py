"""Yes or no: one parser for every closed question, and for options that say yes and no.

Evidence is asked for in this order, and the first that speaks decides:

1. a declaration ("Answer: yes", "so the answer would be no", "wait, no"); the last wins;
2. the beginning ("Yes, ...", "- No"), also behind a repeated question;
3. refusals and abstentions;
4. a last sentence, or the only word of its kind ("I would say yes");
5. a first sentence that is a statement: "There is no effusion", "not visible" and "no evidence of
   X" read as no, "There is an effusion" and "X is present" as yes.

A statement about normality ("it is not normal", "no abnormality is seen") answers yes to one
question and no to its opposite, and a statement with both polarities answers neither: both stay
unparsed. The reader does not know the question.
"""

from __future__ import annotations

import re

from medtrust.readers.plain_text import plain_text
from medtrust.readers.reading import Reading, answered, not_answered
from medtrust.readers.reasoning import final_part
from medtrust.readers.refusal import refuses

_YES = frozenset(
    (
        "yes",
        "y",
        "yeah",
        "yep",
        "true",
        "affirmative",
        "positive",
        "present",
        "correct",
        "absolutely",
        "certainly",
        "definitely",
    )
)
_END_OF_TEXT = 1500
_NO = frozenset(("no", "n", "nope", "false", "negative", "absent", "incorrect"))
_WORD = r"(?P<word>yes|no|true|false|yeah|yep|yup|nope|nah)"
_YES_WORDS = frozenset(("yes", "true", "yeah", "yep", "yup"))
_STOPS = " \t\r\n.,:;!*-\"'()[]"
_END = (
    r"(?=\s*(?:\Z|[.,;:!?)\]\"'}\n]|-"
    r"|\b(?:because|since|as|for|based|given|due|but|there|it|the)\b))"
)
_DECLARED = re.compile(
    r"(?:answers?\"?(?:\s+(?:to|for)\s+(?:the|this|your)\s+(?:[a-z]+\s+){0,3}?[a-z]+)?"
    r"(?:\s+(?:to the question|here))?(?:\s*[:=]|\s+(?:is|was|"
    r"(?:would|should|must|will|may|might|could)"
    r"(?: most)?(?: likely| probably| then| therefore)? be)\b:?|(?=\s+(?:yes|no)\b))"
    r"|\b(?:conclusion|verdict|final|result|response|prediction)(?:\s+is)?\s*:?"
    r"|\b(?:wait|actually|correction|i mean|therefore|thus|hence|so|likelihood is|"
    r"i would say|i'd say|i say|i think|i believe|i choose|my guess is|but|however|though)[,:]?)"
    rf"(?:\s|[\"'(\[*]){{0,4}}(?:(?:it is|it's|that|a|an|the answer is|most likely|likely|probably|"
    rf"still|definitely|clearly|simply|actually)[\s\"',:]{{1,3}}){{0,3}}{_WORD}\b{_END}"
)
_ANY_WORD = re.compile(rf"{_WORD}\b{_END}")
_LEAD = re.compile(
    r"[\s>#\"'`(\[•·*=.-]*+(?:\d{1,2}[.)])?[\s\"'(\[-]*+"
    r"(?:(?:well|sure|ok|okay|hmm|certainly|definitely|absolutely|most likely|likely|probably|oh)"
    rf"[\s,.!:-]{{1,3}}){{0,2}}{_WORD}\b(?P<stop>\s*(?:\Z|[.,;:!?)\]\"'}}\n-]))?"
)
_BOTH = re.compile(
    r"\b(?:yes(?:\s*/\s*|,? (?:and|or|but also)(?: maybe| also)? )no|no(?:\s*/\s*|,? (?:and"
    r"|or) )yes)\b"
)
_ECHO = re.compile(
    r"(?:\(\s*|\[\s*|[\"']\s*)?\byes\b[\"']?\s*(?:/|,|or)\s*[\"']?no\b(?:\s*\)|\s*\]|[\"'])?\s*[:?]"
    r"|[(\[]\s*yes\s*(?:/|,|or)\s*no\s*[)\]][.:?]?"
    r"|\b(?:a |an? simple )?[\"']?yes[\"']? or (?:a )?[\"']?no[\"']?\b(?! *\Z)"
)
_ONLY_BOTH = re.compile(r"(?=.*\byes\b)(?=.*\bno\b)(?:\W|\b(?:yes|no|and|or|both)\b)+\Z", re.DOTALL)
_LAST = re.compile(rf"(?:[.!?:\n]|\s-)[\s\"'(\[-]*{_WORD}[\s.!\"')\]]*\Z")
_NO_BUT_NOT = re.compile(r"no(?:\.\s?\d|\s(?:doubt|idea|answer|comment|longer|problem|matter)\b)")
_CORRECTED = re.compile(r"\b(?:wait|actually|correction|i mean|scratch that|on second thought)\b")
_NORMALITY = re.compile(
    r"\b(?:ab)?normal(?:ity|ities|ly)?\b|\bunremarkable\b|\bclear\b|\bintact\b|\bhealthy\b"
    r"|\bunchanged\b"
    r"|\bstable\b|\bwithin normal\b|\bunaffected\b|\bpreserved\b"
)
_NEGATIVE = re.compile(
    r"\bno (?!doubt|longer|idea|answer|change\b)\w+|\bnone\b|\bnot (?:any |clearly |definitely "
    r"|yet )?(?:visible|present|"
    r"seen|evident|identified|observed|noted|detected|visuali[sz]ed|shown|found|there|appear|show|"
    r"demonstrate|have|reveal|suggest|indicate|contain|see|exhibit|apparent|appreciated|involved|"
    r"enlarged|dilated|affected|any|an?\b|in the)|\b(?:is|are|was|were|does|do|did|has"
    r"|have)(?:n't| not)\b"
    r"|\b(?:can't|cannot|can not|don't|couldn't) (?:\w+ )?(?:see|find|identify|detect|appreciate"
    r"|be seen|"
    r"be identified|be found)\b|\babsent\b|\babsence of\b|\bwithout\b|\bfree of\b|\bnegative for\b"
    r"|\bnothing\b|\black of\b|\bnever\b|\bruled out\b|\bneither\b"
)
_AFFIRMATIVE = re.compile(
    r"\bthere(?:'s| is| are| was| were| appears? to be| seems? to be)\b|\bevidence of\b"
    r"|\bsigns? of\b"
    r"|\b(?:is|are|was|were|can be|appears?|seems?) (?:\w+ )?(?:present|visible|seen|evident"
    r"|identified|"
    r"observed|noted|detected|apparent|found|visuali[sz]ed)\b|\bi (?:can )?(?:see|find|identify) "
)
_DOUBLE = re.compile(
    r"\b(?:not|cannot|can't|n't)\s+(?:\w+\s+)?(?:rule|exclude|exclud|unlikely|absent|without|no)\w*"
)
_SENTENCE_END = re.compile(r"[.!?](?:\s|\Z)|\n")


def read_yes_no(text: str) -> Reading[bool]:
    """Read a yes/no answer.

    Returns:
        "ok" with True for yes and False for no; "refused" when the answer declines or abstains;
        "unparsed" when it says neither, both, or something that answers no yes/no question.
    """
    word = text.strip(_STOPS).lower()
    if word in _YES:
        return answered("only-word", yes=True)
    if word in _NO:
        return answered("only-word", yes=False)
    plain = plain_text(final_part(text)).strip().lower()
    return read_plain_yes_no(plain) if plain else not_answered("unparsed", "empty")


def read_plain_yes_no(lower: str) -> Reading[bool]:
    """`read_yes_no` for the final part of an answer, plain, stripped and lower-cased."""
    if "yes" in lower and "no" in lower:
        lower = _ECHO.sub(" ", lower).strip()
        if _BOTH.search(lower[:400]) or _ONLY_BOTH.match(lower[:100]) or not lower:
            return not_answered("unparsed", "both")
    word = lower.strip(_STOPS)
    if word in _YES or word in _NO:
        return answered("only-word", yes=word in _YES)
    if _ANY_WORD.search(lower) is None:
        return _leading(lower) or _abstained(lower) or _statement(lower)
    return (
        _declared(lower)
        or _leading(lower)
        or _abstained(lower)
        or _trailing(lower)
        or _statement(lower)
    )


def _of_word(match: re.Match[str], rule: str) -> Reading[bool]:
    return answered(rule, yes=match["word"] in _YES_WORDS)


def _declared(lower: str) -> Reading[bool] | None:
    # the last declaration wins, so the end of a long text is searched first
    for start in (len(lower) - _END_OF_TEXT, 0) if len(lower) > _END_OF_TEXT else (0,):
        last = None
        for match in _DECLARED.finditer(lower, start):
            last = match
        if last is not None:
            return _of_word(last, "declared")
    return None


def _leading(lower: str) -> Reading[bool] | None:
    question = lower.rfind("?")
    for start in (0, question + 1) if question >= 0 else (0,):
        match = _LEAD.match(lower, start)
        if match is None or match["word"] is None or _NO_BUT_NOT.match(lower, match.start("word")):
            continue
        stops = match["stop"] is not None or lower.startswith(" (", match.end("word"))
        if stops or match["word"] != "no":
            if match["word"] == "no" and _no_then_abstains(lower, match.end("word")):
                return not_answered("refused", "refusal")
            return _of_word(match, "leading-word")
    return None


def _no_then_abstains(lower: str, end: int) -> bool:
    """Whether "No" is about answering: "No, I cannot determine that" is no answer."""
    rest = lower[end:].lstrip(" ,.;:-")
    return rest.startswith(("i ", "i'm ", "it can", "this can", "that can")) and refuses(rest)


def _abstained(lower: str) -> Reading[bool] | None:
    return not_answered("refused", "refusal") if refuses(lower) else None


def _trailing(lower: str) -> Reading[bool] | None:
    match = _LAST.search(lower[-200:])
    if match is not None:
        return _of_word(match, "last-word")
    if "yes" in lower and re.search(r"\byes\b", lower) and not re.search(r"\b(?:no|not)\b", lower):
        return answered("only-mention", yes=True)
    return None


def _statement(lower: str) -> Reading[bool]:
    end = _SENTENCE_END.search(lower)
    sentence = lower[: end.start()] if end else lower
    sentence = sentence[:600]
    if _NORMALITY.search(sentence):
        return not_answered("unparsed", "ambiguous-statement")
    if _DOUBLE.search(sentence):
        return not_answered("unparsed", "ambiguous-statement")
    if _NEGATIVE.search(sentence):
        if re.search(r"\b(?:but|however|although|while|except|though)\b", sentence):
            return not_answered("unparsed", "ambiguous-statement")
        return answered("negative-statement", yes=False)
    if _AFFIRMATIVE.search(sentence):
        return answered("affirmative-statement", yes=True)
    return not_answered("unparsed", "nothing")
