from __future__ import annotations

from statistics import NormalDist

import numpy as np
import pytest

from medtrust.core.errors import ImageError
from medtrust.core.records import Alteration
from medtrust.imaging.alterations import alter

GREY = np.full((120, 100, 3), 128, dtype=np.uint8)


def noisy(sigma: float, seed: int | None = 1) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    return alter(GREY, Alteration("gaussian-noise@1", (("sigma", sigma),), seed))


@pytest.mark.parametrize("sigma", [0.02, 0.1])
def test_noise_has_mean_zero_and_the_spread_asked_for(sigma: float) -> None:
    error = noisy(sigma).astype(float) - 128
    n = error.size
    assert abs(error.mean()) < 4 * 255 * sigma / np.sqrt(n)
    assert error.std() == pytest.approx(255 * sigma, rel=4 / np.sqrt(2 * n) + 0.005)
    level = int(255 * sigma)  # rounded noise up to this level was noise up to half a level more
    expected = 2 * NormalDist().cdf((level + 0.5) / (255 * sigma)) - 1
    assert np.mean(np.abs(error) <= level) == pytest.approx(expected, abs=4 * 0.5 / np.sqrt(n))


def test_pixels_rows_and_channels_have_noise_of_their_own() -> None:
    error = noisy(0.1).astype(float) - 128
    channels = np.corrcoef(error.reshape(-1, 3).T)
    assert np.abs(channels[np.triu_indices(3, 1)]).max() < 0.05
    assert not np.array_equal(error[0], error[1])


def test_the_same_seed_gives_the_same_noise_and_another_gives_another() -> None:
    assert np.array_equal(noisy(0.1, 7), noisy(0.1, 7))
    assert not np.array_equal(noisy(0.1, 7), noisy(0.1, 8))


def test_strong_noise_is_cut_off_and_none_changes_nothing() -> None:
    strong = noisy(5.0)
    assert {0, 255} <= set(np.unique(strong).tolist())
    assert np.array_equal(noisy(0.0), GREY)


def test_the_first_pixels_of_a_seed_stay_what_they_are() -> None:
    first = [93, 110, 150, 133, 94, 124]
    assert noisy(0.1, 3)[0, :2].ravel().tolist() == first
    places = [((int(bits) >> 12) + 0.5) / 2**52 for bits in np.random.PCG64(3).random_raw(6)]
    assert [round(128 + 25.5 * NormalDist().inv_cdf(place)) for place in places] == first


@pytest.mark.parametrize(
    ("sigma", "seed"), [(-0.1, 1), (float("nan"), 1), (float("inf"), 1), (0.1, None), (0.1, -1)]
)
def test_no_spread_and_no_seed_are_refused(sigma: float, seed: int | None) -> None:
    with pytest.raises(ImageError) as caught:
        noisy(sigma, seed)
    assert caught.value.reason == "alteration-parameters"


def test_noise_needs_its_parameter() -> None:
    with pytest.raises(ImageError, match="sigma"):
        alter(GREY, Alteration("gaussian-noise@1", (), 1))
