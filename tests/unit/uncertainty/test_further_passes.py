from __future__ import annotations

import math
from typing import Any

import pytest

from medtrust.uncertainty.evidence import Absent, Evidence
from medtrust.uncertainty.further_passes import probability_of_true
from parts.evidences import reason, value


def stating(name: str, confidence: float) -> Evidence:
    attributes: dict[str, Any] = {name: confidence}
    return Evidence(**attributes)


STATED = ("p_true", "stated_one_turn", "stated_two_turns")


@pytest.mark.parametrize("name", STATED)
@pytest.mark.parametrize(("confidence", "expected"), [(0.0, 1.0), (0.25, 0.75), (1.0, 0.0)])
def test_uncertainty_is_one_minus_the_confidence(
    name: str, confidence: float, expected: float
) -> None:
    assert value(name, stating(name, confidence)) == expected


@pytest.mark.parametrize("name", STATED)
@pytest.mark.parametrize(
    ("confidence", "why"),
    [(95.0, "outside-0-1"), (-0.1, "outside-0-1"), (math.nan, "not-finite")],
)
def test_a_confidence_that_is_none_is_not_clipped_into_one(
    name: str, confidence: float, why: str
) -> None:
    found = reason(name, stating(name, confidence))
    assert found == f"{name.replace('_', '-')}-{why}"


def test_true_is_weighed_against_false_alone() -> None:
    assert probability_of_true(math.log(0.3), math.log(0.1)) == pytest.approx(0.75)
    assert probability_of_true(-2000.0, -2000.0) == 0.5
    assert probability_of_true(-1.0, -3000.0) == 1.0


@pytest.mark.parametrize(
    ("pair", "why"),
    [((math.nan, -1.0), "not-finite"), ((-1.0, -math.inf), "not-finite"), ((0.2, -1.0), "above-0")],
)
def test_unusable_log_probabilities_give_no_probability(
    pair: tuple[float, float], why: str
) -> None:
    assert probability_of_true(*pair) == Absent(f"p-true-logprobs-{why}")
