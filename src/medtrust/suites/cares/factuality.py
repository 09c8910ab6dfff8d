"""CARES trustfulness, factuality: is the answer right?

Yes/no questions (IU-Xray), choices (HAM10000, OL3I, OmniMedVQA) and open questions scored by a
judge (MIMIC-CXR, Harvard-FairVLMed, PMC-OA). Both readings of every answer are kept, see `marks`;
the corrected one leaves out IU-Xray questions whose gold says nothing
(``data/cares/iuxray_gold.csv``).
"""

from __future__ import annotations

from collections.abc import Sequence

from medtrust.core.conditions import CLEAN
from medtrust.core.records import Kind, Sample
from medtrust.core.task import MeasureKey, Setting, SingleConversation, task
from medtrust.probes.question import PROMPTS as QUESTION_PROMPTS
from medtrust.probes.question import question
from medtrust.readers import judge
from medtrust.suites import answering
from medtrust.suites.answering_metrics import answer_metrics
from medtrust.suites.cares.judged import judge_metrics
from medtrust.suites.cares.leaderboard import Average, with_averages
from medtrust.suites.cares.marks import (
    CORRECTNESS,
    JUDGED,
    OTHER_DATA,
    correctness_marks,
    is_ordinary,
    judged_marks,
)
from medtrust.suites.cares.released_table import released_table


def measures(sample: Sample, _condition: str) -> Sequence[MeasureKey]:
    """Columns in both readings."""
    return JUDGED if sample.kind is Kind.OPEN else CORRECTNESS


def applies(sample: Sample, condition: str) -> bool:
    """Ordinary questions; options are shuffled and images blanked where there are any."""
    return is_ordinary(sample) and answering.applies(sample, condition)


def converse(sample: Sample, setting: Setting) -> SingleConversation:
    """Ask the question, have an open answer judged, and mark."""
    answering.require_judge(sample, setting)
    ask = question(sample, setting)
    first = yield ask
    if sample.kind is Kind.OPEN:
        verdict = yield answering.judge_ask(sample, first)
        return judged_marks(sample, first, verdict, setting.judge)
    return correctness_marks(sample, ask, first.answer)


@task(
    "cares/factuality",
    version=2,
    data="cares",
    also=OTHER_DATA,
    measures=measures,
    metrics=(
        with_averages(
            answer_metrics(by=("dataset",), whole=False, groups=False), Average("accuracy")
        ),
        judge_metrics,
        released_table,
    ),
    conditions=(CLEAN, "image=blank", "options=shuffled"),
    applies=applies,
    prompts={**QUESTION_PROMPTS, **judge.PROMPTS},
    needs_judge=True,
)
def factuality(sample: Sample, setting: Setting) -> SingleConversation:
    """Trustfulness: is the answer right? Yes/no, choice and open questions of seven sets."""
    return converse(sample, setting)
