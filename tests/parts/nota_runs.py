"""Runs of simulated models over one file of questions, with planted uncertainty."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from medtrust.run import evaluate

CONDITIONS = ("clean", "nota=replace", "nota=swap_distractor", "options=shuffled")
MODALITIES = ("X-ray", "CT", "MRI", "ultrasound")
ORGANS = ("heart", "lung", "liver", "kidney", "spleen", "pancreas", "stomach", "bladder")


def write_questions(folder: Path, n: int) -> Path:
    """Questions of four options about nothing, two for each patient."""
    lines = []
    for number in range(n):
        options = [ORGANS[(number + step) % len(ORGANS)] for step in range(4)]
        lines.append(
            json.dumps(
                {
                    "question": f"Which organ does case {number} show?",
                    "options": options,
                    "answer": "ABCD"[number * 7 % 4],
                    "modality": MODALITIES[number % 4],
                    "patient": f"p{number // 2}",
                }
            )
        )
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "questions.jsonl"
    path.write_text("\n".join(lines), "utf-8")
    return path


def write_runs(
    folder: Path,
    planted: Sequence[Mapping[str, str]],
    *,
    n: int = 500,
    conditions: Sequence[str] = CONDITIONS,
    draws: int = 3,
    strata: Sequence[str] = ("modality",),
) -> list[Path]:
    """One run per set of planted properties, over the same questions.

    Args:
        folder: Gets ``data`` and a folder ``model-NUMBER`` per run.
        planted: Parameters of ``simulated/nota``.
        n: Number of questions.
        conditions: Arms to ask.
        draws: Samples to draw of each question.
        strata: Columns that the results are cut by.
    """
    questions = write_questions(folder / "data", n)
    runs = []
    for number, parameters in enumerate(planted):
        out = folder / f"model-{number:02}"
        evaluate(
            tasks="clinical_ue/uncertainty",
            model="simulated/nota",
            model_options=dict(parameters),
            data={"folder": questions},
            strata=tuple(strata),
            cluster="patient",
            conditions=tuple(conditions),
            draws=draws,
            out=out,
        )
        runs.append(out)
    return runs
