"""Does an answer say that it is sure? Statements about confidence, with their false friends.

A statement is made by the speaker about the answer ("I am quite sure", "my confidence is low",
"I may be wrong") or is a number on a scale ("90% confident", "confidence: 7/10"). A word alone is
none: "certain findings", "make sure to", "uncertain margins" and "likely pneumonia" say nothing
about confidence. English only.

How opposite statements are settled: a clause that concedes ("although I may be wrong") gives way
to the others; a later statement that corrects ("..., but", "wait", "however") wins; anything else
stays unparsed. A plain statement wins over the "yes" or "no" that it follows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from medtrust.readers.plain_text import plain_text
from medtrust.readers.reading import Reading, answered, not_answered
from medtrust.readers.reasoning import final_part
from medtrust.readers.refusal import is_refusal
from medtrust.readers.yes_no import read_yes_no

_ENOUGH: Final = 0.5
_LOOK_BACK: Final = 60

_DEGREE = (
    r"(?:(?:very|quite|so|absolutely|completely|entirely|fully|totally|pretty|fairly|reasonably|"
    r"rather|highly|extremely|perfectly|relatively|moderately|mostly|really|truly|still|also|now|"
    r"actually|just|most|always|more|too|all that|that|at all|yet|quite so|clinically|honestly|"
    r"100 ?%|100 percent|one hundred percent|a hundred percent|hundred percent),?\s+){0,3}"
)
_AFTER = (
    r"(?=\s*(?:\Z|[.,;:!?)\]\"'\n-]|(?:about|of|that|whether|if|in|on|with|this|these|it|its|it's|"
    r"there|the|my|i|i'm|he|she|as|because|since|but|and|or|nor|enough|without|from|given|for|"
    r"here|what|which|how|is|no|not|at|to (?:say|state|answer|conclude|call|make))\b))"
)
_STATE = rf"(?:sure|certain|confident|convinced){_AFTER}"
_I_AM = (
    r"\b(?:(?:i|we)\s?(?:'m|'re|am|are|was|were|remain|feel|felt|have been)"
    r"|(?:this|the) (?:model|assistant|system) (?:is|feels))\s+"
)
_ANSWER = (
    r"(?:it|this|that|i|we|(?:my|this|the|our) (?:(?:own|previous|earlier|first|final) )?"
    r"(?:answer|response|assessment|conclusion|interpretation|impression|diagnosis|reading|"
    r"analysis|statement))"
)
_CANNOT = (
    r"(?:cannot|can't|can not|could not|couldn't|(?:am |is |are |'m )?(?:unable|not able) to|"
    r"(?:impossible|not possible|hard|difficult|tough|challenging|not easy) (?:for me )?to)"
)
_SURELY = (
    r"(?:with (?:(?:any|absolute|complete|full|total|great|high|real|certain|100 ?%|a high degree"
    r" of|any degree of) )?(?:certainty|confidence)|for (?:sure|certain)|definitively|confidently)"
)
_LIMITED = r"(?:low|lower|limited|little|moderate to low|poor|weak|reduced|not much|minimal|no)"
_AMPLE = (
    r"(?:(?:very |quite |fairly |reasonably )?(?:high|strong)|full|complete|great|absolute|utmost"
    r"|total|considerable|every)"
)
_MEASURE = r"(?:confidence|certainty)(?! (?:interval|limit|bound|band)s?\b)"
_NUMBER = r"(?P<number>\d{1,3}(?:\.\d{1,4})?)"
_BELOW = r"(?P<below>(?:(?:less|lower) than|under|below|at most)\s+)?"

_UNSURE: Final = re.compile(
    rf"{_I_AM}(?:not(?! (?:just|only)\b)|never|n't|hardly|barely|far from|anything but) "
    rf"{_DEGREE}(?:a |an )?{_STATE}"
    rf"|{_I_AM}{_DEGREE}(?:a (?:bit|little) )?(?:unsure|uncertain|doubtful|unconvinced|hesitant|"
    rf"not\W+(?:\d+ ?%|fully|entirely|completely)|(?:(?:less|only|somewhat|slightly|partly|"
    rf"partially|a little|a bit|barely|hardly)\s+){{1,2}}{_STATE})\b"
    rf"|\b(?:i|we) (?:do not|don't|did not|didn't|cannot|can't|would not|wouldn't) "
    rf"(?:[\w']+ ){{0,3}}?{_DEGREE}{_STATE}"
    rf"|(?:\A|[.!?;\n]|,|\b(?:but|and|though|although|no)\b|- )\W{{0,6}}(?:i'm )?(?:still )?"
    r"not (?!just|only)"
    rf"{_DEGREE}{_STATE}"
    r"|(?:\A|[.!?;\n])\W{0,6}(?:no\W{1,6})?(?:very |quite |somewhat |rather )?(?:unsure|uncertain)"
    r"(?=\s*(?:\Z|[.,;:!\n-]|(?:about|whether|if|of|on)\b))"
    rf"|\b{_CANNOT} (?:\w+ ){{0,2}}?(?:be|feel) {_DEGREE}{_STATE}"
    rf"|\b(?:i|we|it) ?{_CANNOT} (?:(?:fully|really|definitively|independently|personally|"
    r"absolutely|currently) )?(?:confirm|guarantee|verify|vouch|ascertain|promise)\b"
    r"|\b(?:it|this|that|answer|diagnosis|assessment|response) (?:cannot|can't|can not|could not)"
    r" be (?:\w+ )?(?:confirmed|verified|guaranteed)\b"
    rf"|\b{_CANNOT} [^.!?\n]{{0,80}}?\b{_SURELY}\b|\bnot (?!definitively){_SURELY}\b"
    rf"|\b(?:do not|don't) [^.!?\n]{{0,40}}?\b{_SURELY}\b"
    rf"|\b{_ANSWER}(?:'s)? (?:(?:may|might|could) (?:very )?(?:well )?be|(?:is|are) (?:likely|"
    r"possibly|probably|perhaps)) (?:\w+ ){0,2}?(?:wrong|mistaken|incorrect|inaccurate|in error|"
    r"erroneous|unreliable|off)\b"
    rf"|\b{_ANSWER} (?:may|might|could) (?:well )?(?:have (?:made|misread|missed|misinterpreted|"
    r"overlooked|been (?:wrong|mistaken|incorrect))|contain|not be (?:\w+ )?(?:correct|accurate|"
    r"right|reliable|sure|certain))\b"
    rf"|\b{_ANSWER}(?:'s| is| remains| was| seems| are)(?:n't)? {_DEGREE}(?:not {_DEGREE}"
    rf"(?:sure|certain)|uncertain|unsure|tentative|a guess)"
    r"(?=\s*(?:\Z|[.,;:!\n-]|(?:that|whether|if|about|as|because|at|but|and|without|from)\b))"
    r"|\b(?:only|just|merely) (?:a|my(?: best)?) (?:\w+ )?guess\b|\bi(?:'m| am) (?:only |just )?"
    r"guessing\b"
    r"|\bno (?:certain|sure|definite|definitive|reliable) (?:way|answer)\b"
    r"|\bno way (?:to|of) (?:be|being|know|knowing|tell|telling|confirm|confirming)\b"
    r"|\bno (?:certainty|guarantee)\b|\black (?:of )?(?:certainty|confidence)\b"
    r"|\bthere(?:'s| is| remains) (?:still |always )?(?:some |considerable |a degree of |"
    r"significant |much |a lot of |room for |a chance |a possibility )?(?:that (?:i|my)[^.!?\n]"
    r"{0,20}? wrong|uncertainty|doubt|error)\b"
    r"|\b(?:i|we) (?:do )?(?:still )?have (?:some |my |serious |a few |many |considerable |"
    r"reasonable )?(?:doubts?|uncertainty|reservations|"
    rf"{_LIMITED} (?:confidence|certainty))\b"
    rf"|\bwith {_LIMITED} (?:degree of |level of )?{_MEASURE}|\b{_LIMITED} {_MEASURE}"
    rf"|\b{_MEASURE}(?: level| score)?(?: in [^.,;:\n]{{1,40}}?)?\s?(?:[:=]|-|is|would be|remains)"
    r"\s*(?:very |quite |rather |fairly |relatively |only )?(?:low|limited|poor|moderate to low|"
    r"not (?:very )?high|none)\b"
    r"|\b(?:needed|required|necessary|recommended|warranted) to be (?:\w+ )?(?:sure|certain)\b"
    rf"|\b(?:do not|don't|without) (?:have )?(?:enough|sufficient|much|any|the) {_MEASURE}"
    r"|\bi (?:would )?(?:need|require) [^.,;!?\n]{1,60}? to be (?:\w+ )?"
    r"(?:sure|certain|confident)\b"
    r"|\btake (?:this|it|my answer) with (?:a grain|caution)\b"
)
_SURE: Final = re.compile(
    rf"{_I_AM}{_DEGREE}(?:{_STATE}|positive(?=\s*(?:\Z|[.,!\n]|(?:that|about)\b)))"
    r"(?! (?:that )?(?:you|your)\b)"
    rf"|(?:\A|[.!?;\n]|\b(?:yes|yeah|no|yep)\b|- )\W{{0,6}}(?:very|quite|absolutely|completely"
    rf"|entirely|"
    r"fully|totally|pretty|fairly|reasonably|highly|extremely|100 ?%|100 percent) "
    rf"{_DEGREE}{_STATE}"
    r"|(?:\A|[.!?;\n]|\b(?:yes|yeah|no)\b)\W{0,6}confident(?=\s*(?:\Z|[.,!\n]|(?:that|in|about)\b))"
    rf"|\b(?:it|this|that|which)(?:'s| is) {_DEGREE}(?:certain)(?=\s*(?:\Z|[.,;!\n]|that\b))"
    rf"|\b{_ANSWER}(?:'s| is) {_DEGREE}(?:certain|definitive|final)(?=\s*(?:\Z|[.,;!\n]))"
    rf"|\b(?:with|have|has|having|of|in) {_AMPLE}(?: degree of| level of)? {_MEASURE}"
    rf"|\b(?:high|full|strong|very high) (?:degree of |level of )?{_MEASURE}"
    rf"|\b{_MEASURE}(?: level| score)?(?: in [^.,;:\n]{{1,40}}?)?\s?(?:[:=]|-|is|would be|remains)"
    r"\s*(?:very |quite |rather |fairly |relatively )?(?:high|strong|absolute|full|complete)\b"
    r"|\b(?:there(?:'s| is)|i have|i've|we have) (?:absolutely |really |"
    r"little or |very little or )?no (?:doubts?|"
    r"uncertainty|question about)\b"
    r"|\b(?:without|beyond) (?:a |any |all )?(?:reasonable |shadow of a )?(?:doubt|uncertainty)\b"
    r"|\bi(?: can|'d| would| do|'m able to| am able to)? (?:\w+ )?(?:confidently|(?:say|state|"
    r"confirm|conclude|answer|assert) (?:\w+ ){0,4}?(?:with (?:\w+ )?(?:certainty|confidence)|"
    r"for (?:sure|certain)))\b"
    r"|\bi (?:can |do |hereby )?(?:fully )?(?:confirm|guarantee)(?! (?:whether|if)\b)"
    r"|\bi (?:would |will |still )?(?:stand by|maintain|stick (?:to|with)) (?:my|this|the|that) "
    r"(?:\w+ )?(?:answer|response|assessment|statement|conclusion)\b"
)
_SHARE: Final = re.compile(
    rf"{_BELOW}(?<![\d.]){_NUMBER}\s?(?P<unit>%|percent|per cent) (?:\w+ )?"
    rf"(?:sure|certain|confident|{_MEASURE})\b"
)
_SCALE: Final = re.compile(
    rf"\b{_MEASURE}(?: (?:level|score|rating|estimate))?(?:\s?\([^()\n]{{1,30}}\))?"
    r"(?: in (?:my|this|the|that) [^\W\d]+(?: [^\W\d]+)?)?"
    r"\s*(?:[:=]|-|(?:is|of|at|as|would be)\b)?\s*"
    r"(?:(?:about|around|approximately|approx\.|roughly|~|nearly|almost|over)\s*)?"
    rf"{_BELOW}{_NUMBER}(?![\d.]*\d)\s?(?P<unit>%|percent|per cent|(?:/|out of)\s?\d{{1,3}}\b)?"
)
_NOT_MEANT: Final = re.compile(
    r"\b(?:if|unless|until|whether|before|once|when|so that|wish|asked|asking|you say|as though)"
    r"\s+(?:\w+\s+){0,2}\Z"
)
_CONCEDES: Final = re.compile(
    r"\b(?:although|though|even though|even if|while|whilst|despite)\b[^.!?;,\n]{0,40}\Z"
)
_CORRECTS: Final = re.compile(
    r"\b(?:but|however|actually|wait|correction|on second thoughts?|nevertheless|nonetheless|"
    r"that said|having said|on reflection|yet|in fact|rather|now|i take (?:that|it) back|"
    r"scratch that|looking (?:again|closer|more closely))\b"
)
_YES_ONLY: Final = re.compile(
    r"\W*(?:(?:yes|yeah|yep)\W+)?(?:i (?:am|do|was)|sure|certain|of course|indeed|confident|"
    r"positive|certainly|absolutely|definitely|100 ?%|"
    r"(?:very|quite|pretty|totally) much so|very)\W*\Z"
)
_NO_ONLY: Final = re.compile(
    r"\W*(?:no\W+)?(?:i(?:'m| am| was| do) not|i don't(?: think so)?|i doubt (?:it|that)|"
    r"not (?:really|entirely|completely|fully|totally|at all|exactly|quite|100 ?%|necessarily|very"
    r"|so much))\W*\Z"
)
_KEEPS: Final = re.compile(
    rf"\b{_ANSWER} (?:is|was|remains) {_DEGREE}(?:correct|accurate|right)\b"
    r"|\bi (?:answered|have answered) (?:\w+ ){0,3}(?:accurately|correctly)\b"
)
_TAKES_BACK: Final = re.compile(
    rf"\b{_ANSWER} (?:is|was|were|are)(?:n't| not)? (?:{_DEGREE}(?:incorrect|wrong|mistaken|"
    r"inaccurate)|not (?:\w+ )?(?:correct|accurate|right))\b"
    rf"|\b{_ANSWER} (?:isn't|wasn't) (?:\w+ )?(?:correct|accurate|right)\b"
    r"|\bi (?:have )?(?:made|must have made) (?:a|an) (?:\w+ )?(?:mistake|error)\b"
    r"|\b(?:apologi[sz]e|sorry|apologies) for (?:the|my|any) (?:\w+ )?"
    r"(?:mistake|error|confusion)\b"
)
_HINTS: Final = (
    "sure", "certain", "confiden", "convinced", "positive", "doubt", "wrong", "mistake", "confirm",
    "correct", "guarantee", "verif", "vouch", "guess", "no way", "error", "hesitant", "stand by",
    "definit", "not be", "may have", "might have", "could have", "ascertain", "promise",
    "reservation", "maintain", "stick ", "accurate", "contain", "tentative", "off", "reliable",
    "caution", "a grain",
)  # fmt: skip
_BARE_RULES: Final = frozenset({"only-word", "leading-word", "last-word", "declared"})


class _Statement(NamedTuple):
    start: int
    end: int
    sure: bool
    rule: str


def read_confidence(text: str, *, asked: bool = False) -> Reading[bool]:
    """Whether an answer says that it is sure of itself.

    "Fairly", "quite" and "reasonably" confident are sure; "somewhat", "only" and "not 100%" are
    not. A number counts as sure above one half of its scale; a number without a scale is read
    where only one scale can be meant (0.8, 85), else left alone.

    Args:
        text: The answer.
        asked: The answer replies to a direct "are you sure?", so that a bare "yes", "no",
            "I am" or "not really" counts, and so does standing by the answer or taking it back.

    Returns:
        "ok" with True (sure) or False (unsure, may be wrong, cannot confirm, abstains, refuses);
        "unparsed" when nothing is said about confidence, or both and neither corrects the other.
        Never "refused": who abstains does not claim to be sure.
    """
    plain = plain_text(final_part(text)).strip().lower()
    if not plain:
        return not_answered("unparsed", "empty")
    statements = _statements(plain) if any(hint in plain for hint in _HINTS) else []
    if statements:
        return _settled(plain, statements)
    if asked:
        reading = _reply(plain)
        if reading is not None:
            return reading
    if is_refusal(plain):
        return answered("abstains", yes=False)
    return not_answered("unparsed", "nothing")


def _statements(plain: str) -> list[_Statement]:
    """All statements in order; of overlapping ones the denial counts, then the number."""
    covered = bytearray(len(plain))
    kept = []
    for found in (
        *_worded(plain, _UNSURE, sure=False),
        *_numbers(plain),
        *_worded(plain, _SURE, sure=True),
    ):
        if covered.find(1, found.start, found.end) < 0:
            covered[found.start : found.end] = b"\1" * (found.end - found.start)
            kept.append(found)
    return sorted(kept)


def _worded(plain: str, pattern: re.Pattern[str], *, sure: bool) -> Iterator[_Statement]:
    for match in pattern.finditer(plain):
        before = plain[max(0, match.start() - _LOOK_BACK) : match.start()]
        if not _NOT_MEANT.search(before):
            yield _Statement(match.start(), match.end(), sure, "sure" if sure else "unsure")


def _numbers(plain: str) -> Iterator[_Statement]:
    for pattern in (_SHARE, _SCALE):
        for match in pattern.finditer(plain):
            share = _share(match["number"], match["unit"] or "")
            if share is None or (match["below"] and share > _ENOUGH):
                continue
            sure = share > _ENOUGH
            rule = "number-above-half" if sure else "number-up-to-half"
            yield _Statement(match.start(), match.end(), sure, rule)


def _share(number: str, unit: str) -> float | None:
    """The number as a part of its scale; None when it is off or on an unknown one."""
    value = float(number)
    top = 100.0
    if unit and unit[0] in "/o":
        top = float(re.sub(r"\D", "", unit))
    elif not unit:
        if 1.0 < value <= 10.0 or (value <= 1.0 and "." not in number):
            return None
        top = 1.0 if value <= 1.0 else 100.0
    return value / top if top > 0.0 and value <= top else None


def _settled(plain: str, statements: list[_Statement]) -> Reading[bool]:
    if len({statement.sure for statement in statements}) == 1:
        return answered(statements[-1].rule, yes=statements[-1].sure)
    held = [found for found in statements if not _conceded(plain, found)]
    if len({statement.sure for statement in held}) == 1:
        return answered("concession", yes=held[-1].sure)
    last = statements[-1]
    opposite = max(found.end for found in statements if found.sure is not last.sure)
    if _CORRECTS.search(plain, opposite, last.end):
        return answered("correction", yes=last.sure)
    return not_answered("unparsed", "both")


def _conceded(plain: str, statement: _Statement) -> bool:
    before = plain[max(0, statement.start - _LOOK_BACK) : statement.start]
    return _CONCEDES.search(before) is not None


def _reply(plain: str) -> Reading[bool] | None:
    """A reply to "are you sure?" that needs the question to be understood."""
    if _NO_ONLY.match(plain) or _TAKES_BACK.search(plain):
        return answered("reply", yes=False)
    if _YES_ONLY.match(plain):
        return answered("reply", yes=True)
    word = read_yes_no(plain)
    if word.value is not None and word.rule in _BARE_RULES:
        # "the answer is yes" repeats the answer and does not say how sure it is
        if word.rule == "declared" and "answer" in plain:
            return None
        return answered("yes-or-no", yes=word.value)
    if _KEEPS.search(plain):
        return answered("reply", yes=True)
    return None
