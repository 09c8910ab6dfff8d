"""MIMIC-CXR: open questions, with sex, age and race in the file; further columns can be joined."""

from __future__ import annotations

import csv
import gzip
import re
import zlib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TextIO

from medtrust.core.errors import DataError
from medtrust.core.records import Kind, Sample
from medtrust.data.cares.build import SampleBuilder
from medtrust.data.demographics import known
from medtrust.data.rows import Row, must_be_regular

_SUBJECT_IN_PATH: Final = re.compile(r"(?:^|/)p\d\d/p(\d+)/")

GROUP_COLUMNS: Final = ("marital_status", "insurance", "language", "ethnicity", "religion")
"""Joined columns that are patient attributes; the others only go to ``source``."""

SOURCE_FIELDS: Final = frozenset({"text", "answer", "image", "study_id"})
"""Fields of the question file in ``source``; a joined column never takes their place."""


def subject_of(row: Row) -> str:
    """The subject id from its column, else from the image path; empty when neither has it."""
    written = row.optional("subject_id").removeprefix("p")
    if written:
        return written
    found = _SUBJECT_IN_PATH.search(row.optional("image"))
    return found[1] if found else ""


def read(row: Row, build: SampleBuilder) -> Sample:
    """One row as a sample."""
    gold, image = row.text("answer"), row.text("image")
    subject = subject_of(row)
    joined = build.joined(subject)
    groups = build.demographics(
        row.optional("age"), row.optional("gender"), row.optional("race")
    ) | {name: known(joined[name]) for name in GROUP_COLUMNS if name in joined}
    relative = image.removeprefix("mimic-cxr-jpg/").removeprefix("2.0.0/").removeprefix("files/")
    study = row.optional("study_id")
    extra = {"study_id": study} if study else {}
    return build.sample(
        row,
        question=row.text("text").strip(),
        kind=Kind.OPEN,
        image=build.image(row, also=(relative,)),
        cluster=subject or image,
        answer=gold.strip(),
        gold=gold,
        groups=groups,
        extra={**joined, **extra},
    )


@dataclass(frozen=True, slots=True)
class SubjectTable:
    """Joined columns.

    Attributes:
        people: Values by subject and column.
        ambiguous: For how many subjects a column was left out because its rows differ.
        dropped: Columns left out because the question file has them itself.
    """

    people: Mapping[str, Mapping[str, str]]
    ambiguous: Mapping[str, int]
    dropped: tuple[str, ...] = ()


def join(
    path: Path, subjects: Iterable[str], *, taken: frozenset[str] = frozenset()
) -> SubjectTable:
    """Columns of a CSV file by ``subject_id``.

    A file such as ``admissions.csv`` has several rows per subject; a value that differs between
    the rows of one subject is left out for that subject, and counted.

    Args:
        path: CSV, or CSV in gzip (``.gz``), with a column ``subject_id``.
        subjects: Subjects wanted.
        taken: Columns that the question file has itself; they are not joined.

    Raises:
        DataError: If the file is absent, broken, or has no ``subject_id``.
    """
    seen = _values_by_subject(path, frozenset(subjects))
    people: dict[str, dict[str, str]] = {}
    ambiguous: Counter[str] = Counter()
    dropped: set[str] = set()
    for subject, columns in seen.items():
        dropped |= columns.keys() & taken
        for name in columns.keys() & taken:
            del columns[name]
        ambiguous.update(name for name, values in columns.items() if len(values) > 1)
        people[subject] = {
            name: value for name, values in columns.items() if len(values) == 1 for value in values
        }
    return SubjectTable(people, dict(ambiguous), tuple(sorted(dropped)))


def _values_by_subject(path: Path, wanted: frozenset[str]) -> dict[str, dict[str, set[str]]]:
    """All distinct values of each column, for the subjects wanted."""
    seen: dict[str, dict[str, set[str]]] = {}
    try:
        must_be_regular(path)
        with _open_text(path) as stream:
            reader = csv.DictReader(stream, strict=True)
            if "subject_id" not in (reader.fieldnames or ()):
                raise DataError(f"The join mimic={path} has no column 'subject_id'.")
            for cells in reader:
                subject = cells["subject_id"]
                if subject in wanted:
                    columns = seen.setdefault(subject, {})
                    for name, value in cells.items():
                        if name != "subject_id" and name is not None and value:
                            columns.setdefault(name, set()).add(value)
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"The join mimic={path} cannot be read ({error}).") from None
    except (csv.Error, UnicodeDecodeError) as error:
        raise DataError(f"The join mimic={path} is no CSV in UTF-8 ({error}).") from None
    return seen


def _open_text(path: Path) -> TextIO:
    """Text of a file, unpacked when its name ends in ``.gz``."""
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8-sig", newline="")
    return path.open(encoding="utf-8-sig", newline="")
