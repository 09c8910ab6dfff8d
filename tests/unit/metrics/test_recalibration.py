from __future__ import annotations

import numpy as np
import pytest

from medtrust.core.errors import ShapeError
from medtrust.metrics.arrays import FloatArray, IntArray
from medtrust.metrics.calibration import expected_calibration_error
from medtrust.metrics.calibration_maps import MAPS
from medtrust.metrics.recalibration import Method, _folds, cross_fitted, why_not_cross_fitted

METHODS: tuple[Method, ...] = ("temperature", "platt", "isotonic")


def drawn(n: int = 600) -> tuple[FloatArray, FloatArray, IntArray]:
    rng = np.random.default_rng(21)
    uncertainty = rng.random(n)
    wrong = (rng.random(n) < 0.1 + 0.4 * uncertainty).astype(np.float64)
    return uncertainty, wrong, rng.integers(0, n // 4, size=n)


@pytest.mark.parametrize("method", METHODS)
def test_an_outcome_never_moves_the_chance_of_its_own_cluster(method: Method) -> None:
    uncertainty, wrong, clusters = drawn()
    mixed = next(name for name in np.unique(clusters) if 0.0 < wrong[clusters == name].mean() < 1.0)
    inside = clusters == mixed
    # Its outcomes change places, so that the cluster stays mixed and the folds stay as they are.
    other = wrong.copy()
    other[inside] = 1.0 - other[inside]
    one, two = (
        cross_fitted(
            uncertainty, each, method=method, rng=np.random.default_rng(3), clusters=clusters
        )
        for each in (wrong, other)
    )
    assert one is not None
    assert two is not None
    np.testing.assert_array_equal(one[inside], two[inside])
    assert not np.array_equal(one, two)


@pytest.mark.parametrize("method", METHODS)
def test_chances_are_those_of_maps_fitted_on_the_other_fold(method: Method) -> None:
    uncertainty, wrong, clusters = drawn()
    found = cross_fitted(
        uncertainty, wrong, method=method, rng=np.random.default_rng(3), clusters=clusters
    )
    assert found is not None
    fold = _folds(wrong, clusters, 2, np.random.default_rng(3))
    assert 200 < (fold == 0).sum() < 400
    for held_out in (0, 1):
        fitted = MAPS[method].fit(uncertainty[fold != held_out], wrong[fold != held_out])
        assert fitted is not None
        inside = fold == held_out
        np.testing.assert_array_equal(found[inside], fitted.apply(uncertainty[inside]))


def test_a_cluster_lies_in_one_fold_and_clusters_of_each_kind_in_all() -> None:
    _, wrong, clusters = drawn()
    fold = _folds(wrong, clusters, 5, np.random.default_rng(0))
    for name in np.unique(clusters):
        assert np.unique(fold[clusters == name]).size == 1
    for outcome in (0.0, 1.0):
        assert np.unique(fold[wrong == outcome]).tolist() == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("method", METHODS)
def test_a_score_of_any_meaning_becomes_a_calibrated_chance(method: Method) -> None:
    rng = np.random.default_rng(2)
    uncertainty = rng.random(8_000)
    wrong = rng.random(8_000) < 1.0 / (1.0 + np.exp(-0.4 * np.log(uncertainty / (1 - uncertainty))))
    found = cross_fitted(uncertainty, wrong, method=method, rng=rng)
    assert found is not None
    before = expected_calibration_error(uncertainty, wrong)
    after = expected_calibration_error(found, wrong)
    assert before is not None
    assert after is not None
    assert before > 0.1
    assert after < 0.03


def test_equal_generators_give_equal_chances_and_others_do_not() -> None:
    uncertainty, wrong, clusters = drawn()
    one, two, three = (
        cross_fitted(
            uncertainty, wrong, method="platt", rng=np.random.default_rng(seed), clusters=clusters
        )
        for seed in (1, 1, 2)
    )
    assert one is not None
    assert two is not None
    assert three is not None
    np.testing.assert_array_equal(one, two)
    assert not np.array_equal(one, three)


@pytest.mark.parametrize("method", METHODS)
def test_with_clusters_the_order_of_samples_plays_no_part(method: Method) -> None:
    uncertainty, wrong, clusters = drawn()
    shuffled = np.random.default_rng(0).permutation(600)
    one = cross_fitted(
        uncertainty, wrong, method=method, rng=np.random.default_rng(1), clusters=clusters
    )
    two = cross_fitted(
        uncertainty[shuffled],
        wrong[shuffled],
        method=method,
        rng=np.random.default_rng(1),
        clusters=clusters[shuffled],
    )
    assert one is not None
    assert two is not None
    np.testing.assert_allclose(one[shuffled], two, atol=1e-9)


@pytest.mark.parametrize(
    ("wrong", "clusters", "reason"),
    [
        ([], None, "no samples"),
        ([0, 0, 0], None, "errors in fewer than two samples"),
        ([1, 0, 0], None, "errors in fewer than two samples"),
        ([1, 1, 0], None, "right answers in fewer than two samples"),
        ([1, 1, 0, 0], [5, 5, 1, 2], "errors in fewer than two clusters"),
        ([1, 1, 0, 0], [5, 6, 1, 1], "right answers in fewer than two clusters"),
    ],
)
def test_too_few_of_a_kind_leave_no_chance_but_a_reason(
    wrong: list[int], clusters: list[int] | None, reason: str
) -> None:
    codes = None if clusters is None else np.array(clusters)
    assert reason in why_not_cross_fitted(wrong, clusters=codes)
    found = cross_fitted(
        np.linspace(0, 1, len(wrong)),
        wrong,
        method="platt",
        rng=np.random.default_rng(0),
        clusters=codes,
    )
    assert found is None


@pytest.mark.parametrize("folds", [2, 3, 10])
@pytest.mark.parametrize("seed", range(5))
def test_two_of_each_kind_are_enough_whatever_the_deal(folds: int, seed: int) -> None:
    wrong, clusters = [1, 0, 1, 0, 0], np.array([3, 3, 4, 5, 6])
    assert why_not_cross_fitted(wrong, clusters=clusters, folds=folds) == ""
    found = cross_fitted(
        [0.9, 0.2, 0.8, 0.3, 0.1],
        wrong,
        method="platt",
        rng=np.random.default_rng(seed),
        clusters=clusters,
        folds=folds,
    )
    assert found is not None
    assert ((found > 0.0) & (found < 1.0)).all()


def test_wrong_requests_are_refused() -> None:
    rng = np.random.default_rng(0)
    with pytest.raises(ShapeError, match="method must be one of temperature, platt, isotonic"):
        cross_fitted([0.1], [1], method="beta", rng=rng)  # type: ignore[arg-type]
    with pytest.raises(ShapeError, match="folds must be at least 2"):
        cross_fitted([0.1], [1], method="platt", rng=rng, folds=1)
    with pytest.raises(ShapeError, match="uncertainty must lie in"):
        cross_fitted([0.1, 3.0], [1, 0], method="temperature", rng=rng)
    with pytest.raises(ShapeError, match="leave missing values out"):
        cross_fitted([0.1, np.nan], [1, 0], method="platt", rng=rng)
