"""What must hold of the statistics of a perturbation on any data."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medtrust.metrics.adjusted_odds import adjusted_odds_ratio
from medtrust.metrics.fragility import fragility
from medtrust.metrics.fragility_null import against_null
from medtrust.metrics.image_reliance import image_reliance
from medtrust.metrics.intervals import Interval
from medtrust.metrics.perturbation import collapse, flips, recovery
from medtrust.metrics.quadrants import LEFT_OUT, QUADRANTS, quadrants
from medtrust.metrics.ranking import auroc
from medtrust.metrics.uncertainty_shift import marginal_distance, signed_rank, uncertainty_shift

seeds = st.integers(0, 10_000)
sizes = st.integers(0, 80)
few = settings(max_examples=40, deadline=None)


def rng(seed: int) -> np.random.Generator:
    return np.random.default_rng(seed)


def arms(seed: int, n: int) -> tuple[np.ndarray, ...]:
    """Tied uncertainty, right before, after, under two nulls, and clusters of about two."""
    source = rng(seed)
    chance = source.random(5)
    outcomes = [source.random(n) < share for share in chance[:4]]
    score = source.integers(0, 1 + int(8 * chance[4]), size=n) / 8.0
    return score, *outcomes, source.integers(0, 1 + n // 2, size=n)


def assert_close(first: Interval, second: Interval) -> None:
    assert first.note == second.note
    assert (first.n, first.n_clusters) == (second.n, second.n_clusters)
    for one, other in [
        (first.value, second.value),
        (first.low, second.low),
        (first.high, second.high),
    ]:
        assert one == (None if other is None else pytest.approx(other, abs=1e-9))


def assert_ordered(interval: Interval, low: float, high: float) -> None:
    if interval.low is not None:
        assert interval.value is not None
        assert interval.high is not None
        assert low - 1e-9 <= interval.low <= interval.value + 1e-9
        assert interval.value - 1e-9 <= interval.high <= high + 1e-9
    elif interval.n:
        assert interval.note


@given(seeds, sizes)
@few
def test_fragility_stays_in_range_and_says_why_it_is_silent(seed: int, n: int) -> None:
    score, right, after, null, other, codes = arms(seed, n)
    found = fragility(score, right, after, clusters=codes)
    compared = against_null(score, right, after, [null, other], clusters=codes)
    for interval in (
        found.base_rate,
        found.conditional,
        found.unconditional,
        found.average_precision,
        compared.null,
        compared.discordant,
        *compared.arms,
    ):
        assert_ordered(interval, 0.0, 1.0)
    assert_ordered(found.prediction_rejection_ratio, -10.0, 1.0)
    assert_ordered(compared.difference.interval, -1.0, 1.0)
    assert compared.conditional == found.conditional
    silent = compared.difference.interval.low is None
    assert silent == (compared.difference.p_value is None)


@given(seeds, sizes)
@few
def test_the_order_of_items_plays_no_part(seed: int, n: int) -> None:
    score, right, after, null, other, codes = arms(seed, n)
    order = rng(seed + 1).permutation(n)
    plain = against_null(score, right, after, [null, other], clusters=codes)
    mixed = against_null(
        score[order],
        right[order],
        after[order],
        [null[order], other[order]],
        clusters=codes[order],
    )
    for first, second in [
        (plain.conditional, mixed.conditional),
        (plain.null, mixed.null),
        (plain.difference.interval, mixed.difference.interval),
        (plain.discordant, mixed.discordant),
    ]:
        assert_close(first, second)
    assert_close(
        fragility(score, right, after, clusters=codes).average_precision,
        fragility(
            score[order], right[order], after[order], clusters=codes[order]
        ).average_precision,
    )


@given(seeds, sizes)
@few
def test_only_the_order_of_uncertainties_counts_for_fragility(seed: int, n: int) -> None:
    score, right, after, null, _, codes = arms(seed, n)
    plain = against_null(score, right, after, [null], clusters=codes)
    bent = against_null(np.exp(3.0 * score) - 7.0, right, after, [null], clusters=codes)
    assert_close(plain.difference.interval, bent.difference.interval)
    assert_close(plain.discordant, bent.discordant)


@given(seeds, sizes)
@few
def test_exchanging_collapse_and_null_turns_the_sign(seed: int, n: int) -> None:
    score, right, after, null, _, codes = arms(seed, n)
    one = against_null(score, right, after, [null], clusters=codes)
    other = against_null(score, right, null, [after], clusters=codes)
    if one.difference.interval.value is not None:
        assert other.difference.interval.value == pytest.approx(-one.difference.interval.value)
        assert other.difference.p_value == (
            None
            if one.difference.p_value is None
            else pytest.approx(one.difference.p_value, abs=1e-9)
        )
    if one.discordant.value is not None:
        assert other.discordant.value == pytest.approx(1.0 - one.discordant.value)


@given(seeds, sizes)
@few
def test_collapses_and_recoveries_make_up_all_changes_of_correctness(seed: int, n: int) -> None:
    _, right, after, *_ = arms(seed, n)
    lost, won = collapse(right, after), recovery(right, after)
    assert lost.n + won.n == n
    changes = sum(part.n * part.value for part in (lost, won) if part.value is not None)
    assert changes == pytest.approx(float(np.sum(right != after)))
    both = flips(right, after)
    assert both.value == (None if n == 0 else pytest.approx(changes / n))


@given(seeds, sizes)
@few
def test_a_shift_backwards_has_the_opposite_sign(seed: int, n: int) -> None:
    source = rng(seed)
    before, after = source.integers(0, 5, size=(2, n)) / 4.0
    codes = source.integers(0, 1 + n // 2, size=n)
    there = uncertainty_shift(before, after, rng=rng(0), clusters=codes, draws=50)
    back = uncertainty_shift(after, before, rng=rng(0), clusters=codes, draws=50)
    for first, second in [
        (there.difference.interval.value, back.difference.interval.value),
        (there.standardised.value, back.standardised.value),
        (there.signed_rank.value, back.signed_rank.value),
    ]:
        assert second == (None if first is None else pytest.approx(-first, abs=1e-12))
    assert there.kolmogorov_smirnov.value == back.kolmogorov_smirnov.value
    assert_close(there.rose, back.fell)


@given(seeds, st.integers(1, 80))
@few
def test_sizes_of_a_shift_stay_in_range(seed: int, n: int) -> None:
    source = rng(seed)
    before, after = source.integers(0, 4, size=(2, n)).astype(np.float64)
    rank = signed_rank(after - before, rng=rng(0), clusters=np.arange(n), draws=20)
    gap = marginal_distance(before, after, rng=rng(0), draws=20)
    assert rank.value is not None
    assert gap.value is not None
    assert -1.0 <= rank.value <= 1.0
    assert 0.0 <= gap.value <= 1.0
    for p_value in (rank.p_value, gap.p_value):
        assert p_value is None or 0.0 < p_value <= 1.0


@given(seeds, sizes)
@few
def test_every_item_with_a_clean_answer_is_in_one_quadrant(seed: int, n: int) -> None:
    source = rng(seed)
    clean, blank = source.integers(-1, 3, size=(2, n))
    variants = source.integers(-1, 3, size=(n, 2))
    found = quadrants(clean, variants, blank, uncertainty=source.random(n))
    assert found.n_left_out == int(np.sum(clean == -1)) == int(np.sum(found.codes == LEFT_OUT))
    if found.n_left_out < n:
        shares = [found.groups[name].share.value or 0.0 for name in QUADRANTS]
        assert sum(shares) == pytest.approx(1.0)
        assert found.consistent.value == pytest.approx(shares[0] + shares[2])
        assert found.reliant.value == pytest.approx(shares[0] + shares[1])
        reliance = image_reliance(clean, variants, blank, np.full(n, 3), rng=rng(0), draws=20)
        assert reliance.changed == found.reliant


@given(seeds, st.integers(30, 80))
@few
def test_an_odds_ratio_points_where_the_auroc_does(seed: int, n: int) -> None:
    source = rng(seed)
    score = source.normal(size=n)
    outcome = source.random(n) < 1.0 / (1.0 + np.exp(-source.normal() - 2.0 * score))
    found = adjusted_odds_ratio(score, outcome)
    ranked = auroc(score, outcome)
    if found.odds_ratio.value is not None and ranked is not None and ranked > 0.7:
        assert found.odds_ratio.value > 1.0
    turned = adjusted_odds_ratio(-score, outcome)
    if found.odds_ratio.value is not None:
        assert turned.odds_ratio.value == pytest.approx(1.0 / found.odds_ratio.value)
        assert turned.p_value == pytest.approx(found.p_value)
