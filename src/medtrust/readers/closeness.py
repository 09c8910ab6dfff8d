"""How close an answer is to each of two texts: asking a judge, and reading its two marks.

A free answer to a question with two options never saw them, so somebody must say which one it
means. The scale, 1 to 10 for each, is that of MediConfusion; the wording is ours.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from medtrust.core.records import Decoding, Message, Request
from medtrust.core.task import Ask
from medtrust.readers.plain_text import plain_text
from medtrust.readers.reading import Reading
from medtrust.readers.reasoning import final_part

LOWEST: Final = 1.0
HIGHEST: Final = 10.0

PROMPTS: Final[Mapping[str, str]] = {
    "closeness/system": (
        "You compare texts by their clinical meaning. You do not judge which of them is true."
    ),
    "closeness/score": (
        "Someone was asked a question about an image that you cannot see. Say how close the answer "
        "comes to each of two statements. Whether a statement is true does not matter. 10 means "
        "that the answer says the same, 1 that it has nothing of it.\n\n"
        "Question:\n{question}\n\nStatement A:\n{first}\n\nStatement B:\n{second}\n\n"
        "Answer given:\n{answer}\n\n"
        "Reply in three lines; the numbers are whole, from 1 to 10:\n"
        "A: number\nB: number\nExplanation: one short sentence"
    ),
}
_DECODING: Final = Decoding(max_tokens=512)

_MARK: Final = re.compile(
    r"""
    (?<![\w/]) (?P<letter> (?-i:[AB]) | (?<![^\n]) [ab] (?=\s?[:=]) ) [])'"]{0,3}
    (?: \s? (?:score|mark|rating|closeness) )?
    (?: \s{0,2} (?: [:=|] | -+> | (?<=\s)-(?=\s) | (?:is|gets?|scores?|receives?)\b ) [\s'"([<]{0,4}
      | \s? [([] \s?
      | \s (?= -?\d+ (?:\.\d+)? \s? (?:/\s?10)? \s? (?:[,;|]|$) ) )
    (?: (?:score|mark|rating) \s? (?:[:=]|of|is)? \s? )?
    (?P<number> -?\d{1,4} (?:[.,]\d{1,4})? )
    """,
    re.IGNORECASE | re.MULTILINE | re.VERBOSE,
)
_OF_TEN: Final = re.compile(r"[)\]]?\s?(?:/|(?:out )?of)\s?10(?![\d.,]*\d)", re.IGNORECASE)
_OTHER: Final = re.compile(
    r"\d|[ \t]?(?:/|(?:out )?of[ \t]?\d|%|(?:-|to|or)[ \t]?\d)", re.IGNORECASE
)
_EXPLANATION: Final = re.compile(r"\b(?:explanation|reason(?:ing)?|rationale)\s*:", re.IGNORECASE)


def closeness_ask(
    question: str, first: str, second: str, answer: str, *, role: str = "judge"
) -> Ask:
    """The request that asks the judge how close an answer is to two texts.

    Args:
        question: That was answered.
        first: Text shown as A.
        second: Text shown as B. Judges favour a place, so ask both orders.
        answer: What is compared.
        role: Names the step; the two orders need two names.
    """
    text = PROMPTS["closeness/score"].format(
        question=question, first=first, second=second, answer=answer
    )
    messages = (Message("system", (PROMPTS["closeness/system"],)), Message("user", (text,)))
    return Ask(Request(messages, _DECODING), role, "judge", (first, second))


def read_closeness(reply: str) -> Reading[tuple[float, float]]:
    """The marks of A and of B in a judge's reply, each in [1, 10].

    Read are "A: 8", "A: 8/10", bold and bracketed letters, "Answer A = 8", JSON, a table, either
    order, and what comes before and after. Marks after "explanation:" only count if there are
    not both before it. A mark off the scale or on another one, a range, two different marks of one
    text or none at all are unparsed: a verdict is never clamped or guessed.
    """
    text = plain_text(final_part(reply))
    head = _EXPLANATION.split(text, maxsplit=1)[0]
    reading = _read(head)
    return _read(text) if reading.rule == "missing" and head != text else reading


def _read(text: str) -> Reading[tuple[float, float]]:
    marks: dict[str, set[float]] = {"A": set(), "B": set()}
    for found in _MARK.finditer(text):
        number = float(found["number"].replace(",", "."))
        end = found.end()
        of_another = _OTHER.match(text, end) and not _OF_TEN.match(text, end)
        if of_another or not LOWEST <= number <= HIGHEST:
            return Reading("unparsed", None, "off-scale")
        marks[found["letter"].upper()].add(number)
    if not all(marks.values()):
        return Reading("unparsed", None, "missing")
    if any(len(each) > 1 for each in marks.values()):
        return Reading("unparsed", None, "contradictory")
    return Reading("ok", (marks["A"].pop(), marks["B"].pop()), "marks")
