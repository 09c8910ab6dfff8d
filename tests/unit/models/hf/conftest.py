"""Loaded models of random weights, each made once."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from medtrust.models.hf.loading import Loaded


@pytest.fixture(scope="session")
def loaded_model(random_folder: Callable[[str], Path]) -> Callable[[str], Loaded]:
    """Loads an architecture, once; tests leave it as it is."""
    from medtrust.models.hf.loading import load
    from medtrust.models.hf.options import LocalOptions

    return cache(lambda name: load(random_folder(name), LocalOptions(), "cpu", "float32"))
