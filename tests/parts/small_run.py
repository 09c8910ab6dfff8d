"""Questions about drawn squares, with names as a hostile file would give them."""

from __future__ import annotations

import json
from pathlib import Path

import orjson
import polars as pl
from PIL import Image

from medtrust.run import Run, evaluate, load_run

PATIENTS = 48
HOSTILE = "<script>alert(1)</script>"
"""A ward of few patients, and the text of an option, as a hostile file would name them."""


def write_questions(folder: Path) -> Path:
    """Two questions each about one image of each patient; images differ in size, so blanks do."""
    folder.mkdir(parents=True)
    lines = []
    for patient in range(PATIENTS):
        Image.new("L", (20 + patient, 24), patient).save(folder / f"{patient}.png")
        row = {
            "image": f"{patient}.png",
            "patient": f"p{patient}",
            "sex": "female" if patient % 2 else "male",
            "ward": HOSTILE if patient < 6 else "east",
            "dataset": "first" if patient < 36 else "second",
        }
        choice = {
            "question": f"Which organ is it ({patient})?",
            "options": [HOSTILE, "lung", "liver"],
        }
        yes_no = {"question": f"Is there an effusion ({patient})?"}
        lines += [
            row | choice | {"answer": "ABC"[patient % 3]},
            row | yes_no | {"answer": "yes" if patient % 4 == 0 else "no"},
        ]
    path = folder / "questions.jsonl"
    path.write_text("\n".join(json.dumps(line) for line in lines), "utf-8")
    return path


def small_run(folder: Path) -> Run:
    """A complete run of a responder with a planted gap.

    Args:
        folder: Gets ``data`` and ``run``.
    """
    return evaluate(
        tasks="folder/factuality",
        model="simulated/planted",
        model_options={"accuracy": "0.9", "gap": "sex:female:-0.4", "refusal": "0.1"},
        data={"folder": write_questions(folder / "data")},
        groups=("sex", "ward"),
        cluster="patient",
        out=folder / "run",
    )


def with_manifest(folder: Path, **changes: object) -> Run:
    """The run after its manifest was changed on disk."""
    path = folder / "manifest.json"
    path.write_bytes(orjson.dumps(orjson.loads(path.read_bytes()) | changes))
    return load_run(folder)


def with_estimates(folder: Path, frame: pl.DataFrame) -> Run:
    """The run after its estimates were replaced on disk."""
    frame.write_parquet(folder / "estimates.parquet")
    return load_run(folder)
