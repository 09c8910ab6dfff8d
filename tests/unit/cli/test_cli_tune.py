"""``medtrust tune escalation`` on run folders with known risks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson
import pytest

import medtrust
from medtrust.cli.main import exit_code
from parts.escalation_worlds import MODEL, PROMPTS, World, write_run


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> str:
    world = World(patients=1500, refused=0.02)
    return str(write_run(tmp_path_factory.mktemp("tune") / "run", world).folder)


def test_it_writes_a_policy_that_decides(
    folder: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "policy.json"
    assert exit_code(["tune", "escalation", folder, "--out", str(out), "--days", "30"]) == 0
    policy = medtrust.EscalationPolicy.load(out)
    assert policy.expires == datetime.now(UTC).date() + timedelta(days=30)
    decision = policy.decide(
        uncertainty=0.01, model_id=MODEL, prompts=PROMPTS, population={"modality": "CT"}
    )
    assert decision.action == "answer"
    printed = capsys.readouterr().out
    for words in ("at most 5.0% are wrong", "of 1,000", "nota=replace", "aps", str(out)):
        assert words in printed


def test_machines_read_the_same(
    folder: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "policy.json"
    wishes = ["--stratum", "modality", "--alpha", "0.1", "--share-delta", "--json"]
    assert exit_code(["tune", "escalation", folder, "--out", str(out), *wishes]) == 0
    printed = orjson.loads(capsys.readouterr().out)
    assert printed["guaranteed"] is True
    assert printed["policy"] == orjson.loads(out.read_bytes())
    assert {row["value"] for row in printed["rules"]} == {"CT", "MR", "XR"}
    assert printed["realised"]["nota=replace"]["n"] > 0


def test_without_a_guarantee_no_policy_is_written_and_the_gate_fails(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = str(write_run(tmp_path / "run", World(patients=40)).folder)
    out = tmp_path / "policy.json"
    assert exit_code(["tune", "escalation", folder, "--out", str(out)]) == 1
    assert not out.exists()
    printed = capsys.readouterr().out
    assert printed.startswith("Cannot guarantee an error of at most 0.05")
    assert len(printed.splitlines()) == 1
    assert exit_code(["tune", "escalation", folder, "--out", str(out), "--json"]) == 1
    assert orjson.loads(capsys.readouterr().out)["guaranteed"] is False


@pytest.mark.parametrize(
    ("wishes", "message"),
    [
        (["--alpha", "5"], "alpha is a share"),
        (["--expires", "soon"], "is no date"),
        (["--expires", "2030-01-01", "--days", "3"], "not both"),
        (["--days", "0"], "a day at least"),
        (["--expires", "2001-01-01"], "holds on no day"),
        (["--estimator", "p_tru"], "did you mean p_true"),
        (["--stratum", "modalty"], "did you mean modality"),
    ],
)
def test_odd_wishes_are_one_sentence(
    folder: str, tmp_path: Path, wishes: list[str], message: str,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    out = tmp_path / "policy.json"
    assert exit_code(["tune", "escalation", folder, "--out", str(out), *wishes]) == 2
    assert message in capsys.readouterr().err
    assert not out.exists()


def test_a_folder_without_a_run_is_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert exit_code(["tune", "escalation", str(tmp_path)]) == 2
    assert "holds no run" in capsys.readouterr().err
