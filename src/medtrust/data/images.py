"""Image files found under roots, named by the digest of their bytes."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from medtrust.core.errors import DataError
from medtrust.core.records import ImageRef
from medtrust.data.rows import Row, must_be_regular


def _parts(relative: str) -> tuple[str, ...]:
    """Folders and name of a path; backslashes of another system separate too."""
    return PurePosixPath(relative.replace("\\", "/")).parts


def check_relative(value: str, row: Row) -> str:
    """The path of an image as written, if it stays inside its root.

    Raises:
        DataError: If it is empty, absolute, or climbs with ``..``; names file and line.
    """
    if not value.strip():
        raise row.error("the image path is empty; leave the column out for text-only questions.")
    if "\0" in value or value.startswith(("/", "\\")) or value[1:3] in {":\\", ":/"}:
        raise row.error("the image path is absolute; write it relative to the folder of images.")
    if ".." in value and ".." in _parts(value):
        raise row.error("the image path leaves its folder with '..'; that is refused.")
    return value


class ImageFinder:
    """Finds images under one or more roots and hashes each distinct file once.

    Directories are listed once each, so that looking for thousands of absent images costs nothing.
    Symbolic links are followed.

    Args:
        dataset: Name that stands before the path in the key of a missing image.
        roots: Folders to look in, best first; absent ones are ignored.
        prefix: Put before the relative path in the key of a missing image, e.g. ``IU-Xray/``.
    """

    def __init__(self, dataset: str, roots: Sequence[Path], *, prefix: str = "") -> None:
        self._dataset = dataset
        self._prefix = prefix
        self._roots = [str(root) for root in roots if root.is_dir()]
        self._listings: dict[str, frozenset[str]] = {}
        self._digests: dict[str, str | None] = {}
        self._refs: dict[str, ImageRef] = {}

    def ref(self, relative: str, row: Row, *, also: Sequence[str] = ()) -> ImageRef:
        """Reference of one image; equal paths share one object.

        Args:
            relative: Path as the file writes it; names the image when it is missing.
            row: Row that names the image, for errors.
            also: Other relative paths under which the same image may lie.

        Raises:
            DataError: If the path leaves the root, or the file is there but may not be read.
        """
        known = self._refs.get(relative)
        if known is None:
            check_relative(relative, row)
            known = self._find(relative, (relative, *also))
            self._refs[relative] = known
        return known

    def count(self) -> tuple[int, int]:
        """How many distinct images were asked for, and how many of them were found."""
        found = sum(ref.path is not None for ref in self._refs.values())
        return len(self._refs), found

    def _find(self, relative: str, candidates: Sequence[str]) -> ImageRef:
        for root in self._roots:
            for candidate in candidates:
                path = self._locate(root, candidate)
                digest = self._digest(path) if path else None
                if digest:
                    return ImageRef(key=f"sha256:{digest}", path=path)
        return ImageRef(key=f"{self._dataset}:{self._prefix}{relative}")

    def _locate(self, root: str, relative: str) -> str | None:
        folder = root
        parts = _parts(relative)
        for part in parts[:-1]:
            if part not in self._names(folder):
                return None
            folder = f"{folder}/{part}"
        return f"{folder}/{parts[-1]}" if parts and parts[-1] in self._names(folder) else None

    def _names(self, folder: str) -> frozenset[str]:
        names = self._listings.get(folder)
        if names is None:
            try:
                with os.scandir(folder) as entries:
                    names = frozenset(entry.name for entry in entries)
            except (FileNotFoundError, NotADirectoryError):
                names = frozenset()
            except OSError as error:
                raise DataError(f"{folder} cannot be listed: {error.strerror}.") from None
            self._listings[folder] = names
        return names

    def _digest(self, path: str) -> str | None:
        if path not in self._digests:
            self._digests[path] = _file_digest(path)
        return self._digests[path]


def _file_digest(path: str) -> str | None:
    """Hex sha256 of a file, read in chunks; None for a folder or a link to nothing."""
    try:
        must_be_regular(Path(path))
        with Path(path).open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except (FileNotFoundError, IsADirectoryError):
        return None
    except OSError as error:
        raise DataError(f"The image {path} cannot be read: {error.strerror}.") from None
