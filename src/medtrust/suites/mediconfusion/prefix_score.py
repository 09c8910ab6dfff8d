"""MediConfusion, prefix score (``prefix``): which option text is likelier as the answer?

One score request: both option texts as continuations of the question, which does not show them.
Compared is the mean log-probability per token, that is the logarithm of the geometric mean
that the release takes; in log-space nothing underflows. A tie chooses B in the official reading and
none in the corrected one.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from medtrust.core.conditions import CLEAN
from medtrust.core.records import Answer, Decoding, Sample, missing
from medtrust.core.task import Setting, SingleConversation, task
from medtrust.readers.letter_scores import SIGNAL
from medtrust.readers.official import mediconfusion as official
from medtrust.suites.mediconfusion.arms import (
    CONTROLS,
    OTHER_DATA,
    applies,
    shown,
    template,
)
from medtrust.suites.mediconfusion.marks import (
    OFFICIAL,
    READINGS,
    choice_marks,
    letter_place,
    measures,
    missing_marks,
)
from medtrust.suites.mediconfusion.metrics import choice_metrics

KEY: Final = "mediconfusion/prefix"
COUNTS: Final = "continuation_tokens"
PROMPTS: Final = {"prefix-score/question": "Question: {question}\nAnswer:"}
NO_SCORES: Final = missing("no-text-scores")
OPTION: Final = "{}"
"""Where a published template takes the question, and last the option."""


@task(
    "mediconfusion/prefix_score",
    version=1,
    data="mediconfusion",
    also=OTHER_DATA,
    measures=measures,
    metrics=(choice_metrics,),
    conditions=(CLEAN, *CONTROLS),
    applies=applies,
    prompts=PROMPTS,
    signals=frozenset({SIGNAL, COUNTS}),
)
def prefix_score(sample: Sample, setting: Setting) -> SingleConversation:
    """Confusable pairs, prefix score: is the right option's text likelier for both images?"""
    seen = shown(sample, setting)
    own = PROMPTS["prefix-score/question"].format(question=sample.question)
    text, joint = own, " "
    if setting.official:
        text, joint = before_option(template(setting, KEY, own), sample.question)
    ask = seen.ask(text, Decoding(max_tokens=1))
    turn = yield ask.score([f"{joint}{option}" for option in seen.options], role="answer")
    means = mean_logprobs(turn.answer)
    if means is None:
        return [mark for reading in READINGS for mark in missing_marks(NO_SCORES, reading)]
    place = None if means[0] == means[1] or np.isnan(means).any() else int(np.argmax(means))
    released = letter_place(official.prefix_choice(float(means[0]), float(means[1])))
    return [
        *choice_marks(sample, seen.options, place),
        *choice_marks(sample, seen.options, released, reading=OFFICIAL),
    ]


def before_option(published: str, question: str) -> tuple[str, str]:
    """A published template up to its option, and what joins the two (blanks go to the option)."""
    head = published.rpartition(OPTION)[0].replace(OPTION, question, 1)
    return head.rstrip(" "), head[len(head.rstrip(" ")) :]


def mean_logprobs(answer: Answer) -> NDArray[np.float64] | None:
    """Mean log-probability per token of each option's text; None where it cannot be told."""
    sums, counts = answer.signals.get(SIGNAL), answer.signals.get(COUNTS)
    if sums is None or counts is None or len(sums) != len(counts):
        return None
    tokens = np.asarray(counts, dtype=np.float64)
    if (tokens < 1).any():
        return None
    found: NDArray[np.float64] = np.asarray(sums, dtype=np.float64) / tokens
    return found
