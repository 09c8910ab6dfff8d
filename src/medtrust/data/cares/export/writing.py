"""Where exported images go: whole files under the names that a question file uses."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from PIL import Image

from medtrust.core.errors import DataError
from medtrust.data.cares.export.pixels import Pixels
from medtrust.data.cares.sets import CaresSet
from medtrust.data.rows import json_rows, read_bytes
from medtrust.data.shown import shown

QUALITY: Final = 95
"""Of the JPEG: a grey level moves by 0.3 on average. Nobody published the quality that was used."""

LONGEST_NAME: Final = 200
"""Bytes of a file name that every file system takes."""


@dataclass(frozen=True, slots=True)
class Export:
    """What one export did.

    Attributes:
        folder: Where the images lie.
        written: Images written.
        kept: Images that were there already and stayed as they were.
        problems: One sentence for every entry that could not be written, and for what is odd.
        asked: Images that the question file names; None without the file.
        missing: Those of them that are still not there.
    """

    folder: Path
    written: int
    kept: int
    problems: tuple[str, ...]
    asked: int | None
    missing: tuple[str, ...] = ()


def data_folder(out: Path) -> Path:
    """The ``data`` folder of a checkout, or the folder itself, as the loader takes it."""
    if out.exists() and not out.is_dir():
        raise DataError(f"{shown(str(out))} is a file; name the folder of the CARES data.")
    return out / "data" if (out / "data").is_dir() else out


def asked_images(published: CaresSet, folder: Path) -> tuple[str, ...] | None:
    """Names of images in the set's question file, each once; None where the file is not there.

    Raises:
        DataError: If the file is broken; names the line.
    """
    path = folder / published.name / published.file
    if not path.exists():
        return None
    rows = json_rows(published.file, read_bytes(path))
    return tuple(dict.fromkeys(row.text("image") for row in rows))


@dataclass(slots=True)
class Writer:
    """Writes images into one folder and remembers what became of them.

    Attributes:
        folder: Made when the first image is written.
        overwrite: Whether images that are there are written again.
        written: How many were written.
        kept: How many were there.
        problems: One sentence each.
    """

    folder: Path
    overwrite: bool = False
    written: int = 0
    kept: int = 0
    problems: list[str] = field(default_factory=list)

    def wants(self, name: str) -> bool:
        """Whether an image is still to be written; one that is there counts as kept."""
        path = self.folder / name
        if self.overwrite or not path.is_file() or not path.stat().st_size:
            return True
        self.kept += 1
        return False

    def write(self, name: str, pixels: Pixels) -> None:
        """Write one JPEG; a process that dies leaves the old file, or none.

        Args:
            name: Plain file name.
            pixels: Shape (height, width) or (height, width, 3).

        Raises:
            DataError: If the folder takes no files.
        """
        part = self.folder / f".{os.getpid()}.part"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            Image.fromarray(pixels).save(part, "JPEG", quality=QUALITY, subsampling=0)
            part.replace(self.folder / name)
        except OSError as error:
            raise DataError(f"{self.folder} takes no image: {error.strerror or error}.") from None
        finally:
            with suppress(OSError):
                part.unlink(missing_ok=True)
        self.written += 1

    def problem(self, sentence: str) -> None:
        """Remember what could not be written, or is odd."""
        self.problems.append(shown(sentence))

    def done(self, asked: Sequence[str] | None) -> Export:
        """What became of it all.

        Args:
            asked: Names in the question file, or None without it.

        Raises:
            DataError: If not one image lies there now.
        """
        if not self.written and not self.kept:
            why = self.problems[0] if self.problems else "There was nothing to write."
            more = len(self.problems) - 1
            others = f" ({more:,} more such problems)" if more > 0 else ""
            raise DataError(f"No image was written. {why}{others}")
        missing = [name for name in asked or () if not (self.folder / name).is_file()]
        return Export(
            self.folder,
            self.written,
            self.kept,
            tuple(self.problems),
            None if asked is None else len(asked),
            tuple(missing),
        )


def plain_name(name: str) -> bool:
    """Whether a name is that of a file in the folder itself: no path, no hidden file."""
    plain = name.isprintable() and not set(name) & set('/\\:*?"<>|')
    return plain and not name.startswith(".") and 0 < len(name.encode()) <= LONGEST_NAME
