"""Twelve simulated models asked from end to end; `medtrust study` finds what was planted."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import orjson
import pytest

from medtrust.cli.main import exit_code
from parts.nota_runs import write_runs

METHODS = ("sequence_probability", "letter_probability", "p_true")
"""One of each family that the responder draws by itself, without the coarse steps of few draws."""
SLOPE = 0.4


@pytest.mark.slow
def test_what_was_planted_in_twelve_models_is_found(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    accuracies = np.linspace(0.4, 0.85, 12)
    planted = [
        {
            "accuracy": f"{accuracy:.3f}", "auroc": f"{0.55 + SLOPE * (accuracy - 0.4):.3f}",
            "collapse": "0.5", "fragility": "0.75", "flips": "0.15", "shift": "0.2",
        }
        for accuracy in accuracies
    ]  # fmt: skip
    runs = write_runs(tmp_path / "runs", planted, n=400)
    chosen = [part for name in METHODS for part in ("--estimator", name)]
    capsys.readouterr()
    command = ["study", *map(str, runs), *chosen, "--out", str(tmp_path / "study"), "--json"]
    assert exit_code(command) == 0
    first, second, third, by_modality = orjson.loads(capsys.readouterr().out)["findings"]
    assert "the AUROC follows the model's accuracy" in first["sentence"]
    for row in first["tables"]["methods"]:
        low, high = row["change_per_ten_points_low"], row["change_per_ten_points_high"]
        assert 0.0 < low < high, row["estimator"]
    changes = [row["change_per_ten_points"] for row in first["tables"]["methods"]]
    assert np.mean(changes) == pytest.approx(SLOPE / 10.0, abs=0.015)
    for row in second["tables"]["hidden_answer_accuracy"]:
        assert -row["change"] / row["accuracy"] == pytest.approx(0.5, abs=0.12), row["model"]
    for row in second["tables"]["uncertainty_shift_by_method"]:
        assert 0.05 < row["shift_low"] < row["shift_high"] < 0.4, row["estimator"]
    for row in third["tables"]["collapse_detection_by_method"]:
        assert row["auroc"] == pytest.approx(0.75, abs=0.08), row["estimator"]
        assert row["beyond_null_low"] > 0.0, row["estimator"]
    assert by_modality["question"] == "By modality"
    assert (tmp_path / "study" / "study.html").stat().st_size > 0
