from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from medtrust.core.errors import UserError
from medtrust.mining.encoder import open_encoder


def cosine(first: NDArray[np.uint8], second: NDArray[np.uint8], **parameters: str) -> float:
    encoder = open_encoder("pixels", parameters)
    one, other = encoder.encode([encoder.prepare(first), encoder.prepare(second)])
    return float(one @ other / np.linalg.norm(one) / np.linalg.norm(other))


def picture(seed: int) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(30, 200, (32, 32, 3), dtype=np.uint8)


def test_brightness_and_contrast_do_not_matter() -> None:
    dimmer = (picture(0) // 2 + 20).astype(np.uint8)
    assert cosine(picture(0), dimmer) > 0.999


def test_size_and_shape_of_the_file_do_not_matter() -> None:
    large = np.kron(picture(0), np.ones((4, 2, 1), dtype=np.uint8))
    assert cosine(picture(0), large) > 0.999


def test_another_layout_is_another_direction() -> None:
    assert abs(cosine(picture(0), picture(1))) < 0.2
    assert cosine(picture(0), 255 - picture(0)) < -0.999


def test_the_grid_is_part_of_the_identity() -> None:
    first, second = open_encoder("pixels"), open_encoder("pixels", {"size": "8"})
    assert first.identity.key != second.identity.key
    assert second.encode([second.prepare(picture(0))]).shape == (1, 192)


def test_there_is_one_encoder_of_pixels() -> None:
    with pytest.raises(UserError, match="write pixels"):
        open_encoder("pixels/large")
    with pytest.raises(UserError, match="1 to 128"):
        open_encoder("pixels", {"size": "1000"})
