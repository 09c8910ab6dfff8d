from __future__ import annotations

import math
import tracemalloc

import numpy as np
import pytest

from medtrust.core.errors import ImageError
from medtrust.core.records import Alteration
from medtrust.imaging.alterations import alter
from medtrust.imaging.legacy_noise import wrapped_noise

GREY = np.full((40, 50, 3), 100, dtype=np.uint8)
COLOURS = np.random.default_rng(5).integers(0, 256, (12, 9, 3), dtype=np.uint8)


def noisy(variance: float, seed: int | None) -> Alteration:
    return Alteration("legacy-noise@1", (("variance", variance),), seed)


def test_the_sum_equals_one_draw_for_the_whole_image_cast_and_saturated() -> None:
    drawn = np.random.RandomState(11).normal(0.0, math.sqrt(6.0), COLOURS.shape)
    expected = [
        min(int(level) + int(draw) % 256, 255)  # `int` cuts towards zero, `%` wraps
        for level, draw in zip(COLOURS.ravel(), drawn.ravel(), strict=True)
    ]
    assert wrapped_noise(COLOURS, variance=6.0, seed=11).ravel().tolist() == expected


def test_noise_under_one_level_adds_nothing_even_where_it_is_negative() -> None:
    assert np.array_equal(wrapped_noise(GREY, variance=0.01, seed=0), GREY)


def test_a_negative_draw_of_one_level_turns_white() -> None:
    drawn = np.random.RandomState(0).normal(0.0, math.sqrt(6.0), GREY.shape)
    white = wrapped_noise(GREY, variance=6.0, seed=0) == 255
    assert np.array_equal(white, drawn <= -1.0)


def test_noise_of_many_levels_wraps_more_than_once() -> None:
    black = np.zeros((30, 30, 3), dtype=np.uint8)
    drawn = np.random.RandomState(2).normal(0.0, 1000.0, black.shape)
    found = wrapped_noise(black, variance=1e6, seed=2)
    assert np.array_equal(found, np.fmod(np.trunc(drawn), 256) % 256)


def test_the_alteration_draws_in_the_order_blue_green_red() -> None:
    found = alter(COLOURS, noisy(6.0, 4))
    assert np.array_equal(
        found[..., ::-1], wrapped_noise(COLOURS[..., ::-1].copy(), variance=6.0, seed=4)
    )
    assert not np.array_equal(found, wrapped_noise(COLOURS, variance=6.0, seed=4))
    assert found.flags.c_contiguous


def test_the_given_pixels_stay_as_they_are() -> None:
    before = COLOURS.copy()
    alter(COLOURS, noisy(6.0, 1))
    wrapped_noise(COLOURS, variance=6.0, seed=1)
    assert np.array_equal(COLOURS, before)


def test_each_seed_gives_its_own_noise_and_always_the_same() -> None:
    seeds = [0, 1, 2**32 - 1, 2**32, 2**32 + 1, 2**48 - 1]
    images = [alter(GREY, noisy(6.0, seed)) for seed in seeds]
    again = [alter(GREY, noisy(6.0, seed)) for seed in seeds]
    assert all(map(np.array_equal, images, again))
    assert len({image.tobytes() for image in images}) == len(seeds)


def test_a_large_image_needs_little_memory_beyond_its_result() -> None:
    large = np.zeros((1500, 1000, 3), dtype=np.uint8)
    tracemalloc.start()
    try:
        wrapped_noise(large, variance=6.0, seed=0)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 1.2 * large.nbytes


@pytest.mark.parametrize(
    ("variance", "seed"),
    [(-1.0, 1), (float("nan"), 1), (float("inf"), 1), (1e13, 1), (6.0, None), (6.0, -1)],
)
def test_no_variance_and_no_seed_are_refused(variance: float, seed: int | None) -> None:
    with pytest.raises(ImageError) as caught:
        alter(GREY, noisy(variance, seed))
    assert caught.value.reason == "alteration-parameters"


def test_the_variance_has_no_default() -> None:
    with pytest.raises(ImageError, match="variance"):
        alter(GREY, Alteration("legacy-noise@1", (), 1))
