"""Is the answer right? For people's own questions about their own images."""

from __future__ import annotations

from medtrust.core.conditions import CLEAN
from medtrust.core.records import Sample
from medtrust.core.task import Setting, SingleConversation, task
from medtrust.probes.question import PROMPTS as QUESTION_PROMPTS
from medtrust.readers import judge
from medtrust.suites import answering
from medtrust.suites.answering_metrics import answer_metrics


@task(
    "folder/factuality",
    version=1,
    data="folder",
    measures=answering.measures,
    metrics=(answer_metrics(by=("*",), whole=True),),
    conditions=(CLEAN, "image=blank", "options=shuffled"),
    applies=answering.applies,
    prompts={**QUESTION_PROMPTS, **judge.PROMPTS},
    needs_judge=True,
)
def factuality(sample: Sample, setting: Setting) -> SingleConversation:
    """Is the answer right? Your own questions about your own images."""
    return answering.converse(sample, setting)
