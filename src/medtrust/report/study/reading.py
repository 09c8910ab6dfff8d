"""Runs of several models over the same questions, as one table of answers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl

from medtrust.core.errors import DataError, UnknownNameError
from medtrust.core.records import OK, Kind, Sample
from medtrust.engine.run_folder import RunFolder
from medtrust.metrics.arrays import BoolArray, FloatArray, IntArray
from medtrust.report.wording import visible
from medtrust.run import Run, load_run
from medtrust.uncertainty.estimators import ESTIMATORS

TASK: Final = "clinical_ue/uncertainty"
CLEAN: Final = ""
HIDDEN: Final = "nota=replace"
NULLS: Final = ("options=shuffled", "nota=swap_distractor")
"""Arms that change the question as little as hiding does, and keep the right answer."""

_CORRECT: Final = "correct"
_ANSWERED: Final = "answered"
_VERIFIED: Final = "verified"
STRATA: Final = ("modality", "dataset", "options")
"""What the answers are cut by unless something else is asked for."""


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
        notes: What a reader must know about these runs.
    """

    models: tuple[str, ...]
    model_ids: tuple[str, ...]
    estimators: tuple[str, ...]
    samples: tuple[str, ...]
    clusters: IntArray
    options: IntArray
    strata: Mapping[str, tuple[str | None, ...]]
    table: Mapping[tuple[int, str, str], FloatArray]
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
            [self.values(model, HIDDEN, _VERIFIED) for model in range(len(self.models))]
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
    for name in estimators:
        if name not in ESTIMATORS:
            raise UnknownNameError.among("estimator", name, ESTIMATORS)
    runs = [load_run(folder) for folder in folders]
    _require_one_version(runs)
    _require_different_models(runs)
    samples = _samples(runs)
    places = pl.DataFrame({"sample": list(samples)}).with_row_index("place")
    table: dict[tuple[int, str, str], FloatArray] = {}
    for number, run in enumerate(runs):
        table.update(_measures(run, number, places, tuple(estimators) or tuple(ESTIMATORS)))
    found = tuple(
        name
        for name in ESTIMATORS
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
        notes=tuple(_notes(runs, samples, table)),
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


def _measures(
    run: Run, number: int, places: pl.DataFrame, estimators: Sequence[str]
) -> dict[tuple[int, str, str], FloatArray]:
    """The measures of one run that a study looks at, each as long as all questions."""
    arms = (CLEAN, HIDDEN, *NULLS)
    wanted = (*estimators, _CORRECT, _VERIFIED)
    texts = [pl.col(name).cast(pl.String) for name in ("condition", "measure", "status")]
    rows = (
        run.scores.filter(pl.col("task") == TASK, pl.col("reading") == "corrected")
        .filter(pl.col("condition").is_in(arms), pl.col("measure").is_in(wanted))
        .select("sample", "value", *texts)
        .join(places, on="sample", how="inner")
    )
    found: dict[tuple[int, str, str], FloatArray] = {}
    for key, part in rows.partition_by("condition", "measure", as_dict=True).items():
        condition, measure = str(key[0]), str(key[1])
        at = part.get_column("place").to_numpy()
        values = np.full(places.height, np.nan)
        values[at] = part.get_column("value").fill_null(np.nan).to_numpy()
        found[number, condition, measure] = values
        if measure == _CORRECT:
            read = np.full(places.height, np.nan)
            read[at] = (part.get_column("status") == OK).to_numpy()
            found[number, condition, _ANSWERED] = read
    if (number, CLEAN, _CORRECT) not in found:
        raise DataError(f"{run.folder} holds no answers to the plain question of {TASK}.")
    return found


def _notes(
    runs: Sequence[Run],
    samples: Mapping[str, Sample],
    table: Mapping[tuple[int, str, str], FloatArray],
) -> list[str]:
    """What sets these runs apart from a clean experiment."""
    notes = [f"{run.folder.name} is unfinished: {visible(run.left)}" for run in runs if run.left]
    answered = Counter(
        int(np.isfinite(table[number, CLEAN, _CORRECT]).sum()) for number in range(len(runs))
    )
    everywhere = np.all(
        [np.isfinite(table[number, CLEAN, _CORRECT]) for number in range(len(runs))], axis=0
    )
    if len(answered) > 1 or int(everywhere.sum()) < max(answered):
        notes.append(
            f"The runs are not over the same questions: {int(everywhere.sum()):,} of "
            f"{len(samples):,} were asked of every model; a model asked about easier ones looks "
            "better for it."
        )
    for arm in (HIDDEN, *NULLS):
        without = [
            runs[number].folder.name
            for number in range(len(runs))
            if not np.isfinite(table.get((number, arm, _CORRECT), np.empty(0))).any()
        ]
        if without:
            notes.append(f"Not asked under {arm}: {', '.join(without)}.")
    return notes
