from __future__ import annotations

import math
from typing import Any

import pytest

from medtrust.uncertainty.evidence import Evidence
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
