from __future__ import annotations

import numpy as np
import pytest

from medtrust.core.errors import ShapeError
from medtrust.metrics.arrays import FloatArray
from medtrust.metrics.bootstrap import cluster_bootstrap
from medtrust.metrics.intervals import Interval
from medtrust.metrics.selective_draws import statistics_of_draws
from medtrust.metrics.selective_intervals import (
    AREAS,
    AT_COVERAGES,
    AT_RISKS,
    COVERAGES,
    NOT_SMOOTH,
    REJECTIONS,
    selective_intervals,
    selective_values,
)

SMOOTH = (*AREAS, *AT_COVERAGES)


def example(n: int, *, levels: int | None, seed: int = 3) -> tuple[FloatArray, FloatArray]:
    rng = np.random.default_rng(seed)
    uncertainty = rng.random(n)
    wrong = (rng.random(n) < 0.1 + 0.5 * uncertainty).astype(np.float64)
    return uncertainty if levels is None else np.floor(uncertainty * levels), wrong


def ends(intervals: dict[str, Interval]) -> FloatArray:
    found = [(intervals[name].low, intervals[name].high) for name in SMOOTH]
    return np.array(found, dtype=np.float64)


@pytest.mark.parametrize("levels", [None, 6])
def test_every_number_has_its_value_and_the_smooth_ones_an_interval(levels: int | None) -> None:
    uncertainty, wrong = example(120, levels=levels)
    found = selective_intervals(uncertainty, wrong, rng=np.random.default_rng(0), draws=300)
    assert tuple(found) == (*SMOOTH, *AT_RISKS)
    assert {name: one.value for name, one in found.items()} == selective_values(uncertainty, wrong)
    for name in SMOOTH:
        one = found[name]
        assert one.low is not None
        assert one.high is not None
        assert one.value is not None
        assert one.low <= one.value <= one.high
        assert one.low < one.high
        assert (one.n, one.n_clusters, one.note) == (120, 120, "")


def test_coverages_at_a_risk_have_no_interval_and_say_why() -> None:
    found = selective_intervals(*example(120, levels=6), rng=np.random.default_rng(0), draws=50)
    for name in AT_RISKS:
        assert found[name].value is not None
        assert found[name].low is None
        assert found[name].high is None
        assert found[name].note == NOT_SMOOTH


@pytest.mark.parametrize("clustered", [False, True])
def test_intervals_agree_with_the_bootstrap_of_whole_tables(*, clustered: bool) -> None:
    uncertainty, wrong = example(300, levels=8)
    codes = np.arange(300) // (3 if clustered else 1)
    k = int(codes.max()) + 1
    totals = np.zeros((k, 16))
    np.add.at(totals, (codes, uncertainty.astype(np.int64)), 1.0)
    np.add.at(totals, (codes, 8 + uncertainty.astype(np.int64)), wrong)

    def statistics(table: FloatArray) -> FloatArray:
        return statistics_of_draws(
            table[:, :8].T, table[:, 8:].T, rejections=REJECTIONS, coverages=COVERAGES
        )

    expected = cluster_bootstrap(
        totals,
        statistics,
        sizes=np.bincount(codes).astype(np.float64),
        rng=np.random.default_rng(1),
        draws=20_000,
    )
    found = selective_intervals(
        uncertainty, wrong, clusters=codes, rng=np.random.default_rng(2), draws=20_000
    )
    for name, one in zip(SMOOTH, expected, strict=True):
        mine = found[name]
        assert mine.value == pytest.approx(one.value)
        for end, other in ((mine.low, one.low), (mine.high, one.high)):
            assert end is not None
            assert other is not None
            # exact leave-one-out against influence, other draws, and a wider t where errors count
            assert one.high is not None
            assert one.low is not None
            assert abs(end - other) < 0.06 * (one.high - one.low)


@pytest.mark.parametrize(("levels", "clustered"), [(None, False), (6, False), (6, True)])
def test_the_order_of_the_input_changes_nothing(levels: int | None, *, clustered: bool) -> None:
    uncertainty, wrong = example(150, levels=levels)
    codes = np.arange(150) // 3 if clustered else None
    places = np.random.default_rng(8).permutation(150)
    moved = None if codes is None else codes[places]
    one = selective_intervals(
        uncertainty, wrong, clusters=codes, rng=np.random.default_rng(4), draws=100
    )
    two = selective_intervals(
        uncertainty[places], wrong[places], clusters=moved, rng=np.random.default_rng(4), draws=100
    )
    assert one == two


def test_answers_that_each_have_a_cluster_are_independent() -> None:
    uncertainty, wrong = example(200, levels=5)
    codes = np.random.default_rng(0).permutation(200) * 7
    one = selective_intervals(uncertainty, wrong, rng=np.random.default_rng(4), draws=100)
    two = selective_intervals(
        uncertainty, wrong, clusters=codes, rng=np.random.default_rng(4), draws=100
    )
    assert one == two


