from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from medtrust.core.errors import ShapeError
from medtrust.metrics.arrays import FloatArray
from medtrust.metrics.bootstrap import (
    cluster_bootstrap,
    cluster_totals,
    cluster_weights,
    resampled_totals,
)


def ratio(totals: FloatArray) -> FloatArray:
    return totals[:, :1] / totals[:, 1:]


def test_cluster_totals_add_up_rows_in_order_of_codes() -> None:
    values = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    assert cluster_totals(values, np.array([9, 4, 9])).tolist() == [[3.0, 4.0], [6.0, 8.0]]


def test_every_draw_has_as_many_clusters_as_there_are() -> None:
    blocks = list(cluster_weights(7, draws=11, rng=np.random.default_rng(0)))
    weights = np.concatenate(blocks)
    assert weights.shape == (11, 7)
    assert (weights.sum(axis=1) == 7).all()


def test_drawing_equal_clusters_together_has_the_same_moments() -> None:
    kinds = np.array([[1.0, 3.0], [0.0, 2.0], [2.0, 2.0]])
    totals = kinds[np.repeat(np.arange(3), [50, 30, 20])]
    together = resampled_totals(totals, draws=20_000, rng=np.random.default_rng(0))
    distinct = totals + np.arange(100)[:, None] * 1e-9
    apart = resampled_totals(distinct, draws=20_000, rng=np.random.default_rng(1))
    assert together.mean(axis=0) == pytest.approx(apart.mean(axis=0), rel=0.005)
    assert np.cov(together.T) == pytest.approx(np.cov(apart.T), rel=0.08, abs=1.0)


def test_bca_is_near_scipys_with_many_clusters() -> None:
    values = np.random.default_rng(3).exponential(size=400)
    totals = np.stack([values, np.ones(400)], axis=1)
    ours = cluster_bootstrap(
        totals, ratio, sizes=np.ones(400), rng=np.random.default_rng(0), draws=20_000
    )[0]
    theirs = stats.bootstrap(
        (values,), np.mean, n_resamples=20_000, method="BCa", rng=np.random.default_rng(1)
    ).confidence_interval
    width = theirs.high - theirs.low
    assert ours.low == pytest.approx(theirs.low, abs=0.03 * width)
    assert ours.high == pytest.approx(theirs.high, abs=0.03 * width)


def test_a_statistic_undefined_on_many_draws_gets_no_interval() -> None:
    totals = np.zeros((30, 2))
    totals[0] = [1.0, 1.0]
    with np.errstate(invalid="ignore"):
        interval = cluster_bootstrap(
            totals, ratio, sizes=np.ones(30), rng=np.random.default_rng(0), draws=500
        )[0]
    assert (interval.value, interval.low, interval.high) == (1.0, None, None)
    assert "undefined" in interval.note


def test_several_statistics_share_the_draws() -> None:
    values = np.random.default_rng(3).random((50, 2))

    def both(totals: FloatArray) -> FloatArray:
        return np.stack([totals[:, 0] / 50.0, 2.0 * totals[:, 0] / 50.0], axis=-1)

    one, two = cluster_bootstrap(
        values, both, sizes=np.ones(50), rng=np.random.default_rng(0), draws=400
    )
    assert one.low is not None
    assert two.low == pytest.approx(2.0 * one.low)


def test_shapes_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ShapeError):
        cluster_bootstrap(np.zeros((4, 2)), ratio, sizes=np.ones(3), rng=np.random.default_rng(0))
