"""MediConfusion, greedy (``greedy``): which letter is likelier as the beginning of the answer?

One score request: the log-probability of each letter, in the forms a tokenizer may begin an answer
with. The official reading compares the bare letters only (a tie is A); the corrected one the sums
over forms. There is always an answer, so that nothing is invalid.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from medtrust.core.conditions import CLEAN
from medtrust.core.records import Answer, Decoding, Kind, Mark, Sample, missing
from medtrust.core.task import Ask, Setting, SingleConversation, task
from medtrust.probes.letters import VARIANTS, score_letters
from medtrust.probes.question import PROMPTS, own_text
from medtrust.readers.letter_scores import SIGNAL, option_logprobs
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
from medtrust.suites.mediconfusion.marks import (
    OFFICIAL,
    READINGS,
    choice_marks,
    letter_place,
    measures,
    missing_marks,
)
from medtrust.suites.mediconfusion.metrics import choice_metrics

KEY: Final = "mediconfusion/greedy"
NO_SCORES: Final = missing("no-letter-scores")

_BARE: Final = VARIANTS.index("{letter}")


@task(
    "mediconfusion/letter_scores",
    version=1,
    data="mediconfusion",
    also=OTHER_DATA,
    measures=measures,
    metrics=(choice_metrics,),
    conditions=(CLEAN, SWAPPED, *CONTROLS),
    applies=applies,
    prompts={"question/choice": PROMPTS["question/choice"]},
    signals=frozenset({SIGNAL}),
)
def letter_scores(sample: Sample, setting: Setting) -> SingleConversation:
    """Confusable pairs, letter scores: is the right letter likelier for both images?"""
    seen = shown(sample, setting)
    turn = yield score_letters(_ask(sample, seen, setting), role="answer")
    scores = option_logprobs(turn.answer, len(seen.options))
    bare = bare_logprobs(turn.answer, len(seen.options))
    if scores is None or bare is None:
        return [mark for reading in READINGS for mark in missing_marks(NO_SCORES, reading)]
    released = letter_place(official.greedy_choice(float(bare[0]), float(bare[1])))
    return [
        *_likelier(sample, seen, scores),
        *choice_marks(sample, seen.options, released, reading=OFFICIAL),
    ]


def bare_logprobs(answer: Answer, n_options: int) -> NDArray[np.float64] | None:
    """Log-probability of each bare letter, shape (n_options,); None without scores."""
    scores = answer.signals.get(SIGNAL)
    if scores is None:
        return None
    found: NDArray[np.float64] = np.asarray(scores, dtype=np.float64).reshape(n_options, -1)
    return found[:, _BARE]


def _likelier(sample: Sample, seen: Shown, scores: NDArray[np.float64]) -> Iterator[Mark]:
    """The likelier option; equal scores choose none, nor do those of which one is not known."""
    if np.isnan(scores).any() or scores[0] == scores[1]:
        return choice_marks(sample, seen.options, None)
    return choice_marks(sample, seen.options, int(np.argmax(scores)))


def _ask(sample: Sample, seen: Shown, setting: Setting) -> Ask:
    text = own_text(Kind.CHOICE, sample.question, seen.options)
    if setting.official:
        text = filled(template(setting, KEY, ""), sample.question, *seen.options)
    return seen.ask(text, Decoding(max_tokens=1))
