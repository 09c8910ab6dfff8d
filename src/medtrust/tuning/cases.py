"""Scores of a run as the cases that an escalation policy is calibrated on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from medtrust.core.errors import DataError, UnknownNameError
from medtrust.core.records import REFUSED, UNPARSED
from medtrust.engine.run_folder import RunFolder
from medtrust.measure import describe, widen
from medtrust.metrics.arrays import BoolArray, FloatArray, IntArray
from medtrust.metrics.score_table import GROUP, STRATUM
from medtrust.run import Run
from medtrust.suites.clinical_ue.estimated import (
    BARRED,
    LEAST_AGREEMENT,
    in_order,
    without_barred_letters,
)
from medtrust.uncertainty.known import known_estimators

TASK: Final = "clinical_ue/uncertainty"
UNANSWERED: Final = (REFUSED, UNPARSED)
PLAIN_PROMPTS: Final = ("question/choice", "question/yes-no")
"""Prompts of the question as it stands, and of draws and altered images."""

PASS_PROMPTS: Final = {
    "p_true": "confidence/p-true",
    "stated_one_turn": "confidence/one-turn",
    "stated_two_turns": "confidence/two-turns",
}
"""Prompts of further passes, by the attribute of `Evidence` that they fill."""


@dataclass(frozen=True)
class Cases:
    """Cases of one arm that have an outcome; all arrays have shape (n,).

    Attributes:
        clusters: Code of each case's cluster, the same in all arms.
        strata: Index of its value of the chosen stratum; -1 where it has none.
        wrong: 1 where the answer was wrong or there was none.
        uncertainty: By estimator; NaN where there is no number, and where no answer was given.
        unanswered: Whether the model refused or its answer could not be read.
        left_out: Number of cases without an outcome (failed requests, skipped items).
    """

    clusters: IntArray
    strata: IntArray
    wrong: FloatArray
    uncertainty: Mapping[str, FloatArray]
    unanswered: BoolArray
    left_out: int = 0

    def take(self, rows: IntArray) -> Cases:
        """The cases of these rows."""
        return Cases(
            self.clusters[rows],
            self.strata[rows],
            self.wrong[rows],
            {name: values[rows] for name, values in self.uncertainty.items()},
            self.unanswered[rows],
        )


@dataclass(frozen=True)
class Material:
    """Everything a policy is made of, from one run or several of one model.

    Attributes:
        tables: One row per sample, by arm; ``""`` is the question as it stands.
        estimators: Those with a number for any clean case, in the order of reports.
        manifest: Of the first run.
    """

    tables: Mapping[str, pl.DataFrame]
    estimators: tuple[str, ...]
    manifest: Mapping[str, object]

    def values(self, stratum: str | None) -> tuple[str, ...]:
        """Values of a stratum among the clean cases, sorted.

        Raises:
            UnknownNameError: If no case has it.
        """
        if stratum is None:
            return ()
        clean = self.tables[""]
        column = column_of(clean, stratum)
        return tuple(sorted(clean.get_column(column).drop_nulls().cast(pl.String).unique()))

    def cases(self, arm: str, stratum: str | None) -> Cases:
        """The cases of one arm."""
        table = self.tables[arm]
        kept = table.filter(pl.col("correct").is_not_null())
        silent = kept.get_column("correct:status").cast(pl.String).is_in(UNANSWERED).to_numpy()
        strata = np.full(kept.height, -1)
        if stratum is not None:
            names = {value: code for code, value in enumerate(self.values(stratum))}
            column = kept.get_column(column_of(kept, stratum)).cast(pl.String).to_list()
            strata = np.asarray([names.get(value, -1) for value in column], dtype=np.int64)
        return Cases(
            encoded_clusters(kept),
            strata,
            1.0 - kept.get_column("correct").to_numpy().astype(np.float64),
            {name: numbers(kept, name, silent) for name in self.estimators},
            silent,
            table.height - kept.height,
        )


def column_of(table: pl.DataFrame, stratum: str) -> str:
    """Column of a stratum or a patient attribute.

    Raises:
        UnknownNameError: If there is none.
    """
    for prefix in (STRATUM, GROUP):
        if f"{prefix}{stratum}" in table.columns:
            return f"{prefix}{stratum}"
    known = [
        column.partition(":")[2] for column in table.columns if column.startswith((STRATUM, GROUP))
    ]
    raise UnknownNameError.among("stratum", stratum, known)


def encoded_clusters(table: pl.DataFrame) -> IntArray:
    """Cluster codes of a table, equal in every arm of its run."""
    return table.get_column("cluster").to_numpy().astype(np.int64)


def numbers(table: pl.DataFrame, estimator: str, silent: BoolArray) -> FloatArray:
    """Uncertainty of each case, NaN where it is missing; no answer has no uncertainty."""
    if estimator not in table.columns:
        return np.full(table.height, np.nan)
    values = table.get_column(estimator).cast(pl.Float64).fill_null(np.nan).to_numpy()
    return np.where(silent | ~np.isfinite(values), np.nan, values)


def read_material(runs: Sequence[Run], estimators: Sequence[str] | None = None) -> Material:
    """Join the scores of runs with their samples.

    Args:
        runs: Of one model, with the same words; samples that share a cluster share it across runs.
        estimators: Names to offer; None for all that the runs have.

    Letter estimators have no numbers where the first token too often names another option than the
    text does.

    Raises:
        DataError: If a run has no scores of the task, or the runs differ in model, task version,
            prompts or number of draws, or share samples.
        UnknownNameError: For an unknown estimator.
    """
    if not runs:
        raise DataError("Name a run to calibrate on.")
    known = known_estimators()
    for name in estimators or ():
        if name not in known:
            raise UnknownNameError.among("estimator", name, known)
    first = runs[0].manifest
    for run in runs[1:]:
        _require_alike(runs[0], run)
    samples = [sample for run in runs for sample in RunFolder(run.folder).read_samples()]
    if len({sample.id for sample in samples}) < len(samples):
        raise DataError("The runs share samples: each case may be counted once only.")
    scores = pl.concat([_scores(run) for run in runs])
    wide = in_order(without_barred_letters(widen(scores, describe(samples))))
    tables = {
        str(name): wide.filter(pl.col("condition") == name)
        for name in wide.get_column("condition").unique().sort()
    }
    if "" not in tables or "correct" not in wide.columns:
        raise DataError(f"{runs[0].folder} holds no answers to the questions as they stand.")
    there = tuple(
        name for name in known
        if name in wide.columns and tables[""].get_column(name).is_not_null().any()
        and (not estimators or name in estimators)
    )  # fmt: skip
    missing = [name for name in estimators or () if name not in there]
    if missing or not there:
        wanted = ", ".join(missing) or "any estimator"
        raise DataError(
            f"{runs[0].folder} holds no numbers of {wanted}{_barred(tables[''], missing)}."
        )
    return Material(tables, there, first)


def _barred(clean: pl.DataFrame, names: Sequence[str]) -> str:
    """Why some of these letter estimators have no numbers, if that is why."""
    columns = [f"{name}:status" for name in names if f"{name}:status" in clean.columns]
    if not any((clean.get_column(name).cast(pl.String) == BARRED).any() for name in columns):
        return ""
    return (
        f" (the first token names the option of the text in fewer than {LEAST_AGREEMENT:.0%} of "
        "answers: letters say nothing about them)"
    )


def _scores(run: Run) -> pl.DataFrame:
    own = run.scores.filter(
        (pl.col("task").cast(pl.String) == TASK) & (pl.col("reading").cast(pl.String) != "official")
    )
    if own.is_empty():
        raise DataError(f"{run.folder} holds no scores of {TASK}: run that task first.")
    texts = [name for name, kind in own.schema.items() if kind == pl.Categorical]
    return own.with_columns(pl.col(name).cast(pl.String) for name in texts)


def _require_alike(first: Run, other: Run) -> None:
    for what, one, two in (
        ("model", first.manifest["model_ids"]["model"], other.manifest["model_ids"]["model"]),
        ("version of the task", _version(first), _version(other)),
        ("words", _prompts(first.manifest), _prompts(other.manifest)),
        ("number of draws", draws_of(first.manifest), draws_of(other.manifest)),
    ):
        if one != two:
            raise DataError(
                f"{first.folder} and {other.folder} differ in the {what}: a policy is about one."
            )


def _version(run: Run) -> object:
    return run.manifest["plan"]["tasks"].get(TASK)


def _prompts(manifest: Mapping[str, object]) -> dict[str, str]:
    """Digest of every prompt of the task."""
    own = manifest.get("prompts")
    return dict(own.get(TASK, {})) if isinstance(own, dict) else {}


def draws_of(manifest: Mapping[str, object]) -> int:
    """How many answers were drawn of each question.

    Raises:
        DataError: If the manifest does not say.
    """
    settings = manifest.get("settings")
    draws = settings.get("draws") if isinstance(settings, dict) else None
    if not isinstance(draws, int):
        raise DataError("The run's manifest does not say how many draws there were: run it again.")
    return draws


def prompts_for(estimator: str, manifest: Mapping[str, object]) -> dict[str, str]:
    """Digests of the prompts that the plain question and an estimator's own passes use.

    Raises:
        DataError: If the manifest lacks one.
    """
    needs = known_estimators()[estimator].needs
    names = [*PLAIN_PROMPTS, *(PASS_PROMPTS[need] for need in needs if need in PASS_PROMPTS)]
    found = _prompts(manifest)
    for name in names:
        if name not in found:
            raise DataError(f"The run's manifest has no digest of the prompt {name}: run it again.")
    return {name: found[name] for name in names}


def value_counts(
    table: pl.DataFrame, rows: BoolArray, also: str | None = None, *, most: int = 100
) -> dict[str, dict[str, int]]:
    """How many of these rows have each value of each stratum; strata of many values left out.

    Args:
        table: Of one arm.
        rows: Which rows count, shape (n,).
        also: A patient attribute, or a stratum however many its values.
        most: Values of a stratum, at most.
    """
    part = table.filter(pl.Series(rows))
    kept = None if also is None else column_of(table, also)
    found: dict[str, dict[str, int]] = {}
    for column in part.columns:
        if column != kept and not column.startswith(STRATUM):
            continue
        values = part.get_column(column).drop_nulls().cast(pl.String)
        if column == kept or 0 < values.n_unique() <= most:
            counted = values.rename("value").value_counts().sort("value")
            found[column.partition(":")[2]] = dict(counted.iter_rows())
    return found
