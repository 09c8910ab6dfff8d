"""The CARES repository as samples: whichever of its seven question files are there."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

from medtrust.core.dataset import Dataset, DataSource
from medtrust.core.errors import DataError, UnknownNameError
from medtrust.core.records import Access, Sample
from medtrust.data.cares import (
    fairvlmed,
    ham10000,
    iuxray,
    mimic,
    ol3i,
    omnimedvqa,
    pmcoa,
)
from medtrust.data.cares.build import SampleBuilder
from medtrust.data.cares.hazards import hazards
from medtrust.data.cares.image_roots import image_finder
from medtrust.data.cares.sets import (
    ALL_SETS,
    FAIRVLMED,
    HAM10000,
    IU_XRAY,
    MIMIC,
    OL3I,
    OMNIMEDVQA,
    PMC_OA,
    CaresSet,
)
from medtrust.data.pool import ValuePool
from medtrust.data.rows import Row, digest, json_rows, read_bytes
from medtrust.data.shown import plain_errors, shown

_READERS: Final[Mapping[str, Callable[[Row, SampleBuilder], Sample]]] = {
    IU_XRAY.name: iuxray.read,
    HAM10000.name: ham10000.read,
    OL3I.name: ol3i.read,
    FAIRVLMED.name: fairvlmed.read,
    MIMIC.name: mimic.read,
    OMNIMEDVQA.name: omnimedvqa.read,
    PMC_OA.name: pmcoa.read,
}
_JOINS: Final = ("fairvlmed", "mimic")


@plain_errors()
def load(source: DataSource) -> Dataset:
    """Samples of every question file that is there.

    Args:
        source: ``path`` is the repository (with ``data/IU-Xray`` ...) or its ``data`` folder;
            ``images`` a root of images; ``joins`` may name ``fairvlmed`` (folder of npz files) and
            ``mimic`` (CSV with ``subject_id``); ``access`` overrides the class of every set but
            MIMIC, which is never public.

    Returns:
        Samples in the order of the sets and lines; ``notes`` says what is absent, which images
        are missing, what was joined and what is hazardous (`hazards`).

    Raises:
        DataError: If no question file is there, or a row or join is broken; names file and line.
        UnknownNameError: If a join is neither ``fairvlmed`` nor ``mimic``.
    """
    for name in source.joins:
        if name not in _JOINS:
            raise UnknownNameError.among("join of cares", name, _JOINS)
    folder = _data_folder(source.path)
    pool = ValuePool()
    samples: list[Sample] = []
    digests: dict[str, str] = {}
    notes: list[str] = []
    for published in ALL_SETS:
        path = folder / published.name / published.file
        if not path.exists():
            notes.append(f"{published.name}: {published.file} is not there, the set is left out.")
            continue
        raw = read_bytes(path)
        digests[f"{published.name}/{published.file}"] = digest(raw)
        rows = list(json_rows(published.file, raw))
        people = _joined(published, rows, source, digests, notes)
        images = image_finder(published, folder, source.images)
        builder = SampleBuilder(
            published, images, _access(published, source), pool, people, source.age_bins
        )
        reader = _READERS[published.name]
        found = [reader(row, builder) for row in rows]
        samples.extend(found)
        notes.extend(_remarks(published, found, builder))
        names = [row.optional("question_id") for row in rows]
        notes.extend(hazards(published.name, found, names))
    if not digests:
        raise DataError(
            f"No CARES question file under {folder}: give --data {source.name}=DIR, a checkout of "
            f"richard-peng-xia/CARES that holds e.g. data/{IU_XRAY.name}/{IU_XRAY.file}."
        )
    return Dataset(
        name=source.name, samples=samples, digests=digests, notes=tuple(map(shown, notes))
    )


def _data_folder(path: Path) -> Path:
    """The repository's ``data`` folder, given the repository or the folder itself."""
    if path.is_file():
        raise DataError(f"{path} is a file; name the folder of the CARES repository.")
    if not path.is_dir():
        raise DataError(f"There is no folder {path}: check the path after `--data`.")
    return path / "data" if (path / "data").is_dir() else path


def _access(published: CaresSet, source: DataSource) -> Access:
    """The class the user declared, where the set allows it."""
    if source.access is None or (published.always_gated and source.access is Access.PUBLIC):
        return published.access
    return source.access


def _joined(
    published: CaresSet,
    rows: Sequence[Row],
    source: DataSource,
    digests: dict[str, str],
    notes: list[str],
) -> Mapping[str, Mapping[str, str]]:
    """Patient attributes joined to the set, by its own patient key."""
    if published is FAIRVLMED and "fairvlmed" in source.joins:
        patients = dict.fromkeys(fairvlmed.patient_number(row.optional("image")) for row in rows)
        attributes = fairvlmed.join(source.joins["fairvlmed"], patients, source.age_bins)
        notes.append(f"{published.name}: joined {len(attributes)} of {len(patients)} patients.")
        return attributes
    if published is MIMIC and "mimic" in source.joins:
        path = source.joins["mimic"]
        subjects = dict.fromkeys(mimic.subject_of(row) for row in rows)
        own = {name for row in rows for name in row.values}
        table = mimic.join(path, subjects, taken=mimic.SOURCE_FIELDS & own)
        digests[f"join/{path.name}"] = digest(read_bytes(path))
        notes.append(f"{published.name}: joined {len(table.people)} of {len(subjects)} subjects.")
        notes.extend(
            f"{published.name}: the joined column {column} is dropped: the file has its own."
            for column in table.dropped
        )
        notes.extend(
            f"{published.name}: {column} differs between rows of {count} subjects; left out there."
            for column, count in table.ambiguous.items()
        )
        return table.people
    return {}


def _remarks(published: CaresSet, found: list[Sample], builder: SampleBuilder) -> list[str]:
    """What people should know about a set that was read."""
    remarks = []
    asked, there = builder.images.count()
    if there < asked:
        remarks.append(
            f"{published.name}: {asked - there} of {asked} images are missing; they come from "
            f"{published.obtain}."
        )
    defects = sum(bool(sample.gold_defect) for sample in found)
    if defects:
        remarks.append(
            f"{published.name}: {defects} of {len(found)} golds cannot be used by the corrected "
            "reading."
        )
    return remarks
