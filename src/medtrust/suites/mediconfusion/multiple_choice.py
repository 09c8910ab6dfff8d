"""MediConfusion, multiple choice (``mc``): the letter of the right option, read from the answer."""

from __future__ import annotations

from typing import Final

from medtrust.core.conditions import CLEAN
from medtrust.core.records import REFUSED, UNPARSED, Decoding, Kind, Outcome, Sample
from medtrust.core.task import Ask, Setting, SingleConversation, task
from medtrust.probes.question import PROMPTS, own_text
from medtrust.readers.choice import read_choice
from medtrust.readers.official import mediconfusion as official
from medtrust.suites.mediconfusion.arms import (
    CONTROLS,
    OTHER_DATA,
    SWAPPED,
    Shown,
    applies,
    shown,
    template,
)
from medtrust.suites.mediconfusion.checkout import filled
from medtrust.suites.mediconfusion.marks import OFFICIAL, choice_marks, letter_place, measures
from medtrust.suites.mediconfusion.metrics import choice_metrics

KEY: Final = "mediconfusion/mc"
DECODING: Final = Decoding(max_tokens=512)
RELEASED: Final = Decoding(max_tokens=32)


@task(
    "mediconfusion/multiple_choice",
    version=1,
    data="mediconfusion",
    also=OTHER_DATA,
    measures=measures,
    metrics=(choice_metrics,),
    conditions=(CLEAN, SWAPPED, *CONTROLS),
    applies=applies,
    prompts={"question/choice": PROMPTS["question/choice"]},
)
def multiple_choice(sample: Sample, setting: Setting) -> SingleConversation:
    """Confusable pairs, multiple choice: is the same question answered rightly for both images?"""
    seen = shown(sample, setting)
    turn = yield _ask(sample, seen, setting)
    scores = official.letter_scores(turn.text)
    letter = official.choice(*scores)
    reading = read_choice(turn.text, seen.options)
    status = REFUSED if reading.status == "refused" else UNPARSED
    place = reading.value
    if turn.answer.outcome is Outcome.FILTERED:
        place, status = None, REFUSED
    return [
        *choice_marks(sample, seen.options, place, status=status),
        *choice_marks(sample, seen.options, letter_place(letter), reading=OFFICIAL),
    ]


def _ask(sample: Sample, seen: Shown, setting: Setting) -> Ask:
    if not setting.official:
        return seen.ask(own_text(Kind.CHOICE, sample.question, seen.options), DECODING)
    text = filled(template(setting, KEY, ""), sample.question, *seen.options)
    return seen.ask(text, RELEASED)
