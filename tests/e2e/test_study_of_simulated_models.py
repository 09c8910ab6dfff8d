"""Simulated models asked from end to end; `medtrust study` finds what was planted."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pytest

from medtrust.cli.main import exit_code
from parts.nota_runs import write_runs

METHODS = ("sequence_probability", "letter_probability", "p_true")
"""One of each family that the responder draws by itself, without the coarse steps of few draws."""
ACCURACIES = np.linspace(0.4, 0.85, 12)
SLOPE = 0.4

WORLDS: Mapping[str, list[dict[str, str]]] = {
    "method": [
        {"auroc_tokens": "0.58", "auroc_letters": "0.68", "auroc_stated": "0.78"}
        for _ in ACCURACIES
    ],
    "accuracy": [{"auroc": f"{0.55 + SLOPE * (each - 0.4):.3f}"} for each in ACCURACIES],
    "nothing": [{"auroc": "0.68"} for _ in ACCURACIES],
}
"""What is planted beside accuracies from 40 to 85 %, which all three have."""

VERDICTS = {
    "method": "the AUROC follows the method: ",
    "accuracy": "the AUROC follows the model's accuracy: ",
    "nothing": "nothing is seen to drive the AUROC: ",
}
SOURCES = {"method": "the method", "accuracy": "the model's accuracy", "nothing": ""}


def studied(folder: Path, runs: list[Path], capsys: pytest.CaptureFixture[str]) -> list[Any]:
    """The findings that the command prints, over the three methods."""
    chosen = [part for name in METHODS for part in ("--estimator", name)]
    capsys.readouterr()
    command = ["study", *map(str, runs), *chosen, "--out", str(folder / "study"), "--json"]
    assert exit_code(command) == 0
    findings: list[Any] = orjson.loads(capsys.readouterr().out)["findings"]
    return findings


@pytest.mark.slow
@pytest.mark.parametrize("world", list(WORLDS))
def test_twelve_models_tell_what_drives_the_auroc(
    world: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    planted = [
        {"accuracy": f"{accuracy:.3f}", **rest}
        for accuracy, rest in zip(ACCURACIES, WORLDS[world], strict=True)
    ]
    runs = write_runs(tmp_path / "runs", planted, n=200, conditions=("clean",), draws=1, strata=())
    first, *_ = studied(tmp_path, runs, capsys)
    assert first["sentence"].startswith("In these runs (12 models, 3 methods, 200 questions) ")
    assert VERDICTS[world] in first["sentence"]
    sources = {row["source"]: row["p_holm"] for row in first["tables"]["sources"]}
    seen = [name for name, p in sources.items() if p is not None and p < 0.05]
    assert seen == [name for name in (SOURCES[world],) if name]
    changes = [row["change_per_ten_points"] for row in first["tables"]["methods"]]
    wanted = SLOPE / 10.0 if world == "accuracy" else 0.0
    assert np.mean(changes) == pytest.approx(wanted, abs=0.015)
    means = {row["estimator"]: row["mean_auroc"] for row in first["tables"]["methods"]}
    if world == "method":
        assert [means[name] for name in METHODS] == pytest.approx([0.58, 0.68, 0.78], abs=0.07)


@pytest.mark.slow
def test_a_planted_collapse_and_shift_and_what_foresees_it_are_found(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    planted = [
        {
            "accuracy": f"{accuracy:.3f}", "collapse": "0.5", "fragility": "0.75",
            "flips": "0.15", "shift": "0.2",
        }
        for accuracy in (0.5, 0.6, 0.65, 0.7, 0.8)
    ]  # fmt: skip
    runs = write_runs(tmp_path / "runs", planted, n=300, draws=1)
    _, second, third, by_modality = studied(tmp_path, runs, capsys)
    for row in second["tables"]["hidden_answer_accuracy"]:
        assert -row["change"] / row["accuracy"] == pytest.approx(0.5, abs=0.12), row["model"]
    assert "3 of 3 methods are seen to rise" in second["sentence"]
    for row in second["tables"]["uncertainty_shift_by_method"]:
        assert 0.05 < row["shift_low"] < row["shift_high"] < 0.4, row["estimator"]
    assert "3 of 3 methods are above 0 there" in third["sentence"]
    for row in third["tables"]["collapse_detection_by_method"]:
        assert row["auroc"] == pytest.approx(0.75, abs=0.08), row["estimator"]
        assert row["beyond_null_low"] > 0.0, row["estimator"]
    assert by_modality["question"] == "By modality"
    assert (tmp_path / "study" / "study.html").stat().st_size > 0
