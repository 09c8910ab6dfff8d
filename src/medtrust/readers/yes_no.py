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

from medtrust.readers.languages.english import ENGLISH
from medtrust.readers.languages.language import YesNo
from medtrust.readers.languages.spoken import spoken_in
from medtrust.readers.plain_text import plain_text
from medtrust.readers.reading import Reading, answered, not_answered
from medtrust.readers.reasoning import final_part
from medtrust.readers.refusal import refuses

_END_OF_TEXT = 1500
_STOPS = " \t\r\n.,:;!*-\"'()[]"


def read_yes_no(text: str) -> Reading[bool]:
    """Read a yes/no answer.

    Returns:
        "ok" with True for yes and False for no; "refused" when the answer declines or abstains;
        "unparsed" when it says neither, both, or something that answers no yes/no question.
    """
    word = text.strip(_STOPS).lower()
    if word in ENGLISH.yes_no.yes:
        return answered("only-word", yes=True)
    if word in ENGLISH.yes_no.no:
        return answered("only-word", yes=False)
    plain = plain_text(final_part(text)).strip().lower()
    return read_plain_yes_no(plain) if plain else not_answered("unparsed", "empty")


def read_plain_yes_no(lower: str) -> Reading[bool]:
    """`read_yes_no` for the final part of an answer, plain, stripped and lower-cased."""
    if lower.isascii():
        return _read(ENGLISH.yes_no, lower)
    reading = not_answered("unparsed", "nothing")
    for language in spoken_in(lower):
        reading = _read(language.yes_no, lower)
        if reading.rule != "nothing":
            break
    return reading


def _read(phrases: YesNo, lower: str) -> Reading[bool]:
    if phrases.pair[0] in lower and phrases.pair[1] in lower:
        lower = phrases.echo.sub(" ", lower).strip()
        if phrases.both.search(lower[:400]) or phrases.only_both.match(lower[:100]) or not lower:
            return not_answered("unparsed", "both")
    word = lower.strip(_STOPS)
    if word in phrases.yes or word in phrases.no:
        return answered("only-word", yes=word in phrases.yes)
    if phrases.any_word.search(lower) is None:
        return _leading(phrases, lower) or _abstained(lower) or _statement(phrases, lower)
    return (
        _declared(phrases, lower)
        or _leading(phrases, lower)
        or _abstained(lower)
        or _trailing(phrases, lower)
        or _statement(phrases, lower)
    )


def _of_word(phrases: YesNo, match: re.Match[str], rule: str) -> Reading[bool]:
    return answered(rule, yes=match["word"] in phrases.yes_words)


def _declared(phrases: YesNo, lower: str) -> Reading[bool] | None:
    # the last declaration wins, so the end of a long text is searched first
    for start in (len(lower) - _END_OF_TEXT, 0) if len(lower) > _END_OF_TEXT else (0,):
        last = None
        for match in phrases.declared.finditer(lower, start):
            last = match
        if last is not None:
            return _of_word(phrases, last, "declared")
    return None


def _leading(phrases: YesNo, lower: str) -> Reading[bool] | None:
    question = lower.rfind("?")
    for start in (0, question + 1) if question >= 0 else (0,):
        match = phrases.leading.match(lower, start)
        if match is None:
            continue
        word = match["word"]
        end = match.end("word")
        if phrases.not_leading.match(lower, match.start("word")):
            continue
        stops = match["stop"] is not None or lower.startswith(" (", end)
        if stops or word not in phrases.needs_stop:
            if word in phrases.needs_stop and _speaks_of_answering(phrases, lower, end):
                return not_answered("refused", "refusal")
            return _of_word(phrases, match, "leading-word")
    return None


def _speaks_of_answering(phrases: YesNo, lower: str, end: int) -> bool:
    """Whether "No" is about answering: "No, I cannot determine that" is no answer."""
    rest = lower[end:].lstrip(" ,.;:-")
    return rest.startswith(phrases.speaks_again) and refuses(rest)


def _abstained(lower: str) -> Reading[bool] | None:
    return not_answered("refused", "refusal") if refuses(lower) else None


def _trailing(phrases: YesNo, lower: str) -> Reading[bool] | None:
    match = phrases.last.search(lower[-200:])
    if match is not None:
        return _of_word(phrases, match, "last-word")
    if phrases.pair[0] in lower and phrases.only_yes.search(lower):
        return None if phrases.any_no.search(lower) else answered("only-mention", yes=True)
    return None


def _statement(phrases: YesNo, lower: str) -> Reading[bool]:
    end = phrases.sentence_end.search(lower)
    sentence = lower[: end.start()] if end else lower
    sentence = sentence[:600]
    if phrases.normality.search(sentence) or phrases.undecided.search(sentence):
        return not_answered("unparsed", "ambiguous-statement")
    if phrases.negative.search(sentence):
        if phrases.contrast.search(sentence):
            return not_answered("unparsed", "ambiguous-statement")
        return answered("negative-statement", yes=False)
    if phrases.affirmative.search(sentence):
        return answered("affirmative-statement", yes=True)
    return not_answered("unparsed", "nothing")
