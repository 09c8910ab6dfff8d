"""Fixtures of the tests of mining."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from PIL import Image


@pytest.fixture(scope="session")
def encoder_folder(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Makes the folder of a random-weight encoder, once; tests do not write into it."""
    pytest.importorskip("torch")
    pytest.importorskip("transformers")
    from parts.random_encoders import save_random_encoder

    return cache(lambda name: save_random_encoder(name, tmp_path_factory.mktemp(name)))


@pytest.fixture(scope="session")
def drawn_images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of nine pictures of many shapes, in subfolders; tests do not write into it."""
    folder = tmp_path_factory.mktemp("drawn")
    generator = np.random.default_rng(5)
    for number in range(9):
        height, width = generator.integers(20, 120, 2)
        rough = generator.integers(0, 256, (4, 4, 3), dtype=np.uint8)
        place = folder / f"patient-{number // 3}" / f"{number}.png"
        place.parent.mkdir(exist_ok=True)
        Image.fromarray(rough).resize((int(width), int(height))).save(place)
    return folder
