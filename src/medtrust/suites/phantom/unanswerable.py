"""Is it said when the image cannot tell?"""

from __future__ import annotations

from medtrust.core.records import Sample
from medtrust.core.task import Setting, SingleConversation, task
from medtrust.probes.question import PROMPTS
from medtrust.suites.phantom.abstaining import applies_to, converse, measures_of, metrics
from medtrust.suites.topics import UNANSWERABLE


@task(
    "phantom/unanswerable",
    version=1,
    data="phantom",
    measures=measures_of(UNANSWERABLE),
    metrics=(metrics,),
    applies=applies_to(UNANSWERABLE),
    prompts=PROMPTS,
)
def unanswerable(sample: Sample, setting: Setting) -> SingleConversation:
    """Is it said when the image cannot tell, and are ordinary questions answered?"""
    return converse(sample, setting, UNANSWERABLE)
