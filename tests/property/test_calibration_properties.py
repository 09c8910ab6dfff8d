from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from medtrust.metrics.arrays import FloatArray, IntArray
from medtrust.metrics.calibration import (
    brier,
    brier_parts,
    expected_calibration_error,
    maximum_calibration_error,
    negative_log_likelihood,
    overconfidence,
    reliability_bins,
)
from medtrust.metrics.calibration_intervals import calibration_intervals
from medtrust.metrics.calibration_maps import MAPS
from medtrust.metrics.confidence_bins import Bins, Edge, bin_codes
from medtrust.metrics.debiased_calibration import (
    debiased_calibration_error,
    debiased_squared_calibration_error,
)
from medtrust.metrics.recalibration import cross_fitted, why_not_cross_fitted

chances = st.one_of(st.floats(0.0, 1.0), st.integers(0, 20).map(lambda k: k / 20))
rows = st.lists(st.tuples(chances, st.booleans(), st.integers(0, 9)), min_size=1, max_size=50)
kinds: st.SearchStrategy[Bins] = st.sampled_from(("width", "mass"))
edges: st.SearchStrategy[Edge] = st.sampled_from(("right", "left"))
counts = st.integers(1, 25)
# Scores that are not so close to each other that rounding merges what a map keeps apart.
scores = st.lists(
    st.tuples(st.integers(-1000, 1000), st.booleans(), st.integers(0, 9)),
    min_size=2,
    max_size=50,
)


def parts(samples: list[tuple[float, bool, int]]) -> tuple[FloatArray, FloatArray, IntArray]:
    confidence, correct, clusters = zip(*samples, strict=True)
    return np.array(confidence, dtype=float), np.array(correct, dtype=float), np.array(clusters)


@settings(deadline=None)
@given(rows, counts, kinds, edges)
def test_errors_lie_in_their_ranges_and_in_their_order(
    samples: list[tuple[float, bool, int]], n_bins: int, bins: Bins, edge: Edge
) -> None:
    confidence, correct, clusters = parts(samples)
    expected = expected_calibration_error(confidence, correct, n_bins=n_bins, bins=bins, edge=edge)
    maximum = maximum_calibration_error(confidence, correct, n_bins=n_bins, bins=bins, edge=edge)
    bias, loss = overconfidence(confidence, correct), negative_log_likelihood(confidence, correct)
    score = brier(confidence, correct)
    assert expected is not None
    assert maximum is not None
    assert bias is not None
    assert loss is not None
    assert score is not None
    assert abs(bias) - 1e-12 <= expected <= maximum + 1e-12
    assert 0.0 <= maximum <= 1.0
    assert 0.0 <= score <= 1.0
    assert 0.0 <= loss < 16.2
    square = debiased_squared_calibration_error(
        confidence, correct, clusters=clusters, n_bins=n_bins, bins=bins, edge=edge
    )
    assert square is None or -1.0 - 1e-12 <= square <= 1.0 + 1e-12


@settings(deadline=None)
@given(rows, counts, kinds, edges)
def test_the_order_of_samples_plays_no_part(
    samples: list[tuple[float, bool, int]], n_bins: int, bins: Bins, edge: Edge
) -> None:
    confidence, correct, clusters = parts(samples)
    order = np.random.default_rng(len(samples)).permutation(len(samples))
    for measure in (expected_calibration_error, maximum_calibration_error):
        one = measure(confidence, correct, n_bins=n_bins, bins=bins, edge=edge)
        two = measure(confidence[order], correct[order], n_bins=n_bins, bins=bins, edge=edge)
        assert one is not None
        assert two is not None
        assert abs(one - two) < 1e-12
    three = debiased_calibration_error(confidence, correct, clusters=clusters, n_bins=n_bins)
    four = debiased_calibration_error(
        confidence[order], correct[order], clusters=clusters[order], n_bins=n_bins
    )
    assert (three is None) == (four is None)
    # The root magnifies rounding near 0.
    assert abs((three or 0.0) ** 2 - (four or 0.0) ** 2) < 1e-12


