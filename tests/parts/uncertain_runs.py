"""A small run of the uncertainty suite, and the same with answers that give no value."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
from PIL import Image

from medtrust.run import Run, evaluate, load_run

QUESTIONS = 80
TASK = "clinical_ue/uncertainty"
HOSTILE = "<script>alert(2)</script>"
"""A modality, as a hostile file would name it."""


def uncertain_run(folder: Path) -> Run:
    """Four options each, three modalities, uncertainty that foresees a planted collapse.

    Args:
        folder: Gets the questions and ``run``.
    """
    lines = []
    for place in range(QUESTIONS):
        Image.new("L", (20 + place, 24), place).save(folder / f"{place}.png")
        lines.append(
            {
                "image": f"{place}.png",
                "question": f"What is it ({place})?",
                "options": [f"finding {option} of {place}" for option in range(4)],
                "answer": "ABCD"[place % 4],
                "modality": ("CT", "MRI", HOSTILE)[place % 3],
            }
        )
    path = folder / "questions.jsonl"
    path.write_text("\n".join(json.dumps(line) for line in lines), "utf-8")
    return evaluate(
        tasks=TASK,
        model="simulated/nota",
        model_options={"accuracy": "0.6", "auroc": "0.85", "collapse": "0.6", "fragility": "0.8"},
        data={"folder": path},
        strata=("modality",),
        conditions=("clean", "nota=replace", "options=shuffled"),
        draws=3,
        out=folder / "run",
    )


def with_refusals(folder: Path, number: int) -> Run:
    """The run after the first plain answers were marked as refused on disk.

    Args:
        folder: Of a run; its scores are written anew.
        number: How many answers.
    """
    scores = load_run(folder).scores
    plain = scores.filter(pl.col("condition").cast(pl.String) == "")
    refused = plain.get_column("sample").cast(pl.String).unique(maintain_order=True)[:number]
    hit = (pl.col("condition").cast(pl.String) == "") & pl.col("sample").cast(pl.String).is_in(
        refused.implode()
    )
    value = pl.when(pl.col("measure").cast(pl.String) == "correct").then(0.0).otherwise(None)
    scores.with_columns(
        pl.when(hit).then(value).otherwise(pl.col("value")).alias("value"),
        pl.when(hit)
        .then(pl.lit("refused"))
        .otherwise(pl.col("status").cast(pl.String))
        .cast(scores.schema["status"])
        .alias("status"),
    ).write_parquet(folder / "scores.parquet")
    return load_run(folder)
