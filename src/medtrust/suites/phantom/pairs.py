"""Are two images told apart that differ in the one thing the question is about?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from medtrust.core.conditions import CLEAN
from medtrust.core.records import Sample
from medtrust.core.task import MeasureKey, Setting, SingleConversation, task
from medtrust.probes.question import PROMPTS, question
from medtrust.suites.answering import CLOSED, closed_marks
from medtrust.suites.pair_metrics import pair_metrics
from medtrust.suites.topics import PAIR, is_closed, topic_of

_KEYS: Final = tuple(MeasureKey(name) for name in CLOSED)


def measures(_sample: Sample, _condition: str) -> Sequence[MeasureKey]:
    """Those of a closed question."""
    return _KEYS


def applies(sample: Sample, condition: str) -> bool:
    """Members of pairs, as they are."""
    is_member = topic_of(sample) == PAIR and bool(sample.pair) and is_closed(sample)
    return is_member and condition == CLEAN


@task(
    "phantom/pairs",
    version=1,
    data="phantom",
    measures=measures,
    metrics=(pair_metrics(by=("modality",)),),
    applies=applies,
    prompts={name: PROMPTS[name] for name in ("question/choice", "question/yes-no")},
)
def pairs(sample: Sample, setting: Setting) -> SingleConversation:
    """Are two images told apart that differ only in what the question is about?"""
    ask = question(sample, setting)
    turn = yield ask
    return closed_marks(sample, ask, turn.answer)
