"""Run folders of simulated score tables: what a study reads, without asking anybody."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from medtrust.core.records import Kind, Sample
from medtrust.engine.run_folder import RunFolder
from medtrust.engine.tables import SCORES
from medtrust.metrics.arrays import FloatArray
from parts.study_worlds import Table

TASK = "clinical_ue/uncertainty"
ESTIMATORS = (
    "sequence_probability", "letter_probability", "letter_entropy", "predictive_entropy",
    "semantic_entropy", "eccentricity", "p_true", "stated_two_turns",
)  # fmt: skip
MODALITIES = ("X-ray", "CT", "MRI")


@dataclass(frozen=True)
class Hiding:
    """What happens when the right answer is hidden, and under the null arms.

    Attributes:
        collapse: Mean share of right answers that turn wrong.
        foreseen: How much the log odds of that rise with the first method's clean uncertainty.
        shift: By how much every uncertainty rises, in its own standard deviations.
        flips: Share of right answers that turn wrong under a null arm.
        flips_foreseen: How much the log odds of that rise with uncertainty.
    """

    collapse: float = 0.5
    foreseen: float = 0.0
    shift: float = 0.0
    flips: float = 0.15
    flips_foreseen: float = 0.0


def samples(n: int) -> list[Sample]:
    """Questions of four or five options, three modalities, one patient each."""
    return [
        Sample(
            id=f"ward/{number}",
            question=f"Question {number}?",
            kind=Kind.CHOICE,
            options=tuple("abcde"[: 4 + number % 2]),
            answer=0,
            strata={"modality": MODALITIES[number % 3]},
            cluster=f"patient-{number}",
        )
        for number in range(n)
    ]


def write_runs(
    folder: Path, table: Table, *, hiding: Hiding | None = None, seed: int = 0
) -> list[Path]:
    """One run folder per model of a table."""
    rng = np.random.default_rng(seed)
    asked = samples(table.wrong.shape[1])
    return [
        write_run(folder / f"model-{number:02}", f"simulated/table@1?number={number}", asked, arms)
        for number, arms in enumerate(_arms(table, hiding, rng))
    ]


def _arms(
    table: Table, hiding: Hiding | None, rng: np.random.Generator
) -> list[dict[str, dict[str, FloatArray]]]:
    found = []
    for uncertainty, wrong in zip(table.uncertainty, table.wrong, strict=True):
        named = dict(zip(ESTIMATORS, uncertainty, strict=False))
        right = 1.0 - wrong
        arms: dict[str, dict[str, FloatArray]] = {"": {"correct": right, **named}}
        if hiding is not None:
            after = _kept(right, hiding.collapse, hiding.foreseen, uncertainty[0], rng)
            moved = {name: u + hiding.shift * u.std() for name, u in named.items()}
            arms["nota=replace"] = {"correct": after, "verified": 0.0 * right, **moved}
            for name in ("options=shuffled", "nota=swap_distractor"):
                kept = _kept(right, hiding.flips, hiding.flips_foreseen, uncertainty[0], rng)
                arms[name] = {"correct": kept}
        found.append(arms)
    return found


def _kept(
    right: FloatArray, share: float, steepness: float, score: FloatArray, rng: np.random.Generator
) -> FloatArray:
    """Right answers that stay right; the log odds of losing one rise with the score."""
    odds = np.log(share / (1.0 - share)) + steepness * (score - score[right == 1.0].mean())
    stays = rng.random(right.size) > 1.0 / (1.0 + np.exp(-odds))
    return np.where(stays, right, 0.0)


def write_run(
    folder: Path,
    model_id: str,
    asked: list[Sample],
    arms: dict[str, dict[str, FloatArray]],
    *,
    task: str = TASK,
    version: int = 1,
) -> Path:
    """A run folder as a finished run leaves it, but for its answers."""
    files = RunFolder(folder)
    files.write_samples(asked)
    rows = [
        pl.DataFrame({"sample": [sample.id for sample in asked], "value": values}).with_columns(
            condition=pl.lit(arm), measure=pl.lit(measure)
        )
        for arm, measures in arms.items()
        for measure, values in measures.items()
    ]
    scores = pl.concat(rows).with_columns(
        task=pl.lit(task), version=pl.lit(version), reading=pl.lit("corrected"),
        status=pl.lit("ok"), judge=pl.lit(""),
    )  # fmt: skip
    files.write_table("scores", scores.select(list(SCORES)).cast(pl.Schema(SCORES)))
    files.write_manifest(
        {
            "state": "complete", "written": "2026-01-01T00:00:00+00:00",
            "versions": {"medtrust": "0"}, "settings": {"model": "simulated/table"},
            "plan": {"tasks": {task: version}}, "model_ids": {"model": model_id}, "servers": [],
            "official": {}, "data": {}, "notes": [], "counts": {},
        }
    )  # fmt: skip
    return folder
