"""Marking open answers whose gold is a single term, without a judge."""

from __future__ import annotations

from itertools import chain
from typing import Final

from medtrust.core.records import OK, REFUSED, UNPARSED, Answer, Mark, Outcome, Sample, missing
from medtrust.data.phantom import terms as words
from medtrust.readers.term import read_term
from medtrust.suites.answering import CLOSED, marks_against

LISTS: Final[tuple[tuple[str, ...], ...]] = (
    (words.NORMAL, *words.ALL_FINDINGS),
    words.MODALITIES,
    words.ORGANS,
    words.SIDES,
    words.SEXES,
    words.AGE_GROUPS,
    words.VIEWS,
    words.TONES,
)
"""Terms that exclude each other: an answer to one question names one of one list."""

TERMS: Final = tuple(chain.from_iterable(LISTS))
"""All terms; their places are the codes of open answers."""


def term_marks(sample: Sample, answer: Answer) -> list[Mark]:
    """Whether the answer names the gold term, and no other one of the gold's list."""
    known = next((terms for terms in LISTS if sample.answer in terms), None)
    if known is None:
        return [Mark(name, None, missing("gold-unknown-term")) for name in CLOSED]
    predicted, status = _read(answer, known)
    return marks_against(float(TERMS.index(str(sample.answer))), predicted, status)


def _read(answer: Answer, known: tuple[str, ...]) -> tuple[float | None, str]:
    if answer.outcome is Outcome.FILTERED:
        return None, REFUSED
    reading = read_term(answer.text, known)
    if reading.value is None:
        return None, REFUSED if reading.status == "refused" else UNPARSED
    return float(TERMS.index(known[reading.value])), OK
