"""``medtrust tune escalation`` on run folders with known risks."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson
import pytest

import medtrust
from medtrust.cli.main import exit_code
from medtrust.cli.tune_words import promise
from medtrust.run import load_run
from medtrust.tuning.escalation import calibrate
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
    for words in (
        "at most 5.0% are wrong", "of 1,000", "aps", str(out), "(high = uncertain)",
        "spends the promise again", "worst of all under nota=replace, which hides",
        "get an empty set.",
    ):  # fmt: skip
        assert words in printed


def test_a_policy_that_is_there_is_not_overwritten_unless_forced(
    folder: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "policy.json"
    out.write_text("mine")
    assert exit_code(["tune", "escalation", folder, "--out", str(out)]) == 2
    assert "is there already" in capsys.readouterr().err
    assert out.read_text() == "mine"
    assert exit_code(["tune", "escalation", folder, "--out", str(out), "--force"]) == 0
    assert medtrust.EscalationPolicy.load(out).model_id == MODEL


def test_seeds_cannot_be_tried_from_the_command_line(
    folder: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert exit_code(["tune", "escalation", folder, "--seed", "3"]) == 2
    assert "--seed" in capsys.readouterr().err


def test_kinds_of_cases_without_a_threshold_answer_none_and_are_counted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = str(write_run(tmp_path / "run", World(patients=2000, rare=0.02)).folder)
    wishes = ["--stratum", "modality", "--alpha", "0.1", "--out", str(tmp_path / "policy.json")]
    assert exit_code(["tune", "escalation", folder, *wishes]) == 0
    printed = capsys.readouterr().out
    assert "1 of 3 values of modality have no threshold: all their cases are escalated" in printed
    (row,) = [line for line in printed.splitlines() if "escalate all" in line]
    assert row.split()[:2] == ["XR", "escalate"]
    assert row.split()[3] == "0"
    assert row.split()[-1] == "0.0%"
    assert "XR: " in printed  # and why
    rare = [line for line in printed.splitlines() if line.startswith("  XR")]
    assert rare
    assert all(line.endswith("too few") for line in rare)


def test_the_worst_arm_is_named_and_none_where_none_is_worse(folder: str) -> None:
    result = calibrate(load_run(folder))
    good, bad = result.realised[""], result.realised["nota=replace"]
    (said,) = promise(replace(result, realised={"": good, "options=shuffled": bad}))
    assert "worst of all under options=shuffled, where" in said
    assert f"lets {bad.answered} of {bad.n} answers stand, and {bad.errors} of them" in said
    fine = replace(good, errors=0)
    (said,) = promise(replace(result, realised={"": good, "nota=replace": fine}))
    assert "worst" not in said


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
    assert "spends the promise again" in printed
    assert exit_code(["tune", "escalation", folder, "--out", str(out), "--json"]) == 1
    body = orjson.loads(capsys.readouterr().out)
    assert body["guaranteed"] is False
    assert [rule["coverage"] for rule in body["rules"]] == [0.0]


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
