"""CARES trustfulness, factuality: is the answer right?

Yes/no questions (IU-Xray), choices (HAM10000, OL3I, OmniMedVQA) and open questions scored by a
judge (MIMIC-CXR, Harvard-FairVLMed, PMC-OA). Both readings of every answer are kept:

* ``official`` follows the released scripts, quirks included. Their choice script looks for fields
  that HAM10000 and OL3I do not have and stops, so there is no official value for those two.
* ``corrected`` reads options by letter and text, counts refusals and unreadable answers, and
  leaves out IU-Xray questions whose gold answer says nothing (``data/cares/iuxray_gold.csv``).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from medtrust.core.conditions import CLEAN
from medtrust.core.records import Kind, Mark, Sample, missing
from medtrust.core.task import MeasureKey, Setting, SingleConversation, task
from medtrust.probes.question import PROMPTS as QUESTION_PROMPTS
from medtrust.probes.question import question
from medtrust.readers import judge
from medtrust.readers.official import cares as official
from medtrust.suites import answering
from medtrust.suites.answering_metrics import answer_metrics

OFFICIAL: Final = "official"
NO_OPTION_FIELDS: Final = missing("released-script-stops-without-option-fields")
LETTERED_SETS: Final = frozenset({"HAM10000", "OL3I"})
"""Sets whose options are one string; the released choice script reads option_A and stops."""


def measures(sample: Sample) -> Sequence[MeasureKey]:
    """Columns in both readings."""
    return _OPEN if sample.kind is Kind.OPEN else _CLOSED


_CLOSED: Final = tuple(
    MeasureKey(name, reading) for reading in ("corrected", OFFICIAL) for name in answering.CLOSED
)
_OPEN: Final = tuple(
    MeasureKey(name, reading) for reading in ("corrected", OFFICIAL) for name in answering.OPEN
)


@task(
    "cares/factuality",
    version=1,
    data="cares",
    measures=measures,
    metrics=(answer_metrics(by=("dataset",), whole=False),),
    conditions=(CLEAN, "image=blank", "options=shuffled"),
    applies=answering.applies,
    prompts={**QUESTION_PROMPTS, **judge.PROMPTS},
    needs_judge=True,
)
def factuality(sample: Sample, setting: Setting) -> SingleConversation:
    """Trustfulness: is the answer right? Yes/no, choice and open questions of seven sets."""
    answering.require_judge(sample, setting)
    ask = question(sample, setting)
    first = yield ask
    if sample.kind is Kind.OPEN:
        verdict = yield answering.judge_ask(sample, first)
        return [
            answering.open_mark(sample, first, verdict, setting.judge),
            official_judge_mark(verdict.text, setting.judge),
        ]
    return [
        *answering.closed_marks(sample, ask, first.answer),
        *official_marks(sample, first.text),
    ]


def official_marks(sample: Sample, text: str) -> list[Mark]:
    """Marks as the released scripts give them: spec 6.1 for yes/no, 6.2 for choices."""
    if sample.kind is Kind.YES_NO:
        gold = official.yes_no(sample.source.get("answer", ""))
        predicted = official.yes_no(text)
        return _marks(float(predicted), float(gold), correct=predicted == gold)
    if sample.strata.get("dataset") in LETTERED_SETS:
        return [Mark(name, None, NO_OPTION_FIELDS, OFFICIAL) for name in answering.CLOSED]
    gold_place = official.nearest_option(sample.source.get("answer", ""), sample.options)
    place = official.nearest_option(text, sample.options)
    return _marks(_number(place), _number(gold_place), correct=place == gold_place)


def official_judge_mark(text: str, judge_id: str) -> Mark:
    """The score as the released script records it: ``float(reply)``, neither clamped nor guessed.

    The script's own final line prints a constant instead of the mean of these scores.
    """
    score = judge.official_score(text)
    if score is None:
        return Mark("judge_score", None, missing("judge-not-a-number"), OFFICIAL, judge_id)
    return Mark("judge_score", score / judge.HIGHEST, reading=OFFICIAL, judge=judge_id)


def _marks(predicted: float | None, gold: float | None, *, correct: bool) -> list[Mark]:
    return [
        Mark("correct", float(correct), reading=OFFICIAL),
        Mark("predicted", predicted, reading=OFFICIAL),
        Mark("gold", gold, reading=OFFICIAL),
    ]


def _number(place: int | None) -> float | None:
    return None if place is None else float(place)
