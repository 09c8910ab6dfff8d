"""A data set as the plan sees it: samples, digests of the files read, and what was odd."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from medtrust.core.records import Access, Sample

DECADES: Final = tuple(range(0, 100, 10))
"""Lower edges of bins of ten years each; the last one is open."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DataSource:
    """What the user said about one data set.

    Attributes:
        name: As in ``--data NAME=PATH``.
        path: Folder or file with the questions.
        images: Root of the images, or None for the loader's own default beside the questions.
        columns: Which column of an own file plays which part, e.g. ``{"answer": "gt"}``.
        groups: Columns that are patient attributes.
        strata: Columns that describe the case.
        cluster: Column of the patient, image or article that samples share.
        access: Access class the user declared, or None for the loader's default.
        joins: Files to join, by name, e.g. demographics of a credentialed set.
        age_bins: Lower edges of the bins that ages are put into, in years, ascending.
    """

    name: str
    path: Path
    images: Path | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    groups: tuple[str, ...] = ()
    strata: tuple[str, ...] = ()
    cluster: str | None = None
    access: Access | None = None
    joins: Mapping[str, Path] = field(default_factory=dict)
    age_bins: tuple[int, ...] = DECADES


@dataclass(frozen=True, slots=True, kw_only=True)
class Dataset:
    """Samples in file order.

    Attributes:
        name: As in ``--data NAME=PATH``.
        samples: All samples; ids are unique.
        digests: sha256 of every file read, by its path relative to the data set.
        notes: What was absent, joined or odd: one sentence each, for people.
    """

    name: str
    samples: Sequence[Sample]
    digests: Mapping[str, str]
    notes: tuple[str, ...] = ()
