"""The influence of one answer against computing everything again with a copy of it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from medtrust.metrics.arrays import FloatArray
from medtrust.metrics.selective import augrc, aurc, expected_losses, risk_at_coverage
from medtrust.metrics.selective_influence import (
    Weights,
    generalised_weights,
    influence,
    late_risk_weights,
    mean_risk_weights,
    point_weights,
)

Number = Callable[[FloatArray, FloatArray], float | None]


def late_risk(share: float) -> Number:
    """Mean risk of the last share of the curve; share times n must be whole."""

    def number(uncertainty: FloatArray, wrong: FloatArray) -> float:
        n = wrong.size
        risks = expected_losses(uncertainty, wrong)[1:] / np.arange(1, n + 1)
        return float(risks[n - round(share * n) :].mean())

    return number


PAIRS: dict[str, tuple[Number, Weights]] = {
    "aurc": (aurc, mean_risk_weights),
    "augrc": (augrc, generalised_weights),
    "risk at 0.8": (lambda u, w: risk_at_coverage(u, w, 0.8), point_weights(0.8)),
    "risk at 0.01": (lambda u, w: risk_at_coverage(u, w, 0.01), point_weights(0.01)),
}


def example(levels: int | None, n: int = 41) -> tuple[FloatArray, FloatArray]:
    rng = np.random.default_rng(7)
    uncertainty = rng.random(n)
    wrong = (rng.random(n) < uncertainty).astype(np.float64)
    return uncertainty if levels is None else np.floor(uncertainty * levels), wrong


@pytest.mark.parametrize("name", PAIRS)
@pytest.mark.parametrize("levels", [None, 5, 1])
def test_influence_is_what_a_copy_of_the_answer_adds(name: str, levels: int | None) -> None:
    number, weights = PAIRS[name]
    uncertainty, wrong = example(levels)
    before = number(uncertainty, wrong)
    assert before is not None
    found = influence(uncertainty, wrong, weights)
    for at in range(wrong.size):
        after = number(np.append(uncertainty, uncertainty[at]), np.append(wrong, wrong[at]))
        assert after is not None
        assert found[at] == pytest.approx(after - before, abs=1e-13)


@pytest.mark.parametrize("share", [1.0, 0.5])
def test_weights_of_the_late_risk_give_the_mean_of_the_last_points(share: float) -> None:
    uncertainty, wrong = example(6, n=40)
    found = late_risk_weights(share)(40) @ expected_losses(uncertainty, wrong)[1:]
    assert found == pytest.approx(late_risk(share)(uncertainty, wrong))


def test_late_risks_move_without_the_jump_of_a_point_more() -> None:
    weights = late_risk_weights(0.5)
    for n in (40, 41):
        assert (weights(n) * np.arange(1, n + 1)).sum() == pytest.approx(1.0)
