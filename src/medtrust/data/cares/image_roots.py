"""Where the images of a set may lie: beside the questions, or under the root the user named.

The user's root is tried first. It may be laid out like the repository (``data/<SET>/images``),
hold the seven set folders, or hold one set's images directly.
"""

from __future__ import annotations

from pathlib import Path

from medtrust.core.errors import DataError
from medtrust.data.cares.sets import CaresSet
from medtrust.data.images import ImageFinder


def image_finder(published: CaresSet, data_folder: Path, images: Path | None) -> ImageFinder:
    """The finder of one set's images.

    Args:
        published: The set.
        data_folder: The repository's ``data`` folder.
        images: Root the user named, or None.

    Raises:
        DataError: If the user's root is no folder.
    """
    roots: list[Path] = []
    if images is not None:
        if not images.is_dir():
            raise DataError(f"There is no folder of images {images}: check `--images`.")
        for parent in (images / "data" / published.name, images / published.name, images):
            roots.extend(parent / folder for folder in published.image_folders)
    own = data_folder / published.name
    roots.extend(own / folder for folder in published.image_folders)
    return ImageFinder("cares", roots, prefix=f"{published.name}/")
