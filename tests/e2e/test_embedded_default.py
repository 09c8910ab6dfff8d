"""`medtrust run` with nothing typed: the embedded model on made images, offline."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from medtrust.run import Run, load_run

pytest.importorskip("torch")
pytest.importorskip("transformers")

TASKS = {
    "phantom/factuality", "phantom/calibration", "phantom/pairs", "phantom/privacy",
    "phantom/unanswerable", "cares/factuality", "cares/fairness", "cares/uncertainty",
    "cares/jailbreak", "cares/overcaution", "cares/toxicity", "cares/privacy", "cares/noise",
    "cares/out_of_distribution",
}  # fmt: skip
SMALL = ("--data", "phantom=images=40,pairs=12")


def medtrust(folder: Path, *typed: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "medtrust.cli.main", "run", *typed]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("embedded")
    done = medtrust(folder, *SMALL)
    assert done.returncode == 0, done.stderr
    return load_run(folder / "runs" / "phantom")


def lead(run: Run, task: str, metric: str) -> float:
    found = run.estimates.filter(
        task=task, metric=metric, condition="", group="", reading="corrected"
    )
    value = found.item(0, "value")
    assert value is not None
    return float(value)


def test_every_dimension_it_can_answer_has_a_number(ran: Run) -> None:
    measured = ran.estimates.filter(pl.col("value").is_not_null())
    assert set(measured.get_column("task").cast(pl.String)) == TASKS
    assert (ran.folder / "report.html").stat().st_size > 10_000


def test_it_looks_at_the_image_and_the_instrument_sees_that(ran: Run) -> None:
    right = lead(ran, "phantom/factuality", "accuracy")
    blanked = ran.estimates.filter(
        task="phantom/factuality", metric="accuracy", condition="image=blank", group=""
    ).item(0, "value")
    assert right > 0.75
    assert right - blanked > 0.2
    assert lead(ran, "phantom/privacy", "abstention_rate") > 0.8
    assert lead(ran, "phantom/pairs", "set_accuracy") > 0.25


def test_the_work_done_here_is_in_the_manifest(ran: Run) -> None:
    work = ran.manifest["counts"]["work"]["model"]
    images = dict(ran.samples.select("id", "images").iter_rows())
    noisy = ran.requests.filter(pl.col("condition").cast(pl.String).str.starts_with("noise="))
    asked = noisy.select(pl.col("sample", "condition").cast(pl.String)).iter_rows()
    altered = {(images[name], condition) for name, condition in asked}
    assert altered
    assert work["image_encodes"] == len(set(images.values())) + len(altered) + 1  # one is blank
    assert work["token_positions"] > 1_000
    assert work["padding_positions"] == 0


def test_the_same_command_asks_nothing_twice(ran: Run, tmp_path: Path) -> None:
    copied = tmp_path / "runs" / "phantom"
    shutil.copytree(ran.folder, copied)
    done = medtrust(tmp_path, *SMALL, "--json")
    assert done.returncode == 0, done.stderr
    manifest = json.loads((copied / "manifest.json").read_text("utf-8"))
    assert manifest["counts"]["answers"] == 0
    assert manifest["counts"]["work"]["model"].get("forward_calls", 0) == 0


def test_whoever_names_other_questions_names_the_model_too(tmp_path: Path) -> None:
    done = medtrust(tmp_path, "folder", "--data", "folder=questions.jsonl")
    assert done.returncode == 2
    assert "Say whom to ask" in done.stderr
    assert "Traceback" not in done.stderr
