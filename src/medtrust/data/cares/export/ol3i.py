"""CT slices of OL3I out of its HDF5 file.

The real file could not be obtained: this was never run on it. It is written for the layouts that
such files usually have (`hdf5`) and says what it found where none of them fits.
"""

from __future__ import annotations

from pathlib import Path

from medtrust.core.errors import DataError
from medtrust.data.cares.export.hdf5 import Entry, entries, opened, twice
from medtrust.data.cares.export.pixels import NoPictureError, from_ct, has_air
from medtrust.data.cares.export.writing import (
    Export,
    Writer,
    asked_images,
    data_folder,
    plain_name,
)
from medtrust.data.cares.sets import OL3I
from medtrust.data.shown import plain_errors


@plain_errors()
def export_ol3i(h5: Path, out: Path, *, overwrite: bool = False, every: bool = False) -> Export:
    """Write the slices as ``<anonymous id>.jpg``.

    8-bit values are written as they are; all others are taken for Hounsfield units and shown in
    the soft-tissue window (centre 40, width 400). Images that are there stay, so that a run cut
    short goes on with the same call.

    Args:
        h5: The HDF5 file.
        out: Checkout of CARES or its ``data`` folder; the images go to ``OL3I/images`` below it.
        overwrite: Write images again that are there.
        every: Write all slices, also those that the question file does not name.

    Returns:
        Counts, and a sentence for each entry that could not be used.

    Raises:
        DataError: If there is no such file, nothing in it is laid out in a way understood here,
            or not one image could be written.
        UserError: If h5py is not installed.
    """
    folder = data_folder(out)
    asked = asked_images(OL3I, folder)
    wanted = None if asked is None or every else frozenset(asked)
    writer = Writer(folder / OL3I.name / "images", overwrite)
    with opened(h5) as file:
        found = entries(file, frozenset(name.removesuffix(".jpg") for name in asked or ()))
        if not found:
            raise DataError(
                f"{h5} holds no images in a layout understood here: one array per id, a group per "
                "id with one array, or one stacked array with an array of ids beside it."
            )
        chosen = [one for one in found if wanted is None or f"{one.id}.jpg" in wanted]
        if not chosen:
            raise DataError(
                f"None of the {len(found):,} arrays in {h5} is named by {OL3I.file}; the first "
                f"is called {found[0].id[:80]}."
            )
        _write(chosen, writer)
    return writer.done(asked)


def _write(chosen: list[Entry], writer: Writer) -> None:
    repeated = twice(chosen)
    for name, places in repeated.items():
        writer.problem(
            f"{name[:80]} is there {len(places)} times ({places[0][:80]}, {places[1][:80]} ...): "
            "none is written, because nothing says which is right."
        )
    airless = 0
    for entry in chosen:
        name = f"{entry.id}.jpg"
        if entry.id in repeated:
            continue
        if not plain_name(name):
            writer.problem(f"{entry.where[:80]}: its id cannot be the name of a file.")
        elif writer.wants(name):
            try:
                values = entry.read()
                writer.write(name, from_ct(values))
                airless += not has_air(values)
            except NoPictureError as reason:
                writer.problem(f"{entry.where[:80]} {reason}.")
    if airless:
        writer.problem(
            f"{airless:,} of {writer.written:,} slices written hold nothing below -200, no air "
            "around a body: look whether the file holds Hounsfield units."
        )
