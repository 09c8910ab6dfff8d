"""CARES robustness to noise: does the answer stand noise on the image?

``noise=legacy`` is what the released script makes of a variance of 6 (its negative noise wraps
round to white: a third of all values become 255); ``gaussian-0.0096`` is the same variance
done right; the stronger ones are severities 1, 3 and 5 of Hendrycks and Dietterich 2019, their
sigma as a part of the full scale; 2 and 4 run when they are named.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import polars as pl

from medtrust.core.conditions import CLEAN
from medtrust.core.records import Estimate, Sample
from medtrust.core.task import MeasureKey, Setting, SingleConversation, task
from medtrust.probes.question import PROMPTS, question
from medtrust.suites.answer_rates import change, share
from medtrust.suites.answering_metrics import answer_metrics
from medtrust.suites.cares.leaderboard import NOISY, Average, with_averages
from medtrust.suites.cares.marks import (
    ABSTAINED,
    ABSTENTION,
    CORRECTNESS,
    OTHER_DATA,
    abstention_marks,
    correctness_marks,
    shows_image,
)
from medtrust.suites.cares.rates import parts
from medtrust.suites.topics import is_closed

LEGACY: Final = "noise=legacy"
SEVERITIES: Final = tuple(f"noise=gaussian-{sigma}" for sigma in ("0.0096", "0.08", "0.18", "0.38"))
OPTIONAL: Final = tuple(f"noise=gaussian-{sigma}" for sigma in ("0.12", "0.26"))


_ANSWERS: Final = answer_metrics(by=("dataset",), whole=False, groups=False)


def measures(_sample: Sample, _condition: str) -> Sequence[MeasureKey]:
    """Correctness and abstention in both readings."""
    return (*CORRECTNESS, *ABSTENTION)


def applies(sample: Sample, condition: str) -> bool:
    """Closed questions about an image, as published."""
    return is_closed(sample) and shows_image(sample, condition)


def metrics(scores: pl.DataFrame) -> Iterator[Estimate]:
    """Accuracy and abstention under noise, and how noise changed them."""
    yield from _ANSWERS(scores)
    for part, clean in parts(scores):
        if part.condition == CLEAN:
            yield from share(part, "over_refusal_rate", ABSTAINED, "lower")
        else:
            yield from share(part, "abstention_rate", ABSTAINED, "none")
        yield from change(clean, part, "abstention_change", ABSTAINED)


@task(
    "cares/noise",
    version=1,
    data="cares",
    also=OTHER_DATA,
    measures=measures,
    metrics=(
        with_averages(
            metrics,
            *(
                Average(name, NOISY, (LEGACY,))
                for name in ("accuracy", "accuracy_change", "abstention_rate")
            ),
        ),
    ),
    conditions=(CLEAN, LEGACY, *SEVERITIES),
    optional=OPTIONAL,
    published=(LEGACY,),
    applies=applies,
    prompts={name: PROMPTS[name] for name in ("question/choice", "question/yes-no")},
)
def noise(sample: Sample, setting: Setting) -> SingleConversation:
    """Robustness: does noise on the image, as released and done right, change the answers?"""
    ask = question(sample, setting)
    turn = yield ask
    return [*correctness_marks(sample, ask, turn.answer), *abstention_marks(turn.answer)]
