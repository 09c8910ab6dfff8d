"""Harvard-FairVLMed: open questions about fundus images; demographics come from the npz files."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

import numpy as np

from medtrust.core.dataset import DECADES
from medtrust.core.errors import DataError
from medtrust.core.records import Kind, Sample
from medtrust.data.cares.build import SampleBuilder
from medtrust.data.cares.npz import BROKEN, array_header
from medtrust.data.demographics import age_group
from medtrust.data.rows import Row

_NUMBER: Final = re.compile(r"(\d+)\.\w+$")
FOLDERS: Final = ("", "Test", "test", "Training", "Validation")
"""Where the npz files may lie, below the folder that the user names."""

_LONGEST_NUMBER: Final = 1 << 16
"""Bytes that one number and its header fit in by far."""

# Codes of the FairVLMed npz fields, as its authors' README gives them; -1 is unknown.
CODES: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = {
    "gender": ("sex", ("female", "male")),
    "race": ("race", ("Asian", "Black", "White")),
    "ethnicity": ("ethnicity", ("non-Hispanic", "Hispanic")),
    "language": ("language", ("English", "Spanish", "other")),
    "maritalstatus": (
        "marital_status",
        ("married or partnered", "single", "divorced", "widowed", "legally separated"),
    ),
}


def patient_number(image: str) -> str:
    """The five digits of ``slo_fundus_0NNNN.jpg``; empty when there are none."""
    found = _NUMBER.search(image)
    return found[1] if found else ""


def read(row: Row, build: SampleBuilder) -> Sample:
    """One row as a sample."""
    text, gold, image = row.text("text"), row.text("answer"), row.text("image")
    patient = patient_number(image)
    groups = build.joined(patient)
    extra = {"marital_status": groups["marital_status"]} if "marital_status" in groups else {}
    return build.sample(
        row,
        question=text.strip(),
        kind=Kind.OPEN,
        image=build.image(row),
        cluster=patient or image,
        answer=gold.strip(),
        gold=gold,
        groups=groups,
        extra=extra,
    )


def join(
    folder: Path, patients: Iterable[str], age_bins: tuple[int, ...] = DECADES
) -> dict[str, dict[str, str]]:
    """Patient attributes from ``data_0NNNN.npz`` in the folder or its ``Test`` folder.

    Arrays of Python objects are refused: reading them would run code of the file.

    Args:
        folder: Folder named after ``fairvlmed``.
        patients: Numbers of the patients wanted, five digits.
        age_bins: Lower edges of the bins that ages are put into.

    Returns:
        Attributes by patient, only for files that are there.

    Raises:
        DataError: If the folder is absent, or a file is broken, holds objects, or an unknown code.
    """
    if not folder.is_dir():
        raise DataError(f"The join fairvlmed={folder} must be the folder with the npz files.")
    places = [folder / name for name in FOLDERS if (folder / name).is_dir()]
    people: dict[str, dict[str, str]] = {}
    for patient in dict.fromkeys(patients):
        for place in places:
            path = place / f"data_{patient}.npz"
            if path.is_file():
                people[patient] = _attributes(path, age_bins)
                break
    return people


def _attributes(path: Path, age_bins: tuple[int, ...]) -> dict[str, str]:
    """Attributes of one patient; unknown ones are left out."""
    try:
        with zipfile.ZipFile(path) as archive:
            fields = {name: _scalar(archive, name, path) for name in (*CODES, "age")}
    except BROKEN as error:
        raise DataError(f"{path} cannot be read as npz ({type(error).__name__}).") from None
    groups = {}
    for name, (group, words) in CODES.items():
        groups[group] = _decode(fields[name], words, f"{path}: {name}")
    age = fields["age"]
    if age is not None and age >= 0:
        groups["age"] = f"{age:g}"
        groups["age_group"] = age_group(groups["age"], age_bins)
    return {name: value for name, value in groups.items() if value}


def _scalar(archive: zipfile.ZipFile, name: str, path: Path) -> float | None:
    """One number of an npz file; None when the field is absent or not a number.

    Only the beginning is unpacked and its header is checked first, so that an array that says it
    is huge takes no memory.
    """
    if f"{name}.npy" not in archive.namelist():
        return None
    with archive.open(f"{name}.npy") as member:
        start = io.BytesIO(member.read(_LONGEST_NUMBER))
    shape, _, dtype = array_header(start)
    if dtype.hasobject:
        raise DataError(
            f"{path} holds {name!r} as Python objects, which could run code when read; "
            "save it as a plain number."
        )
    if any(length != 1 for length in shape) or dtype.kind not in "biuf":
        raise DataError(f"{path}: {name!r} is not one number (dtype {dtype}).")
    number = float(np.frombuffer(start.read(dtype.itemsize), dtype)[0])
    return None if np.isnan(number) else number


def _decode(code: float | None, words: tuple[str, ...], where: str) -> str:
    """The word of a code; empty for absent and for -1."""
    if code is None or code == -1:
        return ""
    if not code.is_integer() or not 0 <= code < len(words):
        raise DataError(f"{where} is an unknown code; known are 0 to {len(words) - 1} and -1.")
    return words[int(code)]
