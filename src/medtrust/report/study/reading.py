"""Runs of several models over the same questions, as one table of answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl

from medtrust.core.conditions import CLEAN
from medtrust.core.errors import DataError, UnknownNameError
from medtrust.core.records import OK, Kind, Sample
from medtrust.engine.run_folder import RunFolder
from medtrust.measure import widen
from medtrust.metrics.arrays import BoolArray, FloatArray, IntArray
from medtrust.report.uncertainty_names import TASK
from medtrust.report.wording import count, percent, visible
from medtrust.run import Run, load_run
from medtrust.suites.clinical_ue.arms import NULLS, REPLACED
from medtrust.suites.clinical_ue.estimated import BARRED, LEAST_AGREEMENT, without_barred_letters
from medtrust.suites.clinical_ue.marks import AGREES, VERIFIED
from medtrust.uncertainty.known import known_estimators

ARMS: Final = (CLEAN, REPLACED, *NULLS)
"""What a study looks at."""

_CORRECT: Final = "correct"
_ANSWERED: Final = "answered"


@dataclass(frozen=True)
class Study:
    """Answers of several models to shared questions.

    Attributes:
        models: Short names, in the order of the runs.
        model_ids: Full names.
        estimators: Uncertainty estimators that any model has on the clean question.
        samples: Ids of all questions, shape (n,).
        clusters: Codes of what they share (patient, image), shape (n,).
        options: Number of options, shape (n,).
        strata: Values of each property of the case, None where a question has none.
        table: Values by model, condition and measure, NaN where there is none, shape (n,) each.
        warning: That the models were not asked the same questions, in one sentence; empty where
            they were. It comes before everything else.
        notes: What else a reader must know about these runs.
    """

    models: tuple[str, ...]
    model_ids: tuple[str, ...]
    estimators: tuple[str, ...]
    samples: tuple[str, ...]
    clusters: IntArray
    options: IntArray
    strata: Mapping[str, tuple[str | None, ...]]
    table: Mapping[tuple[int, str, str], FloatArray]
    warning: str
    notes: tuple[str, ...]

    def values(self, model: int, condition: str, measure: str) -> FloatArray:
        """One measure of one model in one arm, NaN where there is none, shape (n,)."""
        found = self.table.get((model, condition, measure))
        return np.full(len(self.samples), np.nan) if found is None else found

    def correct(self, model: int, condition: str) -> FloatArray:
        """1 where right, 0 where wrong, refused or unreadable, NaN where not asked."""
        return self.values(model, condition, _CORRECT)

    def answered(self, model: int, condition: str) -> BoolArray:
        """Where an answer was read, shape (n,)."""
        answered: BoolArray = self.values(model, condition, _ANSWERED) == 1.0
        return answered

    def has(self, model: int, condition: str) -> bool:
        """Whether a model was asked in an arm at all."""
        return bool(np.isfinite(self.correct(model, condition)).any())

    def parts(self, name: str) -> dict[str, BoolArray]:
        """Which questions have each value of a stratum, values in order."""
        if name == "options":
            counts = np.unique(self.options[self.options > 1])
            return {f"{count} options": self.options == count for count in counts.tolist()}
        column = np.array(self.strata.get(name, ()), dtype=object)
        values = sorted({value for value in column if value is not None})
        return {value: column == value for value in values}

    def verified(self) -> float | None:
        """Share of hidden-answer questions whose "none of these" was checked; None without any."""
        marks = np.concatenate(
            [self.values(model, REPLACED, VERIFIED) for model in range(len(self.models))]
        )
        known = marks[np.isfinite(marks)]
        return float(known.mean()) if known.size else None


def read_study(folders: Sequence[Path], *, estimators: Sequence[str] = ()) -> Study:
    """Read runs of the task and join them by question.

    Args:
        folders: Run folders, one per model.
        estimators: Which to look at; all that are there when empty.

    Raises:
        DataError: If a folder holds no run of the task, versions differ, a model comes twice, or
            one question id stands for different questions.
        UnknownNameError: If an estimator does not exist, or no run has it.
    """
    known = known_estimators()
    for name in estimators:
        if name not in known:
            raise UnknownNameError.among("estimator", name, known)
    runs = [load_run(folder) for folder in folders]
    _require_one_version(runs)
    _require_different_models(runs)
    samples = _samples(runs)
    places = pl.DataFrame({"sample": list(samples)}).with_row_index("place")
    table: dict[tuple[int, str, str], FloatArray] = {}
    barred = []
    for number, run in enumerate(runs):
        wide = _wide(run, tuple(estimators) or tuple(known))
        table.update(_measures(number, wide, places))
        barred += _barred(run, wide)
    found = tuple(
        name
        for name in known
        if any(
            np.isfinite(table.get((model, CLEAN, name), np.empty(0))).any()
            for model in range(len(runs))
        )
    )
    absent = sorted(set(estimators) - set(found))
    if absent:
        raise UnknownNameError(f"No run has values of {', '.join(absent)} on the plain question.")
    names = sorted({name for sample in samples.values() for name in sample.strata})
    return Study(
        models=_labels(runs),
        model_ids=tuple(_model_id(run) for run in runs),
        estimators=found,
        samples=tuple(samples),
        clusters=_codes([sample.cluster or sample.id for sample in samples.values()]),
        options=np.array([_option_count(sample) for sample in samples.values()], dtype=np.int64),
        strata={
            name: tuple(sample.strata.get(name) for sample in samples.values()) for name in names
        },
        table=table,
        warning=_warning(runs, samples, table),
        notes=(*_notes(runs, table), *barred),
    )


def _model_id(run: Run) -> str:
    return str(run.manifest["model_ids"]["model"])


def _labels(runs: Sequence[Run]) -> tuple[str, ...]:
    """The shortest kind of name that tells the models apart."""
    typed = [str(run.manifest["settings"]["model"]) for run in runs]
    folders = [run.folder.resolve().name for run in runs]
    for names in (typed, folders):
        if len(set(names)) == len(runs):
            return tuple(visible(name) for name in names)
    return tuple(visible(_model_id(run)) for run in runs)


def _require_one_version(runs: Sequence[Run]) -> None:
    versions = {}
    for run in runs:
        found = run.manifest["plan"]["tasks"].get(TASK)
        if found is None:
            raise DataError(
                f"{run.folder} was not asked {TASK}: run it with `medtrust run {TASK} ...` first."
            )
        versions[str(found)] = run.folder
    if len(versions) > 1:
        (first, one), (second, other), *_ = versions.items()
        raise DataError(
            f"{one} holds version {first} of {TASK} and {other} version {second}: score or run "
            "one of them again with the same medtrust."
        )


def _require_different_models(runs: Sequence[Run]) -> None:
    seen: dict[str, Path] = {}
    for run in runs:
        name = _model_id(run)
        if name in seen:
            raise DataError(
                f"{seen[name]} and {run.folder} are runs of the same model ({visible(name)}): "
                "name each model once."
            )
        seen[name] = run.folder


def _samples(runs: Sequence[Run]) -> dict[str, Sample]:
    """Every question that any run holds, by id."""
    found: dict[str, Sample] = {}
    for run in runs:
        for sample in RunFolder(run.folder).read_samples():
            known = found.setdefault(sample.id, sample)
            same = (known.question, known.options, known.answer)
            if same != (sample.question, sample.options, sample.answer):
                raise DataError(
                    f"{run.folder} has another question under the id {visible(sample.id)} than an "
                    "earlier run: these runs are of different data."
                )
    return found


def _option_count(sample: Sample) -> int:
    return 2 if sample.kind is Kind.YES_NO else len(sample.options)


def _codes(names: Sequence[str]) -> IntArray:
    numbers: dict[str, int] = {}
    return np.array([numbers.setdefault(name, len(numbers)) for name in names], dtype=np.int64)


def _wide(run: Run, estimators: Sequence[str]) -> pl.DataFrame:
    """What a study looks at in one run: a row per question and arm, barred letters taken out."""
    wanted = (*estimators, _CORRECT, VERIFIED, AGREES)
    texts = [pl.col(name).cast(pl.String) for name in ("condition", "measure", "status")]
    rows = run.scores.with_columns(texts).filter(
        pl.col("task") == TASK,
        pl.col("reading") == "corrected",
        pl.col("condition").is_in(ARMS),
        pl.col("measure").is_in(wanted),
    )
    if rows.filter(pl.col("condition") == CLEAN, pl.col("measure") == _CORRECT).is_empty():
        raise DataError(f"{run.folder} holds no answers to the plain question of {TASK}.")
    return without_barred_letters(widen(rows, rows.select("sample").unique()))


def _measures(
    number: int, wide: pl.DataFrame, places: pl.DataFrame
) -> dict[tuple[int, str, str], FloatArray]:
    """The measures of one run by arm, each as long as all questions."""
    measures = [name for name in wide.columns if f"{name}:status" in wide.columns]
    rows = wide.join(places, on="sample", how="inner")
    found: dict[tuple[int, str, str], FloatArray] = {}
    for key, part in rows.partition_by("condition", as_dict=True).items():
        condition, at = str(key[0]), part.get_column("place").to_numpy()
        columns = {name: part.get_column(name).fill_null(np.nan) for name in measures}
        columns[_ANSWERED] = part.get_column(f"{_CORRECT}:status").eq_missing(OK)
        for name, column in columns.items():
            values = np.full(places.height, np.nan)
            values[at] = column.to_numpy()
            found[number, condition, name] = values
    return found


def _barred(run: Run, wide: pl.DataFrame) -> list[str]:
    """That letters were left out, if they were."""
    columns = [name for name in wide.columns if name.endswith(":status")]
    arms = [
        condition or "the plain question"
        for condition in ARMS
        if (wide.filter(pl.col("condition") == condition).select(columns) == BARRED)
        .select(pl.any_horizontal(pl.all().any()))
        .item()
    ]
    if not arms:
        return []
    said = (
        f"Letter estimators of {run.folder.name} are left out ({', '.join(arms)}): the first token "
        f"names the option that the text chose in fewer than {percent(LEAST_AGREEMENT)} of answers."
    )
    return [said]


def _warning(
    runs: Sequence[Run],
    samples: Mapping[str, Sample],
    table: Mapping[tuple[int, str, str], FloatArray],
) -> str:
    """That the runs are not over the same questions; empty if they are."""
    asked = np.array([np.isfinite(table[number, CLEAN, _CORRECT]) for number in range(len(runs))])
    shared, counts = int(asked.all(axis=0).sum()), asked.sum(axis=1)
    if shared == int(counts.max()):
        return ""
    return (
        f"These models were not asked the same questions ({count(shared)} of "
        f"{count(len(samples))} were asked of every model), so whatever differs between models may "
        "be a difference between questions: a model asked easier ones looks better for it."
    )


def _notes(runs: Sequence[Run], table: Mapping[tuple[int, str, str], FloatArray]) -> list[str]:
    """What sets these runs apart from a clean experiment."""
    notes = [f"{run.folder.name} is unfinished: {visible(run.left)}" for run in runs if run.left]
    for arm in (REPLACED, *NULLS):
        without = [
            runs[number].folder.name
            for number in range(len(runs))
            if not np.isfinite(table.get((number, arm, _CORRECT), np.empty(0))).any()
        ]
        if without:
            notes.append(f"Not asked under {arm}: {', '.join(without)}.")
    return notes
