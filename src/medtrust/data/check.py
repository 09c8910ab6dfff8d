"""Which images are missing, and how many questions wait for them."""

from __future__ import annotations

from dataclasses import dataclass

from medtrust.core.dataset import Dataset
from medtrust.imaging.made import is_made


@dataclass(frozen=True, slots=True)
class MissingImage:
    """One image that no root holds.

    Attributes:
        dataset: Set it belongs to.
        path: Relative path as the question file writes it.
        samples: How many questions ask about it.
    """

    dataset: str
    path: str
    samples: int


def check(dataset: Dataset) -> list[MissingImage]:
    """List missing images in the order in which the questions name them.

    Args:
        dataset: Samples as loaded.

    Returns:
        One entry per distinct missing image; none when all are there.
    """
    waiting: dict[str, tuple[str, int]] = {}
    for sample in dataset.samples:
        # a sample may show one image twice; it still waits for it once
        absent = {image.key for image in sample.images if image.path is None}
        for key in sorted(absent):
            if not is_made(key):
                name, count = waiting.get(key, (sample.strata.get("dataset", dataset.name), 0))
                waiting[key] = (name, count + 1)
    return [MissingImage(name, _path(key, name), count) for key, (name, count) in waiting.items()]


def _path(key: str, name: str) -> str:
    """The relative path in a key ``<data set>:<path>``, for CARES ``cares:<set>/<path>``."""
    owner, _, path = key.partition(":")
    return path.removeprefix(f"{name}/") if owner == "cares" else path
