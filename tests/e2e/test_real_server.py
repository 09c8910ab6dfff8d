"""Real questions and real images, asked of a real OpenAI-compatible server process."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from medtrust.run import load_run

PROJECT = Path(__file__).resolve().parents[2]


@pytest.mark.serve
@pytest.mark.slow
@pytest.mark.skipif(
    importlib.util.find_spec("transformers") is None or importlib.util.find_spec("uvicorn") is None,
    reason="needs transformers[serving]",
)
def test_fifty_real_questions_through_transformers_serve(shared: Path, tmp_path: Path) -> None:
    weights = shared / "prototypes" / "phantom" / "weights"
    questions = shared / "data" / "images" / "questions.jsonl"
    out = tmp_path / "run"
    command = [
        sys.executable, str(PROJECT / "examples" / "real_server.py"), "--weights", str(weights),
        "--questions", str(questions), "--limit", "25", "--out", str(out),
    ]  # fmt: skip
    shown = subprocess.run(command, capture_output=True, text=True, check=False, timeout=500)
    assert shown.returncode == 0, shown.stderr
    run = load_run(out)
    assert run.manifest["state"] == "complete"
    assert run.manifest["counts"]["failed"] == {}
    whole = run.estimates.filter((pl.col("group") == "") & (pl.col("condition") == ""))
    accuracy = whole.filter(pl.col("metric") == "accuracy").row(0, named=True)
    assert accuracy["n"] >= 50
    assert accuracy["low"] < accuracy["value"] < accuracy["high"]
    assert "majority_baseline" in set(run.estimates.get_column("metric"))
    blank = run.estimates.filter(
        (pl.col("metric") == "accuracy") & (pl.col("condition") == "image=blank")
    )
    assert blank.height
