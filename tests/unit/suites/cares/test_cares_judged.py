"""Does the judge pay for length? Only marks that it gave itself can tell."""

from __future__ import annotations

import pytest

from medtrust.core.records import OK, REFUSED, Estimate
from medtrust.suites.cares.judged import judge_metrics
from parts.questions import estimates_of, named, open_ended


def measured(*answers: tuple[int, float, str]) -> list[Estimate]:
    """Words, score and status of each answer."""
    samples = [open_ended(number) for number in range(len(answers))]
    rows = [
        [
            ("mine/task", 1, sample.id, "", "corrected", "judge_score", score, status, "judge"),
            ("mine/task", 1, sample.id, "", "corrected", "answer_length", float(words), OK, ""),
        ]
        for sample, (words, score, status) in zip(samples, answers, strict=True)
    ]
    return estimates_of(judge_metrics, samples, rows)


JUDGED = [(words, 0.1 + 0.1 * step, OK) for step, words in enumerate((4, 8, 16, 32, 64))]


def test_the_slope_is_per_doubling_of_the_words() -> None:
    assert named(measured(*JUDGED), "judge_length_slope").value == pytest.approx(0.1)


def test_refused_answers_have_their_mark_by_rule_and_do_not_bend_the_slope() -> None:
    level = [(words, 0.5, OK) for words, *_ in JUDGED]
    found = measured(*level, (2, 0.1, REFUSED), (2, 0.1, REFUSED))
    slope = named(found, "judge_length_slope")
    assert slope.value == pytest.approx(0.0)
    assert slope.n == 5
