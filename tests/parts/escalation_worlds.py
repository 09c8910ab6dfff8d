"""Run folders of clinical_ue/uncertainty whose true risks are known, written without a model."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from medtrust.core.records import Access, Kind, Sample
from medtrust.engine.run_folder import RunFolder
from medtrust.engine.tables import SCORES
from medtrust.metrics.arrays import FloatArray, IntArray
from medtrust.run import Run, load_run
from medtrust.tuning.cases import TASK, Cases

STEEPNESS = 0.35
"""A case whose uncertainty is u is wrong with probability STEEPNESS * u^2."""
MODEL = "simulated/planted@1"
ASKED = {"question/choice": "0123456789abcdef", "question/yes-no": "123456789abcdef0"}
"""Prompts that the plain question uses."""
PROMPTS = {**ASKED, "confidence/p-true": "fedcba9876543210", "nota/others": "edcba9876543210f"}
DRAWS = 10
MODALITIES = ("CT", "MR", "XR")


def true_risk(threshold: float) -> float:
    """Share of wrong answers among those with at most this uncertainty, exactly."""
    return STEEPNESS * min(max(threshold, 0.0), 1.0) ** 2 / 3.0


@dataclass(frozen=True)
class World:
    """What a run is made of.

    Attributes:
        patients: Clusters; each has ``per_patient`` cases.
        per_patient: Cases of a patient; they share half of what makes them hard.
        refused: Share of cases that are refused; they count as wrong.
        failed: Share of cases that were not answered for want of a server.
        estimators: Measure names; the first tells right from wrong, the others are noise.
        useless: Whether the first is noise, too.
        rare: Share of cases of the last modality; None for as many as of the others.
        seed: Of everything.
    """

    patients: int = 1500
    per_patient: int = 1
    refused: float = 0.0
    failed: float = 0.0
    estimators: tuple[str, ...] = ("letter_entropy_normalised", "self_consistency")
    useless: bool = False
    rare: float | None = None
    seed: int = 0


def make_cases(world: World) -> Cases:
    """The same world as arrays, without refusals and failures."""
    rng = np.random.default_rng(world.seed)
    clusters, hard, wrong = _outcomes(world, rng)
    n = clusters.size
    return Cases(
        clusters,
        np.full(n, -1),
        wrong,
        {name: _numbers(world, place, hard, rng)
         for place, name in enumerate(world.estimators)},
        np.zeros(n, dtype=np.bool_),
    )  # fmt: skip


def _outcomes(world: World, rng: np.random.Generator) -> tuple[IntArray, FloatArray, FloatArray]:
    """Clusters, difficulty (uniform on [0, 1], one number a patient) and errors."""
    clusters = np.repeat(np.arange(world.patients), world.per_patient)
    hard = rng.random(world.patients)[clusters]
    # all cases of a patient are right or wrong together: the worst that clusters can do
    wrong = rng.random(world.patients)[clusters] < STEEPNESS * hard**2
    return clusters, hard, wrong.astype(np.float64)


def _numbers(world: World, place: int, hard: FloatArray, rng: np.random.Generator) -> FloatArray:
    return hard if place == 0 and not world.useless else rng.random(hard.size)


def write_run(folder: Path, world: World | None = None, **manifest: Any) -> Run:
    """A finished run: clean, ``nota=replace`` (nearly all wrong) and shuffled options."""
    world = world or World()
    rng = np.random.default_rng(world.seed)
    clusters, hard, wrong = _outcomes(world, rng)
    n = clusters.size
    numbers = {
        name: _numbers(world, place, hard, rng) for place, name in enumerate(world.estimators)
    }
    modality = rng.integers(0, len(MODALITIES), size=n)
    if world.rare is not None:
        modality = np.where(rng.random(n) < world.rare, len(MODALITIES) - 1, modality % 2)
    samples = [
        Sample(
            id=f"made:{row}",
            question="What is shown?",
            kind=Kind.CHOICE,
            options=("a", "b", "c", "d"),
            answer=0,
            strata={"modality": MODALITIES[modality[row]]},
            groups={"sex": "female" if row % 2 else "male"},
            cluster=f"patient {clusters[row]}",
            access=Access.PUBLIC,
        )
        for row in range(n)
    ]
    fate = rng.random(n)
    status = np.where(
        fate < world.refused, "refused",
        np.where(fate < world.refused + world.failed, "missing:server-down", "ok"),
    )  # fmt: skip
    hidden = (rng.random(n) < 0.8).astype(np.float64)
    top = 1.0 - 0.75 * hard
    arms = {
        "": (wrong, numbers, top),
        "nota=replace": (np.maximum(wrong, hidden), numbers, np.where(hidden > 0, 0.05, top)),
        "options=shuffled": (wrong, numbers, None),
    }
    frames = [
        _arm(arm, wrong_here, numbers_here, probability, status)
        for arm, (wrong_here, numbers_here, probability) in arms.items()
    ]
    files = RunFolder(folder)
    files.write_samples(samples)
    files.write_table("scores", pl.concat(frames))
    body: dict[str, Any] = {
        "state": "complete",
        "left": None,
        "written": "2026-01-01T00:00:00+00:00",
        "versions": {"medtrust": "0.1.0"},
        "settings": {"model": "simulated/planted", "draws": DRAWS},
        "plan": {"tasks": {TASK: 1}, "model": MODEL, "prompts": {TASK: "own"}},
        "model_ids": {"model": MODEL},
        "servers": [],
        "official": {},
        "prompts": {TASK: PROMPTS},
        "data": {"made": {}},
        "notes": [],
        "counts": {},
    }
    files.write_manifest(body | manifest)
    return load_run(folder)


def _arm(
    arm: str,
    wrong: FloatArray,
    numbers: dict[str, FloatArray],
    probability: FloatArray | None,
    status: Any,
) -> pl.DataFrame:
    n = wrong.size
    failed = np.char.startswith(status.astype(str), "missing")
    silent = status != "ok"
    hidden = arm.startswith("nota")
    columns: dict[str, Any] = {
        "correct": np.where(silent, 0.0, 1.0 - wrong),
        "gold": np.full(n, 4.0 if hidden else 0.0),
        **{name: np.where(silent, np.nan, values) for name, values in numbers.items()},
    }
    if probability is not None:
        columns["option_probability_1"] = probability
        for place in (2, 3, 4):
            columns[f"option_probability_{place}"] = (1.0 - probability) / 3.0
    parts = []
    for measure, values in columns.items():
        kept = np.where(failed, np.nan, values)
        parts.append(
            pl.DataFrame({
                "task": TASK, "version": 1, "sample": [f"made:{row}" for row in range(n)],
                "condition": arm, "reading": "corrected", "measure": measure,
                "value": pl.Series(kept).fill_nan(None), "status": status, "judge": "",
            }, schema_overrides={"version": pl.Int32})
        )  # fmt: skip
    return pl.concat(parts).cast(SCORES)  # type: ignore[arg-type]
