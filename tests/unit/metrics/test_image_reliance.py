from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score

from medtrust.core.errors import ShapeError
from medtrust.metrics.image_reliance import ALWAYS_THE_SAME, ImageReliance, image_reliance

N = 3_000


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def measured(
    clean: np.ndarray, variant: np.ndarray, blank: np.ndarray, options: np.ndarray | None = None
) -> ImageReliance:
    counts = np.full(clean.size, 4) if options is None else options
    return image_reliance(clean, variant[:, None], blank, counts, rng=rng(9), draws=400)


def test_it_is_one_minus_cohens_kappa() -> None:
    source = rng()
    clean, blank = source.integers(0, 3, size=(2, 500))
    blank = np.where(source.random(500) < 0.3, clean, blank)
    found = measured(clean, clean, blank)
    assert found.chance_corrected.value == pytest.approx(1.0 - cohen_kappa_score(clean, blank))
    assert found.changed.value == pytest.approx(float(np.mean(clean != blank)))


def test_lucky_agreement_is_taken_out() -> None:
    """An answer without the image that has nothing to do with the one with it."""
    source = rng()
    options = source.choice([2, 4], size=N)
    clean, blank = (source.integers(0, options) for _ in range(2))
    found = measured(clean, clean, blank, options)
    assert found.changed.value == pytest.approx(0.625, abs=0.03)
    assert found.expected.value == pytest.approx(0.625, abs=0.02)
    corrected = found.chance_corrected
    assert corrected.low is not None
    assert corrected.high is not None
    assert corrected.low < 1.0 < corrected.high


def test_agreement_by_chance_is_counted_within_numbers_of_options() -> None:
    """Codes 0 and 1 always occur with two options, 2 and 3 with four: no agreement across."""
    source = rng()
    options = np.repeat([2, 4], N // 2)
    clean, blank = (source.integers(0, 2, size=N) + np.where(options == 4, 2, 0) for _ in range(2))
    found = measured(clean, clean, blank, options)
    assert found.expected.value == pytest.approx(0.5, abs=0.02)


def test_a_blind_model_that_wavers_relies_on_nothing_beyond_rewording() -> None:
    source = rng()
    clean = source.integers(0, 4, size=N)

    def wavered() -> np.ndarray:
        return np.where(source.random(N) < 0.3, (clean + source.integers(1, 4, size=N)) % 4, clean)

    found = measured(clean, wavered(), wavered())
    assert found.changed.value == pytest.approx(0.3, abs=0.03)
    beyond = found.beyond_rewording
    assert beyond.interval.low is not None
    assert beyond.interval.high is not None
    assert beyond.interval.low < 0.0 < beyond.interval.high
    assert beyond.p_value is not None
    assert beyond.p_value > 0.05


def test_a_model_that_looks_changes_more_than_by_rewording() -> None:
    source = rng()
    clean = source.integers(0, 4, size=N)
    found = measured(clean, clean, source.integers(0, 4, size=N))
    assert found.beyond_rewording.interval.value == pytest.approx(0.75, abs=0.03)
    assert found.beyond_rewording.p_value is not None
    assert found.beyond_rewording.p_value < 0.01


def test_a_model_that_ignores_the_image_has_no_reliance() -> None:
    clean = rng().integers(0, 4, size=200)
    found = measured(clean, clean, clean)
    assert (found.changed.value, found.chance_corrected.value) == (0.0, 0.0)
    assert found.beyond_rewording.interval.value == 0.0


def test_declining_without_the_image_counts_as_a_change() -> None:
    clean = rng().integers(0, 4, size=200)
    found = measured(clean, clean, np.full(200, -1))
    assert (found.changed.value, found.expected.value) == (1.0, 1.0)


def test_one_answer_throughout_cannot_be_corrected() -> None:
    same = np.zeros(50, dtype=np.int64)
    found = measured(same, same, same)
    assert found.expected.value == 0.0
    assert (found.chance_corrected.value, found.chance_corrected.note) == (None, ALWAYS_THE_SAME)


def test_items_without_a_clean_answer_are_left_out() -> None:
    clean = np.array([-1, 0, 1])
    found = measured(clean, np.array([0, 0, 1]), np.array([0, 0, 0]))
    assert (found.changed.value, found.changed.n) == (0.5, 2)
    empty = measured(np.full(3, -1), np.zeros(3, dtype=int), np.zeros(3, dtype=int))
    assert (empty.changed.value, empty.expected.value, empty.chance_corrected.value) == (
        None,
        None,
        None,
    )
    assert empty.beyond_rewording.p_value is None


def test_shapes_are_checked() -> None:
    with pytest.raises(ShapeError, match="p >= 1"):
        image_reliance([0], np.zeros((1, 0)), [0], [4], rng=rng())
    with pytest.raises(ShapeError, match="differ in length"):
        image_reliance([0, 1], [[0], [1]], [0, 1], [4], rng=rng())
