"""``medtrust tune collapse``: every right answer with its chance of turning wrong."""

from __future__ import annotations

from pathlib import Path

import orjson
import polars as pl
import pytest

from medtrust.cli.main import exit_code
from medtrust.metrics.ranking import auroc
from parts.nota_runs import write_runs

N = 400


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> str:
    planted = {"accuracy": "0.8", "collapse": "0.4", "fragility": "0.85", "auroc": "0.8"}
    (run,) = write_runs(tmp_path_factory.mktemp("collapse"), [planted], n=N)
    return str(run)


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_cases_get_chances_that_foresee_what_happened(
    folder: str, tmp_path: Path, suffix: str, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / f"cases{suffix}"
    assert exit_code(["tune", "collapse", folder, "--out", str(out)]) == 0
    cases = pl.read_csv(out) if suffix == ".csv" else pl.read_parquet(out)
    assert cases.columns == ["sample", "probability", "collapsed", "letter_probability"]
    assert cases.get_column("sample").n_unique() == cases.height
    chances, happened = cases.get_column("probability"), cases.get_column("collapsed")
    assert chances.is_between(0, 1).all()
    assert chances.mean() == pytest.approx(float(happened.to_numpy().mean()), abs=0.02)
    # learned on other clusters, so a little less than the planted 0.85
    assert (auroc(chances.to_numpy(), happened.to_numpy()) or 0) > 0.78
    assert "turned wrong under nota=replace" in capsys.readouterr().out


def test_several_estimators_are_weighed_together_and_machines_read_the_same(
    folder: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "cases.csv"
    wishes = ["--estimator", "letter_probability", "--estimator", "p_true"]
    assert exit_code(["tune", "collapse", folder, *wishes, "--out", str(out), "--json"]) == 0
    told = orjson.loads(capsys.readouterr().out)
    assert told["estimators"] == ["letter_probability", "p_true"]
    assert told["n"] == pl.read_csv(out).height
    assert told["skill"]["low"] > 0


@pytest.mark.parametrize(
    ("wishes", "sentence"),
    [
        (["--condition", "nota=replac"], "did you mean nota=replace"),
        (["--condition", "clean"], "Unknown condition of the run"),
        (["--estimator", "p_tru"], "did you mean p_true"),
        (["--out", "cases.txt"], "ends neither in .csv nor in .parquet"),
    ],
)
def test_what_cannot_be_told_is_said_in_a_sentence(
    folder: str, wishes: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert exit_code(["tune", "collapse", folder, *wishes]) == 2
    assert sentence in capsys.readouterr().err
