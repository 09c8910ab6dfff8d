"""Pooling, components and tests on cases that can be worked out another way."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.meta_analysis import combine_effects

from medtrust.core.errors import ShapeError
from medtrust.metrics.arrays import FloatArray, IntArray
from medtrust.metrics.chi_square_mixture import mixture_tail
from medtrust.metrics.random_effects import MIN_MODELS, random_effects, residual_contrasts
from medtrust.metrics.two_way_effects import plain_shares, two_way_effects

VALUES = np.array([0.61, 0.72, 0.58, 0.79, 0.66, 0.70, 0.55])


@pytest.mark.parametrize("k", [1, 2, 7, 60])
@pytest.mark.parametrize("chance", [0.9, 0.5, 0.05, 0.001])
def test_the_tail_of_equal_weights_is_that_of_a_chi_square(k: int, chance: float) -> None:
    reached = 0.3 * float(stats.chi2.isf(chance, k))
    assert mixture_tail(reached, np.full(k, 0.3)) == pytest.approx(chance, abs=0.006, rel=0.03)


def test_the_tail_of_unequal_weights_is_that_of_drawn_sums() -> None:
    weights = np.array([5.0, 1.0, 1.0, 0.2, 0.0])
    sums = np.random.default_rng(0).chisquare(1.0, (400_000, 5)) @ weights
    for reached in (1.0, 4.0, float(weights.sum()), 15.0, 30.0):
        assert mixture_tail(reached, weights) == pytest.approx((sums > reached).mean(), abs=0.016)


def test_the_tail_has_no_jump_at_the_mean() -> None:
    weights = np.array([2.0, 1.0, 0.5])
    around = [mixture_tail(3.5 + step, weights) for step in (-1e-3, -1e-6, 0.0, 1e-6, 1e-3)]
    assert np.ptp(around) < 1e-3
    assert around[0] > around[2] > around[4]


def test_a_sum_without_weights_is_never_above_zero() -> None:
    assert mixture_tail(0.1, np.zeros(3)) == 0.0
    assert mixture_tail(0.0, np.zeros(3)) == 1.0
    with pytest.raises(ShapeError, match="negative"):
        mixture_tail(1.0, [1.0, -1.0])


def test_equal_independent_errors_agree_with_statsmodels() -> None:
    variance = np.full(7, 0.001)
    theirs = combine_effects(VALUES, variance, method_re="iterated", use_t=True)
    ours = random_effects(VALUES, np.diag(variance))
    low, high = theirs.conf_int()[3]
    assert ours.component.variance.value == pytest.approx(theirs.tau2, rel=1e-5)
    assert ours.mean.value == pytest.approx(theirs.mean_effect_re)
    assert (ours.mean.low, ours.mean.high) == pytest.approx((low, high), rel=1e-4)


def test_equal_independent_errors_have_the_interval_of_a_sample_variance() -> None:
    ours = random_effects(VALUES, np.eye(7) * 0.001).component
    spread = float(np.sum(np.square(VALUES - VALUES.mean())))
    for end, chance in ((ours.variance.low, 0.025), (ours.variance.high, 0.975)):
        expected = max(spread / float(stats.chi2.isf(chance, 6)) - 0.001, 0.0)
        assert end == pytest.approx(expected, rel=0.05)
    assert ours.p_value == pytest.approx(float(stats.chi2.sf(spread / 0.001, 6)), abs=0.002)


def test_an_error_that_all_share_moves_the_mean_and_never_feigns_a_difference() -> None:
    own = np.eye(7) * 1e-4
    alone = random_effects(VALUES, own)
    shared = random_effects(VALUES, own + 0.01)
    assert shared.component.variance.value == pytest.approx(alone.component.variance.value)
    assert shared.component.p_value == pytest.approx(alone.component.p_value)
    assert shared.mean.high is not None
    assert alone.mean.high is not None
    assert shared.mean.high > alone.mean.high


def test_the_slope_is_that_of_a_line_when_all_points_lie_on_it() -> None:
    place = np.array([0.3, 0.5, 0.55, 0.6, 0.7, 0.8, 0.9])
    found = random_effects(0.4 + 0.35 * place, np.eye(7) * 1e-6, covariate=place)
    assert found.slope is not None
    assert found.slope.value == pytest.approx(0.35)
    assert found.component.variance.value == pytest.approx(0.0, abs=1e-9)
    assert found.slope_p is not None
    assert found.slope_p < 1e-6
    assert found.mean.value == pytest.approx(float(np.mean(0.4 + 0.35 * place)))


def test_copies_of_one_another_do_no_harm() -> None:
    twice = np.repeat(VALUES, 2)
    errors = np.kron(np.eye(7), np.ones((2, 2))) * 0.001
    found = random_effects(twice, np.asarray(errors, dtype=np.float64))
    once = random_effects(VALUES, np.eye(7) * 0.001)
    assert found.mean.value == pytest.approx(once.mean.value, abs=1e-4)
    assert found.component.p_value == pytest.approx(once.component.p_value, abs=0.01)


def test_near_copies_do_not_hide_that_others_differ() -> None:
    values = np.array([0.70, 0.70, 0.70, 0.70, 0.70, 0.50])
    near = 0.02**2 * np.eye(6)
    near[:5, :5] = 0.02**2 * (0.999 + 0.001 * np.eye(5))
    component = random_effects(values, near).component
    assert component.p_value is not None
    assert component.p_value < 0.001
    assert component.deviation.value == pytest.approx(values.std(ddof=1), rel=0.05)


def test_estimates_that_are_all_the_same_show_no_difference() -> None:
    same = np.full(6, 0.2) + np.array([0.0, 1e-17, 0.0, 3e-17, 0.0, -1e-17])
    for errors in (np.zeros((6, 6)), np.eye(6) * 1e-30, np.eye(6) * 1e-4):
        found = random_effects(same, errors)
        assert found.component.variance.value == pytest.approx(0.0, abs=1e-12)
        assert found.component.p_value == pytest.approx(1.0)
        assert found.mean.value == pytest.approx(0.2)


def test_few_estimates_speak_of_themselves_alone() -> None:
    few = MIN_MODELS - 1
    found = random_effects(VALUES[:few], np.eye(few) * 0.0004, covariate=np.arange(few))
    assert found.component.variance.value is None
    assert "cannot be estimated" in found.component.variance.note
    assert found.component.p_value is not None
    assert found.component.p_value < 0.001
    assert found.slope is not None
    assert found.slope.value is None
    assert found.mean.low == pytest.approx(VALUES[:few].mean() - 1.959964 * 0.01)


def test_odd_shapes_are_refused() -> None:
    with pytest.raises(ShapeError, match="shape"):
        random_effects(VALUES, np.eye(6))
    with pytest.raises(ShapeError, match="symmetric"):
        random_effects(VALUES, np.triu(np.ones((7, 7))))
    with pytest.raises(ShapeError, match="constant"):
        random_effects(VALUES, np.eye(7), covariate=np.ones(7))
    with pytest.raises(ShapeError, match="NaN"):
        random_effects([*VALUES[:6], np.nan], np.eye(7))


def test_contrasts_see_nothing_of_what_is_fitted() -> None:
    design = np.column_stack([np.ones(6), np.arange(6.0), np.ones(6)])
    contrasts = residual_contrasts(design)
    assert contrasts.shape == (6, 4)
    assert np.allclose(contrasts.T @ design, 0.0)
    assert np.allclose(contrasts.T @ contrasts, np.eye(4))


def crossed(j: int, k: int, seed: int = 0) -> tuple[FloatArray, IntArray, IntArray]:
    rng = np.random.default_rng(seed)
    rows, columns = np.repeat(np.arange(j), k), np.tile(np.arange(k), j)
    values = rng.normal(0.0, 0.1, j)[rows] + rng.normal(0.0, 0.2, k)[columns]
    return values + rng.normal(0.0, 0.05, j * k), rows, columns


def test_without_sampling_errors_components_are_those_of_the_mean_squares() -> None:
    values, rows, columns = crossed(8, 6)
    found = two_way_effects(values, np.zeros((48, 48)), rows=rows, columns=columns)
    table = values.reshape(8, 6)
    fitted = table.mean(1)[:, None] + table.mean(0) - table.mean()
    left = float(np.sum(np.square(table - fitted))) / 35
    assert found.interaction is not None
    assert found.columns is not None
    assert found.interaction.variance.value == pytest.approx(left, rel=1e-4)
    for effects, means, other in (
        (found.rows, table.mean(1), 6),
        (found.columns, table.mean(0), 8),
    ):
        expected = float(means.var(ddof=1)) - left / other
        assert effects.component.variance.value == pytest.approx(expected, rel=1e-3)
    assert sum(found.shares().values()) == pytest.approx(1.0)


def test_absent_cells_leave_row_means_free_of_the_methods_that_were_absent() -> None:
    rows, columns = np.repeat(np.arange(6), 6), np.tile(np.arange(6), 6)
    values = rows * 0.02 + np.square(columns) * 0.03
    there = (rows + columns) % 5 != 0
    found = two_way_effects(
        values[there], np.zeros((there.sum(),) * 2), rows=rows[there], columns=columns[there]
    )
    assert np.allclose(np.diff(found.row_means), 0.02)
    assert np.allclose(np.diff(found.column_means), 0.03 * np.diff(np.square(np.arange(6))))


def test_rows_and_columns_that_share_nothing_are_refused() -> None:
    with pytest.raises(ShapeError, match="share nothing"):
        two_way_effects(
            np.ones(4), np.eye(4), rows=np.array([0, 0, 1, 1]), columns=np.array([0, 1, 2, 3])
        )
    with pytest.raises(ShapeError, match="twice"):
        two_way_effects(np.ones(2), np.eye(2), rows=np.zeros(2, int), columns=np.zeros(2, int))


def test_plain_shares_are_those_of_sums_of_squares_and_add_up() -> None:
    values, rows, columns = crossed(5, 4, seed=3)
    shares = plain_shares(values, rows=rows, columns=columns)
    table = values.reshape(5, 4)
    total = float(np.sum(np.square(table - table.mean())))
    assert shares["rows"] == pytest.approx(4 * np.sum((table.mean(1) - table.mean()) ** 2) / total)
    assert sum(shares.values()) == pytest.approx(1.0)
    assert plain_shares(np.ones(20), rows=rows, columns=columns) == {}
