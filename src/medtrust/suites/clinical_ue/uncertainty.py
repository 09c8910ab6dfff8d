"""Does uncertainty say when to call a clinician? One conversation, under every arm.

Greedy first. Where everything is asked (the plain question, and the one whose right option is
replaced), then K draws, P(True), the confidence stated afterwards; of the plain question also the
confidence stated together with an answer and five answers to weakly blurred images.
"""

from __future__ import annotations

from medtrust.core.records import Sample
from medtrust.core.task import Conversation, Setting, task
from medtrust.probes.confidence import PROMPTS as CONFIDENCE_PROMPTS
from medtrust.probes.nota import WORDS
from medtrust.probes.question import PROMPTS as QUESTION_PROMPTS
from medtrust.probes.wording import PROMPTS as WORDING_PROMPTS
from medtrust.suites.clinical_ue import arms
from medtrust.suites.clinical_ue.calibrating import calibration
from medtrust.suites.clinical_ue.deferral import deferral
from medtrust.suites.clinical_ue.error_detection import error_detection
from medtrust.suites.clinical_ue.foreseen import foresight
from medtrust.suites.clinical_ue.gathering import SIGNALS, gathered, of_greedy, single
from medtrust.suites.clinical_ue.marks import marks_of, measures
from medtrust.suites.clinical_ue.perturbed import perturbation
from medtrust.suites.clinical_ue.reliance import reliance

PROMPTS = {
    **{name: QUESTION_PROMPTS[name] for name in ("question/choice", "question/yes-no")},
    **WORDING_PROMPTS,
    **CONFIDENCE_PROMPTS,
    **{f"nota/{name}": text for name, text in WORDS.items()},
}


@task(
    "clinical_ue/uncertainty",
    version=1,
    data="folder",
    also=("cares", "phantom", "mediconfusion"),
    measures=measures,
    metrics=(error_detection, calibration, perturbation, foresight, reliance, deferral),
    conditions=arms.CONDITIONS,
    optional=arms.OPTIONAL,
    published=(),
    applies=arms.applies,
    prompts=PROMPTS,
    signals=SIGNALS,
)
def uncertainty(sample: Sample, setting: Setting) -> Conversation:
    """Does uncertainty say when to call a clinician, also with the right answer hidden?"""
    arm = arms.offer(sample, setting)
    turn = yield from single(arms.ask_in(arm, setting))
    if setting.condition not in arms.FULL:
        return marks_of(arm, turn, of_greedy(arm, turn), setting.condition)
    plain = setting.condition in arms.UNALTERED
    evidence = yield from gathered(arm, turn, setting, images=plain)
    return marks_of(arm, turn, evidence, setting.condition)
