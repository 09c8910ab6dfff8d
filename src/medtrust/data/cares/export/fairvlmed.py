"""Fundus images of Harvard-FairVLMed out of its npz files."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from medtrust.core.errors import DataError
from medtrust.data.cares.export.pixels import NoPictureError, Pixels, check_shape, from_brightness
from medtrust.data.cares.export.writing import Export, Writer, asked_images, data_folder
from medtrust.data.cares.fairvlmed import FOLDERS, patient_number
from medtrust.data.cares.npz import BROKEN, array_header, read_array
from medtrust.data.cares.sets import FAIRVLMED
from medtrust.data.shown import plain_errors, shown

_FIELD: Final = "slo_fundus"
_FILE: Final = re.compile(r"data_(\d{1,9})\.npz")


@plain_errors()
def export_fairvlmed(
    npz: Path, out: Path, *, overwrite: bool = False, every: bool = False
) -> Export:
    """Write ``slo_fundus`` of ``data_0NNNN.npz`` as ``slo_fundus_0NNNN.jpg``.

    Nothing is unpickled, and headers are checked before values are read. Images that are there
    stay, so that a run cut short goes on with the same call.

    Args:
        npz: Folder with the npz files, or its parent with ``Test``, ``Training`` ...
        out: Checkout of CARES or its ``data`` folder; the images go to
            ``Harvard-FairVLMed/images`` below it.
        overwrite: Write images again that are there.
        every: Write all files, also those that the question file does not name.

    Returns:
        Counts, and a sentence for each file that could not be used.

    Raises:
        DataError: If there is no such folder, no npz file in it, or not one image could be written.
    """
    if not npz.is_dir():
        raise DataError(f"There is no folder {npz}: name the one with data_08001.npz after --npz.")
    folder = data_folder(out)
    asked = asked_images(FAIRVLMED, folder)
    numbers = None if asked is None or every else {patient_number(name) for name in asked}
    files = _files(npz)
    if not files:
        raise DataError(f"{npz} holds no data_0NNNN.npz, nor do its folders Test or Training.")
    chosen = [number for number in files if numbers is None or number in numbers]
    if not chosen:
        raise DataError(f"None of the {len(files):,} npz files is named by {FAIRVLMED.file}.")
    writer = Writer(folder / FAIRVLMED.name / "images", overwrite)
    for number in chosen:
        name = f"slo_fundus_{number}.jpg"
        if writer.wants(name):
            try:
                writer.write(name, _picture(files[number]))
            except NoPictureError as reason:
                writer.problem(f"{files[number].name}: {_FIELD} {reason}.")
    return writer.done(asked)


def _files(npz: Path) -> dict[str, Path]:
    """The npz files by number; the first folder that has a number keeps it."""
    files: dict[str, Path] = {}
    for path in _listed(npz):
        found = _FILE.fullmatch(path.name)
        if found and path.is_file():
            files.setdefault(found[1], path)
    return files


def _listed(npz: Path) -> Iterator[Path]:
    for place in FOLDERS:
        if (npz / place).is_dir():
            yield from sorted((npz / place).iterdir())


def _picture(path: Path) -> Pixels:
    """The fundus image in one file.

    Raises:
        NoPictureError: If there is none, or it cannot be read.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            if f"{_FIELD}.npy" not in archive.namelist():
                raise NoPictureError("is not in it")
            with archive.open(f"{_FIELD}.npy") as stream:
                header = array_header(stream)
                shape, _, dtype = header
                check_shape(shape, dtype, colour=True)
                return from_brightness(read_array(stream, header))
    except BROKEN as error:
        raise NoPictureError(f"cannot be read ({shown(type(error).__name__)})") from None
