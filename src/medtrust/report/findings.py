"""Estimates of a run with their labels taken apart, so that tables can find them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

import orjson
import polars as pl

from medtrust.core.records import Estimate
from medtrust.report import wording
from medtrust.report.uncertainty_names import BY_ESTIMATOR, CALIBRATED
from medtrust.run import Run

AVERAGE: Final = "leaderboard_average"
"""The unweighted mean over data sets, as the published leaderboard takes it."""

AVERAGED: Final = "metric"
"""Label of an average: the metric it is of, ``metric=accuracy``."""

DETAILS: Final = frozenset({"answer", "option", AVERAGED, BY_ESTIMATOR, CALIBRATED, "verified"})
KIND: Final = "kind"
BOUNDS: Final = (
    ("if_failed_wrong", "if_failed_right"),
    ("if_failed_answered", "if_failed_abstained"),
    ("if_failed_no", "if_failed_yes"),
)
"""Ends of metrics that hold a rate had all that failed been 0, and had it been 1."""
BESIDE: Final = ("noise_floor", "debiased", *(end for ends in BOUNDS for end in ends))
"""Ends of metrics that say more about another one: ``accuracy_gap_debiased``."""


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
        told = [
            wording.visible(value if name == "dataset" else f"{name}: {value}")
            for name, value in self.strata
        ]
        by = [f"by {wording.words(self.attribute)}"] if self.attribute and not self.group else []
        whose = [wording.detail_name(self.detail)] if self.of_estimator else []
        return ", ".join([*(told or ["all questions"]), *by, *whose])

    @property
    def of_estimator(self) -> bool:
        """Whether the number belongs to one estimator of uncertainty."""
        return self.detail.startswith(f"{BY_ESTIMATOR}=")


@dataclass(frozen=True, slots=True)
class Noise:
    """The gap a fair model shows by chance.

    Attributes:
        floor: Its average, a fraction.
        p_value: Chance of a gap as large under a fair model, in (0, 1].
        debiased: The gap with what chance adds taken off, a fraction; None if not told.
    """

    floor: float
    p_value: float
    debiased: float | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """One estimate and its place.

    Attributes:
        beside: What says more about it, by the end of its metric, e.g. ``noise_floor``.
    """

    estimate: Estimate
    place: Place
    beside: Mapping[str, Estimate] = field(default_factory=dict)

    @property
    def estimator(self) -> str:
        """The estimator of uncertainty it belongs to, as the files call it; empty for none."""
        whose = self.place.detail.partition(";")[0]
        return whose.removeprefix(f"{BY_ESTIMATOR}=") if self.place.of_estimator else ""

    @property
    def noise(self) -> Noise | None:
        """What a fair model shows by chance, where it was measured beside a gap."""
        floor, p_value = self._value("noise_floor"), self.estimate.p_value
        if floor is None or p_value is None:
            return None
        return Noise(floor, p_value, self._value("debiased"))

    @property
    def bounds(self) -> wording.Bounds | None:
        """The value had all failed requests been wrong, and right; None where none failed."""
        for low, high in BOUNDS:
            if low in self.beside and high in self.beside:
                return self.beside[low], self.beside[high]
        return None

    def _value(self, name: str) -> float | None:
        found = self.beside.get(name)
        return None if found is None else found.value


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
                found["detail"] = ";".join(filter(None, (found["detail"], part)))
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
    """All estimates of a run, in the order they were made, each with those that belong to it."""
    labels = labels_of(run)
    return put_beside(
        Finding(estimate, labels.place(estimate.group)) for estimate in estimates_of(run.estimates)
    )


def put_beside(findings: Iterable[Finding]) -> list[Finding]:
    """The same with every estimate that says more about another one beside that one."""
    listed = list(findings)
    present = {_key(finding.estimate) for finding in listed}
    beside: dict[tuple[str, ...], dict[str, Estimate]] = {}
    alone = []
    for finding in listed:
        *where, metric = _key(finding.estimate)
        end = next((end for end in BESIDE if metric.endswith(f"_{end}")), "")
        own = (*where, metric.removesuffix(f"_{end}"))
        if end and own in present:
            beside.setdefault(own, {})[end] = finding.estimate
        else:
            alone.append(finding)
    return [replace(finding, beside=beside.get(_key(finding.estimate), {})) for finding in alone]


def _key(estimate: Estimate) -> tuple[str, ...]:
    """What no two estimates of a run share; the metric comes last."""
    return (
        estimate.model, estimate.task, str(estimate.version), estimate.condition, estimate.group,
        estimate.reading, estimate.metric,
    )  # fmt: skip


def first(findings: Iterable[Finding], **wanted: str) -> Estimate | None:
    """The first estimate whose fields are as wanted."""
    return next(
        (finding.estimate for finding in findings if matches(finding.estimate, wanted)), None
    )


def matches(estimate: Estimate, wanted: Mapping[str, str]) -> bool:
    """Whether all wanted fields are equal."""
    return all(getattr(estimate, name) == text for name, text in wanted.items())