@settings(deadline=None)
@given(rows, counts, kinds, edges)
def test_parts_of_the_brier_score_add_up(
    samples: list[tuple[float, bool, int]], n_bins: int, bins: Bins, edge: Edge
) -> None:
    confidence, correct, _ = parts(samples)
    found = brier_parts(confidence, correct, n_bins=n_bins, bins=bins, edge=edge)
    score = brier(confidence, correct)
    assert found is not None
    assert score is not None
    assert abs(found.brier - score) < 1e-12
    assert found.reliability >= 0.0
    assert found.within_variance >= 0.0
    assert -1e-12 <= found.resolution <= found.uncertainty + 1e-12
    assert 0.0 <= found.uncertainty <= 0.25


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 10), st.integers(1, 4)), min_size=1, max_size=8), kinds)
def test_groups_that_are_right_as_often_as_they_say_have_no_error(
    groups: list[tuple[int, int]], bins: Bins
) -> None:
    confidence = np.concatenate([np.full(10 * times, tenth / 10) for tenth, times in groups])
    correct = np.concatenate([np.tile(np.arange(10) < tenth, times) for tenth, times in groups])
    expected = expected_calibration_error(confidence, correct, bins=bins)
    bias = overconfidence(confidence, correct)
    assert expected is not None
    assert bias is not None
    assert expected < 1e-12
    assert abs(bias) < 1e-12
    assert debiased_calibration_error(confidence, correct, bins=bins) == 0.0


@settings(deadline=None)
@given(rows, counts, kinds, edges)
def test_bins_keep_the_order_and_never_part_equal_confidences(
    samples: list[tuple[float, bool, int]], n_bins: int, bins: Bins, edge: Edge
) -> None:
    confidence, _, _ = parts(samples)
    codes = bin_codes(confidence, n_bins=n_bins, bins=bins, edge=edge)
    assert codes.min() >= 0
    assert codes.max() < n_bins
    order = np.argsort(confidence, kind="stable")
    assert (np.diff(codes[order]) >= 0).all()
    for value in confidence:
        assert np.unique(codes[confidence == value]).size == 1


@settings(deadline=None)
@given(st.lists(st.floats(0.0, 1.0), min_size=1, max_size=50, unique=True), counts)
def test_bins_of_equal_mass_differ_by_at_most_one_sample_without_ties(
    confidence: list[float], n_bins: int
) -> None:
    sizes = np.bincount(
        bin_codes(np.array(confidence), n_bins=n_bins, bins="mass"), minlength=n_bins
    )
    assert np.ptp(sizes) <= 1


@settings(deadline=None)
@given(rows, edges)
def test_wrong_and_right_mirror_each_other_under_mirrored_edges(
    samples: list[tuple[float, bool, int]], edge: Edge
) -> None:
    confidence, correct, _ = parts(samples)
    grid = np.round(confidence * 32) / 32  # 1 - c is exact, and so are edges of 2^k bins
    other: Edge = "left" if edge == "right" else "right"
    one = expected_calibration_error(grid, correct, n_bins=16, edge=edge)
    two = expected_calibration_error(1.0 - grid, 1.0 - correct, n_bins=16, edge=other)
    assert one is not None
    assert two is not None
    assert abs(one - two) < 1e-12


@settings(deadline=None)
@given(rows, counts, kinds, edges)
def test_reliability_bins_hold_all_samples_and_give_the_same_error(
    samples: list[tuple[float, bool, int]], n_bins: int, bins: Bins, edge: Edge
) -> None:
    confidence, correct, clusters = parts(samples)
    found = reliability_bins(
        confidence, correct, clusters=clusters, n_bins=n_bins, bins=bins, edge=edge
    )
    expected = expected_calibration_error(confidence, correct, n_bins=n_bins, bins=bins, edge=edge)
    assert expected is not None
    assert found.n.sum() == len(samples)
    gaps = np.abs(found.confidence - found.accuracy)
    assert abs(float(gaps @ found.n) / len(samples) - expected) < 1e-12
    known = ~np.isnan(found.accuracy_low)
    assert (found.accuracy_low[known] <= found.accuracy[known] + 1e-12).all()
    assert (found.accuracy_high[known] >= found.accuracy[known] - 1e-12).all()
    assert (found.accuracy_low[known] < found.accuracy_high[known]).all()
    assert (found.low <= found.confidence + 1e-12).all()
    assert (found.high >= found.confidence - 1e-12).all()


