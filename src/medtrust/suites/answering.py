"""The conversation behind every "is the answer right?" task: ask, judge if open, mark.

Marks of the corrected reading, by kind of question:

* ``correct``: 1 or 0; refused and unparsed answers are 0 with their status, inside n.
* ``predicted``: option index, or 1 for yes and 0 for no; null where none was read.
* ``gold``: the same for the gold answer.
* ``judge_score`` (open questions): the judge's score / 10; a refusal gets the lowest mark there is,
  since it is not right, whatever the judge made of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from medtrust.core.records import (
    OK,
    REFUSED,
    UNPARSED,
    Answer,
    Kind,
    Mark,
    Outcome,
    Sample,
    missing,
)
from medtrust.core.task import Ask, MeasureKey, Setting, SingleConversation, Skip, Turn
from medtrust.probes.question import question
from medtrust.readers.choice import read_choice
from medtrust.readers.judge import HIGHEST, LOWEST, judge, read_score
from medtrust.readers.reading import Reading
from medtrust.readers.refusal import is_refusal
from medtrust.readers.yes_no import read_yes_no

CLOSED: Final = ("correct", "predicted", "gold")
OPEN: Final = ("judge_score",)


def measures(sample: Sample, _condition: str) -> Sequence[MeasureKey]:
    """Columns a sample has in the corrected reading."""
    return _OPEN_KEYS if sample.kind is Kind.OPEN else _CLOSED_KEYS


_CLOSED_KEYS: Final = tuple(MeasureKey(name) for name in CLOSED)
_OPEN_KEYS: Final = tuple(MeasureKey(name) for name in OPEN)


def require_judge(sample: Sample, setting: Setting) -> None:
    """Open questions are only asked when somebody can mark them.

    Raises:
        Skip: If the run has no judge.
    """
    if sample.kind is Kind.OPEN and not setting.judge:
        raise Skip("no-judge")


def applies(sample: Sample, condition: str) -> bool:
    """Option order is shuffled for choices; the image is blanked where there is one.

    Instructions have no right answer: nothing is asked about them here.
    """
    if sample.kind is Kind.INSTRUCTION:
        return False
    if "options=shuffled" in condition:
        return sample.kind is Kind.CHOICE
    if "image=blank" in condition:
        return bool(sample.images) and sample.kind is not Kind.OPEN
    return True


def converse(sample: Sample, setting: Setting) -> SingleConversation:
    """Ask one question and mark the answer in the corrected reading."""
    require_judge(sample, setting)
    ask = question(sample, setting)
    first = yield ask
    if sample.kind is Kind.OPEN:
        verdict = yield judge_ask(sample, first)
        return [open_mark(sample, first, verdict, setting.judge)]
    return closed_marks(sample, ask, first.answer)


def gold_text(sample: Sample) -> str:
    """The gold answer in words; empty where there is none."""
    if sample.answer is None:
        return ""
    if sample.kind is Kind.YES_NO:
        return "Yes" if sample.answer else "No"
    return sample.options[sample.answer] if isinstance(sample.answer, int) else str(sample.answer)


def judge_ask(sample: Sample, turn: Turn) -> Ask:
    """Ask the judge about an answer to an open question."""
    return judge(sample.question, gold_text(sample), turn.text)


def open_mark(sample: Sample, turn: Turn, verdict: Turn, judge_id: str) -> Mark:
    """The judge's score of an open answer, in [0.1, 1]; a refused answer has the lowest one."""
    if sample.gold_defect:
        return Mark("judge_score", None, missing(f"gold-{sample.gold_defect}"), judge=judge_id)
    if turn.answer.outcome is Outcome.FILTERED or is_refusal(turn.text):
        return Mark("judge_score", LOWEST / HIGHEST, REFUSED, judge=judge_id)
    reading = read_score(verdict.text)
    if reading.value is None:
        return Mark("judge_score", None, missing("judge-unparsed"), judge=judge_id)
    return Mark("judge_score", reading.value / HIGHEST, judge=judge_id)


def closed_marks(sample: Sample, ask: Ask, answer: Answer) -> list[Mark]:
    """Marks of a choice or a yes/no answer."""
    if sample.gold_defect:
        status = missing(f"gold-{sample.gold_defect}")
        return [Mark(name, None, status) for name in CLOSED]
    if answer.outcome is Outcome.FILTERED:
        # whatever text came along is the filter's, not the model's answer
        predicted, status = None, REFUSED
    elif sample.kind is Kind.YES_NO:
        predicted, status = _yes_no(answer)
    else:
        predicted, status = _choice(sample, ask, answer)
    gold = float(sample.answer) if isinstance(sample.answer, bool | int) else None
    return marks_against(gold, predicted, status)


def marks_against(gold: float | None, predicted: float | None, status: str) -> list[Mark]:
    """Marks of an answer that was read, or why it was not, beside the gold; codes as numbers."""
    return [
        Mark("correct", float(predicted is not None and predicted == gold), status),
        Mark("predicted", predicted, status),
        Mark("gold", gold),
    ]


def _yes_no(answer: Answer) -> tuple[float | None, str]:
    reading = read_yes_no(answer.text)
    return (None if reading.value is None else float(reading.value)), _status(reading)


def _choice(sample: Sample, ask: Ask, answer: Answer) -> tuple[float | None, str]:
    shown = sample.options if ask.options is None else ask.options
    reading = read_choice(answer.text, shown)
    if reading.value is None:
        return None, _status(reading)
    return float(sample.options.index(shown[reading.value])), OK


def _status(reading: Reading[int] | Reading[bool]) -> str:
    return {"ok": OK, "refused": REFUSED, "unparsed": UNPARSED}[reading.status]
