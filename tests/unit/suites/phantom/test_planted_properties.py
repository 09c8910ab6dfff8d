"""Positive controls: what is planted in a responder, the phantom tasks find again.

Each number must lie in the 99.9 % interval of the estimate that is there to find it; a responder
in which nothing is planted must be found to have nothing.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import pytest

from medtrust.core.dataset import DataSource
from medtrust.core.records import Estimate, Sample
from medtrust.data.phantom.loader import load
from medtrust.suites import answering_metrics
from medtrust.suites.phantom.factuality import NOISE
from parts.answered_tasks import estimates_by, holds, simulated
from parts.questions import named


@lru_cache
def data(options: str) -> tuple[Sample, ...]:
    return tuple(load(DataSource(name="phantom", path=Path(options))).samples)


PLAIN = "images=220,questions=6,pairs=0"
ODD = "images=250,questions=40,pairs=0"
PAIRS = "images=1,questions=1,pairs=200"


@pytest.fixture(autouse=True)
def few_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    """Enough for a p-value under 0.001; bootstraps are not what is tested here."""
    monkeypatch.setattr(answering_metrics, "DRAWS", 1_100)


def of_topic(topic: str, options: str) -> list[Sample]:
    return [sample for sample in data(options) if sample.strata["topic"] == topic]


def width(estimate: Estimate) -> float:
    assert estimate.low is not None
    assert estimate.high is not None
    return estimate.high - estimate.low


@pytest.mark.parametrize("accuracy", [0.5, 0.8])
def test_the_accuracy_of_every_form_is_found(accuracy: float) -> None:
    found = estimates_by(simulated(accuracy=accuracy), data(PLAIN), "phantom/factuality", [""])
    for group in ("", "kind=choice", "kind=open", "kind=yes_no"):
        assert holds(named(found, "accuracy", group), accuracy)


def test_who_knows_nothing_on_a_blank_image_guesses_there() -> None:
    conditions = ["", "image=blank"]
    found = estimates_by(simulated(), data(PLAIN), "phantom/factuality", conditions)
    assert holds(named(found, "accuracy", "kind=yes_no", "image=blank"), 0.5)


def test_the_gap_between_groups_is_found_where_it_was_planted() -> None:
    model = simulated(accuracy=0.85, gap="sex:female:-0.3")
    samples = [sample for sample in data(ODD) if "sex" in sample.groups]
    found = estimates_by(model, samples, "phantom/factuality", [""])
    assert holds(named(found, "accuracy", "sex=female"), 0.55)
    assert holds(named(found, "accuracy", "sex=male"), 0.85)
    assert holds(named(found, "accuracy_difference", "sex=female-male"), -0.3)
    p_value = named(found, "accuracy_gap", "sex").p_value
    assert p_value is not None
    assert p_value < 0.001


def test_no_gap_is_found_where_none_was_planted() -> None:
    samples = [sample for sample in data(ODD) if "sex" in sample.groups]
    found = estimates_by(simulated(accuracy=0.7), samples, "phantom/factuality", [""])
    for group in ("sex", "age_group"):
        p_value = named(found, "accuracy_gap", group).p_value
        assert p_value is not None
        assert p_value > 0.001


@pytest.mark.parametrize("drop", [0.0, 0.25])
def test_the_drop_under_noise_is_found_pairwise(drop: float) -> None:
    model = simulated(accuracy=0.9, noise_drop=drop)
    found = estimates_by(model, data(PLAIN), "phantom/factuality", ["", NOISE])
    assert holds(named(found, "accuracy_change", condition=NOISE), -drop)
    assert holds(named(found, "accuracy"), 0.9)


@pytest.mark.parametrize("task", ["phantom/privacy", "phantom/unanswerable"])
@pytest.mark.parametrize("refusal", [0.0, 0.2])
def test_refusals_of_ordinary_questions_are_found_as_over_refusals(
    task: str, refusal: float
) -> None:
    found = estimates_by(simulated(refusal=refusal), data(PLAIN), task)
    assert holds(named(found, "over_refusal_rate"), refusal)


@pytest.mark.parametrize("leak", [0.0, 0.3, 1.0])
def test_leaks_of_the_patients_identity_are_found(leak: float) -> None:
    found = estimates_by(simulated(leak=leak), of_topic("privacy", ODD), "phantom/privacy")
    assert named(found, "abstention_rate").n == 250
    assert holds(named(found, "abstention_rate"), 1 - leak)


@pytest.mark.parametrize("abstention", [0.0, 0.6, 1.0])
def test_abstentions_where_no_image_tells_are_found(abstention: float) -> None:
    samples = of_topic("unanswerable", ODD)
    found = estimates_by(simulated(abstention=abstention), samples, "phantom/unanswerable")
    assert named(found, "abstention_rate").n == 250
    assert holds(named(found, "abstention_rate"), abstention)


@pytest.mark.parametrize(
    ("both", "same"), [(0.25, 0.5), (0.1, 0.85), (0.7, 0.1), (0.0, 1.0), (1.0, 0.0)]
)
def test_confusion_between_pairs_is_found(both: float, same: float) -> None:
    model = simulated(set_accuracy=both, confusion=same)
    found = estimates_by(model, data(PAIRS), "phantom/pairs")
    assert holds(named(found, "set_accuracy"), both)
    assert holds(named(found, "confusion"), same)
    assert holds(named(found, "individual_accuracy"), both + same / 2)


def test_who_guesses_every_member_reaches_the_random_baseline() -> None:
    found = estimates_by(simulated(accuracy=0.5), data(PAIRS), "phantom/pairs")
    assert named(found, "random_baseline").value == 0.25
    assert holds(named(found, "set_accuracy"), 0.25)
    assert holds(named(found, "confusion"), 0.5)


@pytest.mark.parametrize("excess", [-0.2, 0.0, 0.15])
@pytest.mark.parametrize("condition", ["", "image=blank"])
def test_overconfidence_is_found_with_its_sign(excess: float, condition: str) -> None:
    model = simulated(accuracy=0.7, overconfidence=excess)
    found = estimates_by(model, data(PLAIN), "phantom/calibration", [condition])
    assert holds(named(found, "overconfidence", condition=condition), excess)


def test_a_fixed_confidence_is_as_overconfident_as_it_is_wrong() -> None:
    model = simulated(accuracy=0.6, confidence=0.95)
    found = estimates_by(model, data(PLAIN), "phantom/calibration", [""])
    assert named(found, "mean_confidence").value == pytest.approx(0.95)
    assert holds(named(found, "overconfidence"), 0.35)


def test_correlation_within_clusters_widens_the_interval_and_moves_nothing() -> None:
    samples = data("images=100,questions=40,pairs=0")
    alike, apart = (
        named(
            estimates_by(
                simulated(accuracy=0.6, correlation=correlation),
                samples,
                "phantom/calibration",
                [""],
            ),
            "answered_accuracy",
        )
        for correlation in (0.6, 0.0)
    )
    assert alike.n == apart.n
    assert holds(alike, 0.6)
    assert holds(apart, 0.6)
    assert width(alike) > 1.5 * width(apart)
