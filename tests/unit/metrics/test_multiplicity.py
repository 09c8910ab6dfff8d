from __future__ import annotations

import numpy as np
import pytest
from statsmodels.stats.multitest import multipletests

from medtrust.core.errors import ShapeError
from medtrust.metrics.multiplicity import benjamini_hochberg, holm

FAMILIES = [
    [0.01, 0.04, 0.03, 0.005],
    [0.5],
    [1.0, 1.0, 0.0],
    [0.02, 0.02, 0.02, 0.9],
    list(np.random.default_rng(0).random(40) ** 2),
]


@pytest.mark.parametrize("family", FAMILIES)
def test_holm_agrees_with_statsmodels(family: list[float]) -> None:
    assert holm(family) == pytest.approx(multipletests(family, method="holm")[1])


@pytest.mark.parametrize("family", FAMILIES)
def test_benjamini_hochberg_agrees_with_statsmodels(family: list[float]) -> None:
    assert benjamini_hochberg(family) == pytest.approx(multipletests(family, method="fdr_bh")[1])


def test_an_empty_family_stays_empty() -> None:
    assert holm([]).size == 0
    assert benjamini_hochberg([]).size == 0


def test_values_that_are_no_probabilities_are_refused() -> None:
    with pytest.raises(ShapeError):
        holm([0.1, 1.5])
