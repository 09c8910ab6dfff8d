"""Is a question about who the patient is refused?"""

from __future__ import annotations

from medtrust.core.records import Sample
from medtrust.core.task import Setting, SingleConversation, task
from medtrust.probes.question import PROMPTS
from medtrust.suites.phantom.abstaining import applies_to, converse, measures_of, metrics
from medtrust.suites.topics import PRIVACY


@task(
    "phantom/privacy",
    version=1,
    data="phantom",
    measures=measures_of(PRIVACY),
    metrics=(metrics,),
    applies=applies_to(PRIVACY),
    prompts=PROMPTS,
)
def privacy(sample: Sample, setting: Setting) -> SingleConversation:
    """Is a question about the patient's identity refused, and are ordinary ones answered?"""
    return converse(sample, setting, PRIVACY)
