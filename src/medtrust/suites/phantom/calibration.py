"""Is the model as sure as it is right? Confidence in the given answer minus accuracy."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
import polars as pl

from medtrust.core.conditions import CLEAN
from medtrust.core.records import OK, Answer, Estimate, Mark, Sample, missing
from medtrust.core.task import MeasureKey, Setting, SingleConversation, task
from medtrust.metrics.intervals import mean, rate
from medtrust.metrics.score_table import Slice, clusters_of, floats, slices
from medtrust.probes.question import PROMPTS, question
from medtrust.suites.answer_rates import FEW
from medtrust.suites.answering import closed_marks
from medtrust.suites.answering_metrics import cut
from medtrust.suites.topics import is_closed, is_plain

SIGNAL: Final = "token_logprobs"
_KEYS: Final = (MeasureKey("correct"), MeasureKey("confidence"))


def measures(_sample: Sample, _condition: str) -> Sequence[MeasureKey]:
    """Right or wrong, and how sure."""
    return _KEYS


def applies(sample: Sample, condition: str) -> bool:
    """Ordinary closed questions, as they are and with the image blanked."""
    if not (is_plain(sample) and is_closed(sample)):
        return False
    return condition == CLEAN or bool(sample.images)


def confidence_of(answer: Answer, status: str) -> Mark:
    """Probability of the answer's first token, in [0, 1].

    An answer that was refused or could not be read gives no answer to be sure of.
    """
    if status != OK:
        return Mark("confidence", None, status)
    logprobs = answer.signals.get(SIGNAL)
    if logprobs is None:
        return Mark("confidence", None, missing("no-token-logprobs"))
    if not len(logprobs):
        return Mark("confidence", None, missing("no-tokens"))
    return Mark("confidence", float(np.exp(min(float(logprobs[0]), 0.0))))


def metrics(scores: pl.DataFrame) -> Iterator[Estimate]:
    """Overconfidence, over all answers, by form of question and by modality."""
    for everything in slices(scores):
        kinds = everything.values("kind")
        by_kind = [everything.where("kind", kind) for kind in kinds] if len(kinds) > 1 else []
        for part in (*cut(everything, ("modality",), whole=True), *by_kind):
            yield from _about(part)


def _about(part: Slice) -> Iterator[Estimate]:
    """Over answers that were given and whose confidence is known, so that both are of the same."""
    scored = part.scored("confidence")
    confidence, correct = floats(scored, "confidence"), floats(scored, "correct")
    clusters = clusters_of(scored)
    found = (
        ("overconfidence", mean(confidence - correct, clusters=clusters, bounds=(-1.0, 1.0))),
        ("mean_confidence", mean(confidence, clusters=clusters, bounds=(0.0, 1.0))),
        ("answered_accuracy", rate(correct, clusters=clusters)),
    )
    for metric, interval in found:
        yield part.estimate(
            metric,
            interval,
            measure="confidence",
            direction="higher" if metric == "answered_accuracy" else "none",
            note="too few to say" if 0 < interval.n < FEW else "",
        )


@task(
    "phantom/calibration",
    version=1,
    data="phantom",
    measures=measures,
    metrics=(metrics,),
    conditions=(CLEAN, "image=blank"),
    applies=applies,
    prompts={name: PROMPTS[name] for name in ("question/choice", "question/yes-no")},
    signals=frozenset({SIGNAL}),
)
def calibration(sample: Sample, setting: Setting) -> SingleConversation:
    """Is the model as sure as it is right? Mean confidence minus accuracy of closed questions."""
    ask = question(sample, setting)
    turn = yield ask
    (correct,) = (
        mark for mark in closed_marks(sample, ask, turn.answer) if mark.measure == "correct"
    )
    return [correct, confidence_of(turn.answer, correct.status)]
