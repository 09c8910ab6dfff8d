"""Is the answer right? Closed questions, and open ones whose answer is a single term."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from medtrust.core.conditions import CLEAN
from medtrust.core.records import Kind, Sample
from medtrust.core.task import MeasureKey, Setting, SingleConversation, task
from medtrust.probes.question import PROMPTS, question
from medtrust.suites.answering import CLOSED, closed_marks
from medtrust.suites.answering_metrics import answer_metrics
from medtrust.suites.phantom.terms import TERMS, term_marks
from medtrust.suites.topics import is_plain

NOISE: Final = "noise=gaussian-0.2"

_KEYS: Final = tuple(MeasureKey(name) for name in CLOSED)


def measures(_sample: Sample, _condition: str) -> Sequence[MeasureKey]:
    """Open questions are marked like closed ones."""
    return _KEYS


def applies(sample: Sample, condition: str) -> bool:
    """Ordinary questions; options are shuffled where there are any, images altered likewise."""
    if not is_plain(sample):
        return False
    if "options=" in condition:
        return sample.kind is Kind.CHOICE
    return condition == CLEAN or bool(sample.images)


@task(
    "phantom/factuality",
    version=1,
    data="phantom",
    measures=measures,
    metrics=(answer_metrics(by=("modality", "topic"), whole=True, terms=TERMS),),
    conditions=(CLEAN, "image=blank", NOISE, "options=shuffled"),
    applies=applies,
    prompts=PROMPTS,
)
def factuality(sample: Sample, setting: Setting) -> SingleConversation:
    """Is the answer right? On made images, also with noise, blanked, and options shuffled."""
    ask = question(sample, setting)
    turn = yield ask
    if sample.kind is Kind.OPEN:
        return term_marks(sample, turn.answer)
    return closed_marks(sample, ask, turn.answer)
