from __future__ import annotations

import numpy as np
import pytest

from medtrust.core.errors import ShapeError
from medtrust.metrics.confidence_bins import BinSums, as_confidence, bin_codes, rule_name


def test_right_edges_belong_to_the_lower_bin_and_zero_to_the_first() -> None:
    codes = bin_codes(np.array([0.0, 0.05, 0.1, 0.11, 0.3, 0.7, 1.0]), n_bins=10)
    assert codes.tolist() == [0, 0, 0, 1, 2, 6, 9]


def test_left_edges_belong_to_the_upper_bin_and_one_to_the_last() -> None:
    codes = bin_codes(np.array([0.0, 0.05, 0.1, 0.11, 0.3, 0.7, 1.0]), n_bins=10, edge="left")
    assert codes.tolist() == [0, 0, 1, 1, 3, 7, 9]


@pytest.mark.parametrize("n_bins", [3, 5, 10, 15, 20, 100])
def test_decimals_on_an_edge_are_on_it_whatever_their_binary_rounding(n_bins: int) -> None:
    inner = np.array([float(f"{k / n_bins:.15g}") for k in range(1, n_bins)])
    on_edge = inner[np.isin(inner, np.arange(n_bins + 1) / n_bins)]
    right = bin_codes(on_edge, n_bins=n_bins, edge="right")
    left = bin_codes(on_edge, n_bins=n_bins, edge="left")
    assert np.array_equal(left, right + 1)


def test_edges_made_by_steps_put_a_decimal_below_its_own_edge() -> None:
    # linspace has 0.30000000000000004 for the fourth edge, so [0.3, 0.4) would not hold 0.3.
    by_steps = np.digitize(0.3, np.linspace(0.0, 1.0, 11)) - 1
    assert by_steps == 2
    assert bin_codes(np.array([0.3]), n_bins=10, edge="left").tolist() == [3]


def test_equal_mass_cuts_sorted_confidences_into_runs_the_first_ones_longer() -> None:
    codes = bin_codes(np.linspace(1.0, 0.1, 10), n_bins=4, bins="mass")
    assert codes.tolist() == [3, 3, 2, 2, 1, 1, 1, 0, 0, 0]


def test_equal_confidences_stay_together_in_the_run_of_the_middle_one() -> None:
    confidence = np.array([0.1, 0.2, 0.5, 0.5, 0.5, 0.5, 0.5, 0.9])
    assert bin_codes(confidence, n_bins=4, bins="mass").tolist() == [0, 0, 2, 2, 2, 2, 2, 3]
    assert bin_codes(np.full(7, 0.5), n_bins=4, bins="mass").tolist() == [1] * 7


def test_more_bins_than_samples_leave_bins_empty() -> None:
    assert bin_codes(np.array([0.9, 0.1]), n_bins=5, bins="mass").tolist() == [1, 0]
    sums = BinSums.build(
        np.array([0.9, 0.1]), np.array([1.0, 0.0]), n_bins=10, bins="width", edge="right"
    )
    assert sums.index.tolist() == [0, 8]
    assert sums.shares.tolist() == [0.5, 0.5]


def test_no_samples_fall_into_no_bins() -> None:
    assert bin_codes(np.zeros(0), bins="mass").shape == (0,)
    assert bin_codes(np.zeros(0)).shape == (0,)


@pytest.mark.parametrize("outside", [[-0.1, 0.5], [0.5, 1.0000001], [2.0]])
def test_what_is_no_probability_is_refused_in_one_sentence(outside: list[float]) -> None:
    with pytest.raises(ShapeError, match=r"confidence must lie in \[0, 1\].*calibrated"):
        as_confidence(outside)


def test_a_missing_confidence_is_refused() -> None:
    with pytest.raises(ShapeError, match="leave missing values out"):
        as_confidence([0.5, np.nan])


def test_unknown_rules_are_refused() -> None:
    half = np.array([0.5])
    with pytest.raises(ShapeError, match="n_bins must be at least 1"):
        bin_codes(half, n_bins=0)
    with pytest.raises(ShapeError, match="edge 'right' or 'left'"):
        bin_codes(half, edge="both")  # type: ignore[arg-type]
    with pytest.raises(ShapeError, match="bins must be 'width' or 'mass'"):
        bin_codes(half, bins="quantile")  # type: ignore[arg-type]


def test_names_of_rules_say_bins_and_edge() -> None:
    assert rule_name(10, "width", "right") == "10_equal_width_right"
    assert rule_name(15, "width", "left") == "15_equal_width_left"
    assert rule_name(10, "mass", "left") == "10_equal_mass"