@settings(max_examples=50, deadline=None)
@given(rows, st.booleans())
def test_all_intervals_are_ordered_and_say_why_when_they_are_absent(
    samples: list[tuple[float, bool, int]], clustered: bool
) -> None:
    confidence, correct, clusters = parts(samples)
    found = calibration_intervals(
        confidence,
        correct,
        rng=np.random.default_rng(0),
        clusters=clusters if clustered else None,
        draws=60,
    )
    for each in found.values():
        assert (each.low is None) == (each.high is None)
        if each.low is None or each.high is None:
            assert each.note
        else:
            assert each.value is not None
            assert each.low <= each.value <= each.high
            assert each.low < each.high
    p_value = found["ece_10_equal_mass_p_value"].value
    assert p_value is not None
    assert 0.0 < p_value <= 1.0


@settings(deadline=None)
@given(scores)
def test_maps_give_probabilities_and_never_turn_the_order_around(
    samples: list[tuple[int, bool, int]],
) -> None:
    score = np.array([row[0] for row in samples]) / 1000.0
    outcome = np.array([row[1] for row in samples], dtype=float)
    for method, kind in MAPS.items():
        given_score = (score + 1.0) / 2.0 if method == "temperature" else score
        fitted = kind.fit(given_score, outcome)
        assert (fitted is None) == bool(np.ptp(outcome) == 0)
        if fitted is None:
            continue
        mapped = fitted.apply(given_score)
        assert ((mapped >= 0.0) & (mapped <= 1.0)).all()
        steps = np.diff(mapped[np.argsort(given_score, kind="stable")])
        falling = getattr(fitted, "slope", 1.0) < 0.0
        assert (steps <= 1e-12).all() if falling else (steps >= -1e-12).all()


@settings(deadline=None)
@given(scores)
def test_maps_of_a_line_keep_the_ranks_and_so_the_auroc(
    samples: list[tuple[int, bool, int]],
) -> None:
    from sklearn.metrics import roc_auc_score

    score = (np.array([row[0] for row in samples]) / 1000.0 + 1.0) / 2.0
    # Not so far out that probabilities of different logits round to the same number.
    score = 0.2 + 0.6 * score
    outcome = np.array([row[1] for row in samples], dtype=float)
    if np.ptp(outcome) == 0:
        return
    before = roc_auc_score(outcome, score)
    for method in ("temperature", "platt"):
        fitted = MAPS[method].fit(score, outcome)
        assert fitted is not None
        slope = getattr(fitted, "slope", 1.0)
        mapped = fitted.apply(score)
        distinct = np.unique(np.round(mapped, 14)).size == np.unique(score).size
        if slope == 0.0 or not distinct:
            continue
        after = roc_auc_score(outcome, np.round(mapped, 14))
        assert abs(after - (before if slope > 0.0 else 1.0 - before)) < 1e-12


@settings(max_examples=50, deadline=None)
@given(scores, st.integers(2, 4), st.sampled_from(("platt", "isotonic")))
def test_cross_fitted_chances_exist_exactly_when_no_reason_speaks_against_them(
    samples: list[tuple[int, bool, int]], folds: int, method: str
) -> None:
    score, outcome, clusters = parts([(float(a), b, c) for a, b, c in samples])
    reason = why_not_cross_fitted(outcome, clusters=clusters, folds=folds)
    rng = np.random.default_rng(1)
    if method == "platt":
        found = cross_fitted(
            score, outcome, method="platt", rng=rng, clusters=clusters, folds=folds
        )
    else:
        found = cross_fitted(
            score, outcome, method="isotonic", rng=rng, clusters=clusters, folds=folds
        )
    assert (found is None) == bool(reason)
    if found is not None:
        assert found.shape == score.shape
        assert ((found >= 0.0) & (found <= 1.0)).all()
