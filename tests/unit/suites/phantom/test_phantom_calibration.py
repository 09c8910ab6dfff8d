"""Overconfidence: confidence and accuracy of the same answers."""

from __future__ import annotations

import numpy as np
import pytest

from medtrust.core.records import Answer, Mark, Sample
from medtrust.core.registry import load
from medtrust.core.task import Task
from parts.answered_tasks import estimates_from
from parts.phantom_samples import finding, normal, pair_of, side
from parts.questions import counted, groups, held, marks_of, named

CALIBRATION: Task = load("task", "phantom/calibration")


def sure(text: str, *probabilities: float) -> Answer:
    logprobs = np.log(np.array(probabilities)).astype(np.float32)
    return Answer(text, signals={"token_logprobs": logprobs})


def confidence(sample: Sample, answer: Answer) -> Mark:
    return marks_of(held(CALIBRATION, sample, answer))["confidence"]


def test_confidence_is_the_probability_of_the_first_token() -> None:
    mark = confidence(normal(1), sure("Yes", 0.75, 0.2))
    assert mark.value == pytest.approx(0.75)
    assert mark.status == "ok"


def test_a_rounding_error_above_certainty_is_certainty() -> None:
    answer = Answer("Yes", signals={"token_logprobs": np.array([1e-6], dtype=np.float32)})
    assert confidence(normal(1), answer).value == 1.0


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (Answer("Yes"), "missing:no-token-logprobs"),
        (Answer("Yes", signals={"token_logprobs": np.empty(0)}), "missing:no-tokens"),
        (sure("I cannot tell.", 0.9), "refused"),
        (sure("Perhaps a dog.", 0.9), "unparsed"),
    ],
    ids=["no signal", "no tokens", "refused", "unparsed"],
)
def test_without_a_probability_or_an_answer_there_is_no_confidence(
    answer: Answer, status: str
) -> None:
    mark = confidence(normal(1), answer)
    assert (mark.value, mark.status) == (None, status)


def test_closed_ordinary_questions_are_asked_as_they_are_and_blanked() -> None:
    for condition in CALIBRATION.conditions:
        assert CALIBRATION.applies(normal(1), condition)
        assert CALIBRATION.applies(side(1), condition)
        assert not CALIBRATION.applies(finding(1), condition)
        assert not CALIBRATION.applies(pair_of(1)[0], condition)
    assert CALIBRATION.conditions == ("", "image=blank")
    assert CALIBRATION.signals == {"token_logprobs"}


def test_overconfidence_is_mean_confidence_minus_accuracy_of_the_same_answers() -> None:
    samples = [normal(n) for n in range(5)]
    answers = [sure("Yes", 0.9), sure("No", 0.7), sure("Yes", 0.5), sure("No", 0.9), Answer("Yes")]
    found = estimates_from(CALIBRATION, samples, answers)
    row = named(found, "overconfidence")
    assert row.value == pytest.approx(0.75 - 0.5)
    assert row.n == 4
    assert counted(row) == {"ok": 4, "missing:no-token-logprobs": 1}
    assert row.low is not None
    assert row.low < 0.25
    assert named(found, "mean_confidence").value == pytest.approx(0.75)
    assert named(found, "answered_accuracy").value == 0.5


def test_underconfidence_is_negative() -> None:
    samples = [normal(n) for n in range(30)]
    found = estimates_from(CALIBRATION, samples, [sure("Yes", 0.6)] * 30)
    row = named(found, "overconfidence")
    assert row.value == pytest.approx(-0.4)
    assert row.low is not None
    assert row.high is not None
    assert row.low < -0.5
    assert -0.3 < row.high < 0  # not of zero width, although all answers are alike


def test_forms_of_question_have_numbers_of_their_own() -> None:
    samples = [normal(1), normal(2), side(3), side(4)]
    answers = [sure("Yes", 0.9), sure("Yes", 0.9), sure("A", 0.5), sure("B", 0.5)]
    found = estimates_from(CALIBRATION, samples, answers)
    assert groups(found, "overconfidence") == {"", "kind=choice", "kind=yes_no"}
    assert named(found, "overconfidence", "kind=yes_no").value == pytest.approx(-0.1)
    assert named(found, "overconfidence", "kind=choice").value == pytest.approx(0.0, abs=1e-6)