def test_repeating_every_answer_within_its_cluster_tells_nothing_new() -> None:
    uncertainty, wrong = example(200, levels=None)
    rng = np.random.default_rng(4)
    one = ends(selective_intervals(uncertainty, wrong, rng=rng, draws=4_000))
    repeated = [np.repeat(array, 5) for array in (uncertainty, wrong)]
    clusters = np.repeat(np.arange(200), 5)
    two = ends(selective_intervals(*repeated, clusters=clusters, rng=rng, draws=4_000))
    ignored = ends(selective_intervals(*repeated, rng=rng, draws=4_000))
    ratio = np.ptp(two, axis=1) / np.ptp(one, axis=1)
    assert (np.abs(ratio - 1.0) < 0.15).all()
    assert (np.ptp(ignored, axis=1) < 0.6 * np.ptp(one, axis=1)).all()


def test_large_ties_of_many_answers_are_drawn_by_kind() -> None:
    uncertainty, wrong = example(20_000, levels=4)
    few = ends(selective_intervals(uncertainty, wrong, rng=np.random.default_rng(0), draws=2_000))
    shaken = uncertainty + 1e-9 * np.random.default_rng(1).random(20_000)
    many = ends(selective_intervals(shaken, wrong, rng=np.random.default_rng(0), draws=500))
    ratio = np.ptp(few, axis=1) / np.ptp(many, axis=1)
    assert (np.abs(ratio - 1.0) < 0.25).all()


def test_fewer_than_twenty_clusters_have_no_interval() -> None:
    uncertainty, wrong = example(190, levels=6)
    found = selective_intervals(
        uncertainty, wrong, clusters=np.arange(190) // 10, rng=np.random.default_rng(0)
    )
    for one in found.values():
        assert one.value is not None
        assert one.low is None
        assert one.high is None
        assert one.n_clusters == 19
        assert "fewer than 20 clusters" in one.note


def test_areas_have_no_interval_when_too_few_clusters_hold_an_error() -> None:
    uncertainty = np.random.default_rng(0).random(300)
    wrong = np.zeros(300)
    wrong[:19] = 1.0
    found = selective_intervals(uncertainty, wrong, rng=np.random.default_rng(0), draws=200)
    for name in AREAS:
        assert found[name].value is not None
        assert found[name].low is None
        assert found[name].note == "errors in fewer than 20 clusters: no interval"
    assert found["risk_at_coverage_80"].low is not None
    other = selective_intervals(uncertainty, 1.0 - wrong, rng=np.random.default_rng(0), draws=200)
    assert other["augrc"].note == "right answers in fewer than 20 clusters: no interval"
    wrong[19] = 1.0
    found = selective_intervals(uncertainty, wrong, rng=np.random.default_rng(0), draws=200)
    assert found["aurc"].low is not None


def test_an_all_correct_set_has_values_but_neither_ratio_nor_interval() -> None:
    uncertainty, wrong = np.random.default_rng(0).random(60), np.zeros(60)
    found = selective_intervals(uncertainty, wrong, rng=np.random.default_rng(0), draws=100)
    assert found["aurc"].value == 0.0
    assert found["prediction_rejection_ratio"].value is None
    assert found["coverage_at_risk_5"].value == 1.0
    for one in found.values():
        assert one.low is None
        assert one.note
    few = selective_intervals(uncertainty[:10], wrong[:10], rng=np.random.default_rng(0))
    assert "undefined" in few["prediction_rejection_ratio"].note


def test_no_samples_have_no_values() -> None:
    found = selective_intervals(np.zeros(0), np.zeros(0), rng=np.random.default_rng(0))
    assert tuple(found) == (*SMOOTH, *AT_RISKS)
    for one in found.values():
        assert one.value is None
        assert one.note == "no samples"


def test_a_higher_level_gives_wider_intervals() -> None:
    uncertainty, wrong = example(200, levels=6)
    widths = [
        np.ptp(
            ends(
                selective_intervals(
                    uncertainty, wrong, rng=np.random.default_rng(0), level=level, draws=1_000
                )
            ),
            axis=1,
        )
        for level in (0.8, 0.95)
    ]
    assert (widths[0] < widths[1]).all()


def test_missing_values_and_unequal_lengths_are_refused() -> None:
    rng = np.random.default_rng(0)
    with pytest.raises(ShapeError, match="NaN"):
        selective_intervals(np.array([0.1, np.nan]), np.array([0, 1]), rng=rng)
    with pytest.raises(ShapeError, match="length"):
        selective_intervals(np.zeros(3), np.zeros(3), clusters=np.zeros(2, dtype=int), rng=rng)
