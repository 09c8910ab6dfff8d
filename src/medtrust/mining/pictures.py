"""Which images are to be encoded: those of a folder, of a list, or of a data set's samples."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from medtrust.core.errors import DataError, UserError
from medtrust.core.records import ImageRef, Sample

SUFFIXES: Final = frozenset(
    {".bmp", ".gif", ".jfif", ".jpe", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp"}
)
"""Files of a folder that are taken for images; whether they are is seen when they are opened."""


@dataclass(frozen=True, slots=True)
class Picture:
    """One image by name.

    Attributes:
        id: Path relative to the folder or list; of a data set the image's key.
        image: Where it is, or how it is made.
        article: Article, patient or study it comes from, as far as known; images that share one
            are no fair pair.
    """

    id: str
    image: ImageRef
    article: str = ""


@dataclass(frozen=True, slots=True)
class Pictures:
    """The images of one source.

    Attributes:
        pictures: In a fixed order; ids are unique.
        left_out: Files of other kinds, counted by suffix.
    """

    pictures: Sequence[Picture]
    left_out: Counter[str] = field(default_factory=Counter)


def article_pattern(text: str | None) -> re.Pattern[str] | None:
    """A regular expression that finds the article in a path.

    Raises:
        UserError: If it is none.
    """
    if text is None:
        return None
    try:
        return re.compile(text)
    except re.error as error:
        raise UserError(f"--article {text!r} is no regular expression: {error}.") from error


def folder_pictures(folder: Path, article: re.Pattern[str] | None = None) -> Pictures:
    """The images under a folder, by path; hidden files and folders are passed over.

    Args:
        folder: Searched with its subfolders; links to folders are not followed.
        article: Finds the article in the relative path: its first group, or all it matches.

    Raises:
        DataError: If the folder is not there or cannot be listed.
    """
    if not folder.is_dir():
        raise DataError(f"There is no folder {folder}.")
    found: list[Picture] = []
    left_out: Counter[str] = Counter()
    for where, folders, files in os.walk(folder, onerror=_cannot_list):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in files:
            path = Path(where, name)
            if name.startswith("."):
                continue
            if path.suffix.lower() in SUFFIXES:
                relative = _readable(path.relative_to(folder).as_posix())
                found.append(_file(relative, path, article))
            else:
                left_out[path.suffix.lower() or "no suffix"] += 1
    return Pictures(sorted(found, key=lambda one: one.id), left_out)


def listed_pictures(listing: Path, article: re.Pattern[str] | None = None) -> Pictures:
    """The images that a text file lists, one path a line, in its order.

    A path is relative to the list's own folder unless it is absolute. Behind a tab may stand the
    article. Empty lines and lines that begin with ``#`` are passed over; a path counts once.

    Raises:
        DataError: If the file cannot be read or lists nothing.
    """
    try:
        lines = listing.read_text("utf-8-sig").splitlines()
    except (OSError, ValueError) as error:
        raise DataError(f"The list of images {listing} cannot be read as text.") from error
    found: dict[str, Picture] = {}
    for line in lines:
        name, _, said = (part.strip() for part in line.partition("\t"))
        if name and not name.startswith("#") and name not in found:
            found[name] = _file(name, listing.parent / name, article, said)
    if not found:
        raise DataError(f"The list {listing} names no image.")
    return Pictures(list(found.values()))


def sample_pictures(samples: Iterable[Sample]) -> Pictures:
    """The distinct images of samples, in order, with the sample's cluster as their article.

    Altered images count by their unaltered file.
    """
    found: dict[str, Picture] = {}
    for sample in samples:
        for image in sample.images:
            if image.key not in found:
                plain = ImageRef(image.key, path=image.path)
                found[image.key] = Picture(image.key, plain, sample.cluster)
    return Pictures(list(found.values()))


def _readable(name: str) -> str:
    """The name as text: bytes that are no UTF-8 are written out, ids go into files of text."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def _file(name: str, path: Path, article: re.Pattern[str] | None, said: str = "") -> Picture:
    match = article.search(name) if article and not said else None
    if match:
        said = match[1] if match.re.groups else match[0]
    # the key is not a digest yet: the file is read when its turn comes
    return Picture(name, ImageRef(f"file:{name}", path=str(path)), said or "")


def _cannot_list(error: OSError) -> None:
    raise DataError(f"{error.filename} cannot be listed: {error.strerror}.") from None
