from __future__ import annotations

import numpy as np
import pytest

from medtrust.core.errors import ShapeError
from medtrust.metrics.intervals import rate
from medtrust.metrics.perturbation import (
    NOTHING_WAS_RIGHT,
    NOTHING_WAS_WRONG,
    collapse,
    flips,
    recovery,
    right_before_only,
)

BEFORE = np.array([1, 1, 1, 1, 0, 0])
AFTER = np.array([1, 0, 0, 0, 1, 0])


def test_collapse_counts_only_what_was_right_before() -> None:
    share = collapse(BEFORE, AFTER)
    assert (share.value, share.n) == (0.75, 4)


def test_recovery_counts_only_what_was_wrong_before() -> None:
    share = recovery(BEFORE, AFTER)
    assert (share.value, share.n) == (0.5, 2)


def test_collapse_and_recovery_add_up_to_the_change_of_accuracy() -> None:
    lost, won = collapse(BEFORE, AFTER), recovery(BEFORE, AFTER)
    assert lost.value is not None
    assert won.value is not None
    change = won.value * won.n - lost.value * lost.n
    assert change == pytest.approx(float(AFTER.sum() - BEFORE.sum()))


def test_the_interval_is_that_of_a_rate_over_the_clusters_right_before() -> None:
    rng = np.random.default_rng(0)
    codes = np.repeat(np.arange(40), 3)
    before, after = rng.random(120) < 0.7, rng.random(120) < 0.4
    expected = rate(~after[before], clusters=codes[before], level=0.9)
    assert collapse(before, after, clusters=codes, level=0.9) == expected


def test_nothing_right_before_is_no_collapse_rate_of_zero() -> None:
    share = collapse(np.zeros(5), np.ones(5))
    assert (share.value, share.note) == (None, NOTHING_WAS_RIGHT)
    share = recovery(np.ones(5), np.ones(5))
    assert (share.value, share.note) == (None, NOTHING_WAS_WRONG)


def test_flips_count_changed_contents_right_or_wrong() -> None:
    share = flips([0, 1, 2, 3], [0, 2, 2, 1])
    assert share.value == 0.5


def test_becoming_unread_is_a_flip_and_staying_unread_is_none() -> None:
    assert flips([0, -1, -1], [-1, 1, -1]).value == pytest.approx(2 / 3)


@pytest.mark.parametrize("bad", [[0.5, 1], [-2, 0]])
def test_meanings_must_be_codes(bad: list[float]) -> None:
    with pytest.raises(ShapeError):
        flips(bad, [0, 0])


def test_lengths_must_agree() -> None:
    with pytest.raises(ShapeError, match="differ in length"):
        collapse(np.ones(3), np.ones(4))
    with pytest.raises(ShapeError, match="differ in length"):
        flips([0, 1], [0])


def test_items_right_before_keep_their_uncertainty_and_cluster() -> None:
    part = right_before_only(np.arange(6.0), BEFORE, AFTER, clusters=np.arange(6) // 2)
    assert part.rows.tolist() == [0, 1, 2, 3]
    assert part.uncertainty.tolist() == [0.0, 1.0, 2.0, 3.0]
    assert part.collapsed.tolist() == [0.0, 1.0, 1.0, 1.0]
    assert part.clusters is not None
    assert part.clusters.tolist() == [0, 0, 1, 1]


def test_a_missing_uncertainty_is_refused_not_guessed() -> None:
    with pytest.raises(ShapeError, match="NaN"):
        right_before_only([np.nan, 1.0], [1, 1], [1, 0])
