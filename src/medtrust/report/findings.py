"""Estimates of a run with their labels taken apart, so that tables can find them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

import orjson
import polars as pl

from medtrust.core.records import Estimate
from medtrust.report import wording
from medtrust.run import Run

DETAILS: Final = frozenset({"answer", "option"})
KIND: Final = "kind"
_NOISE: Final = re.compile(
    r"a fair model shows (?P<floor>\d+\.\d+) on average "
    r"\((?P<said>p (?P<sign>[=<]) (?P<p>\d+\.\d+))\)"
    r"(?:; debiased (?P<debiased>\d+\.\d+))?"
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where in the data an estimate stands.

    Attributes:
        strata: Properties of the case, e.g. ``(("dataset", "HAM10000"),)``; empty for all.
        kind: Form of the answer, where an estimate is about one form only.
        attribute: Patient attribute, e.g. ``sex``; empty when the estimate is about everybody.
        group: Its value, e.g. ``female``; empty for a gap over all values.
        detail: What else sets it apart, e.g. ``answer=yes``.
    """

    strata: tuple[tuple[str, str], ...] = ()
    kind: str = ""
    attribute: str = ""
    group: str = ""
    detail: str = ""

    @property
    def name(self) -> str:
        """The part of the data, in words."""
        if not self.strata:
            return "all questions"
        return ", ".join(
            wording.visible(value if name == "dataset" else f"{name}: {value}")
            for name, value in self.strata
        )


@dataclass(frozen=True, slots=True)
class Noise:
    """The gap a fair model shows by chance.

    Attributes:
        floor: Its average, a fraction.
        p_value: At most this, in (0, 1].
        said: The p-value as it was told, e.g. ``p < 0.001``.
        debiased: The gap with what chance adds taken off, a fraction; None if not told.
    """

    floor: float
    p_value: float
    said: str
    debiased: float | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """One estimate and its place."""

    estimate: Estimate
    place: Place

    @property
    def noise(self) -> Noise | None:
        """What a fair model shows by chance, where the note of a gap tells it."""
        found = _NOISE.search(self.estimate.note)
        if found is None:
            return None
        # a rounded p is taken at its upper end, since no p-value is 0
        rounding = 0.5 * 10.0 ** -len(found["p"].partition(".")[2]) if found["sign"] == "=" else 0.0
        return Noise(
            floor=float(found["floor"]),
            p_value=min(1.0, float(found["p"]) + rounding),
            said=found["said"],
            debiased=None if found["debiased"] is None else float(found["debiased"]),
        )

    @property
    def remark(self) -> str:
        """The note without what `noise` holds."""
        return _NOISE.sub("", wording.visible(self.estimate.note)).removeprefix("; ")


@dataclass(frozen=True)
class Labels:
    """Takes labels such as ``dataset=A;kind=choice;sex=female`` apart.

    Only names the run knows split a label, since a value may hold any character.

    Attributes:
        attributes: Names of patient attributes.
        strata: Names of properties of the case.
    """

    attributes: frozenset[str]
    strata: frozenset[str]
    _split: re.Pattern[str] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        names = sorted({*self.attributes, *self.strata, *DETAILS, KIND})
        choice = "|".join(re.escape(name) for name in names)
        object.__setattr__(self, "_split", re.compile(f";(?=(?:{choice})(?:=|;|$))"))

    def place(self, label: str) -> Place:
        """The place a label names."""
        strata: list[tuple[str, str]] = []
        found = {"kind": "", "attribute": "", "group": "", "detail": ""}
        for part in self._split.split(label) if label else ():
            name, _, value = part.partition("=")
            if name in self.attributes:
                found["attribute"], found["group"] = name, value
            elif name == KIND and KIND not in self.strata:
                found["kind"] = value
            elif name in DETAILS and name not in self.strata:
                found["detail"] = part
            else:
                strata.append((name, value))
        return Place(tuple(strata), **found)


def labels_of(run: Run) -> Labels:
    """Names of attributes and strata that the run's samples carry."""
    return Labels(_names(run.samples, "groups"), _names(run.samples, "strata"))


def _names(samples: pl.DataFrame, column: str) -> frozenset[str]:
    distinct = samples.get_column(column).unique().to_list()
    return frozenset(name for text in distinct for name in orjson.loads(text))


def estimates_of(frame: pl.DataFrame) -> Iterator[Estimate]:
    """The rows of ``estimates.parquet`` as records."""
    for row in frame.iter_rows(named=True):
        yield Estimate(**{**row, "counts": orjson.loads(row["counts"])})


def findings_of(run: Run) -> list[Finding]:
    """All estimates of a run, in the order they were made."""
    labels = labels_of(run)
    return [
        Finding(estimate, labels.place(estimate.group)) for estimate in estimates_of(run.estimates)
    ]


def first(findings: Iterable[Finding], **wanted: str) -> Estimate | None:
    """The first estimate whose fields are as wanted."""
    return next(
        (finding.estimate for finding in findings if matches(finding.estimate, wanted)), None
    )


def matches(estimate: Estimate, wanted: Mapping[str, str]) -> bool:
    """Whether all wanted fields are equal."""
    return all(getattr(estimate, name) == text for name, text in wanted.items())
