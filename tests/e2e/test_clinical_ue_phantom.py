"""The embedded model goes through all of it: estimators, hidden options, quadrants, a policy."""

from __future__ import annotations

import random
from pathlib import Path
from xml.etree import ElementTree as ET

import orjson
import polars as pl
import pytest

import medtrust
from medtrust.cli.main import exit_code
from medtrust.run import evaluate, load_run
from parts.nota_runs import write_questions

pytest.importorskip("torch")

ESTIMATORS = {
    "sequence_probability", "mean_token_entropy", "letter_entropy", "semantic_entropy",
    "self_consistency", "predictive_entropy", "degree_matrix", "p_true", "cocoa_probability",
    "image_consistency",
}  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("clinical") / "run"
    data = ["--data", "phantom=images=60,pairs=0", "--draws", "5"]
    assert exit_code(["run", "clinical_ue", "--model", "phantom", *data, "--out", str(out)]) == 0
    return out


def test_the_embedded_model_gives_more_than_eight_estimators_in_both_arms(folder: Path) -> None:
    scores = load_run(folder).scores.with_columns(pl.col("measure", "condition").cast(pl.String))
    for condition in ("", "nota=replace"):
        arm = scores.filter(pl.col("condition") == condition, pl.col("value").is_not_null())
        there = ESTIMATORS & set(arm.get_column("measure"))
        assert there == ESTIMATORS - ({"image_consistency"} if condition else set())


def test_hidden_options_fragility_its_null_and_quadrants_are_told(folder: Path) -> None:
    found = load_run(folder).estimates
    told = set(found.get_column("metric").cast(pl.String))
    assert {f"quadrant_{name}" for name in ("ideal", "fragile", "dangerous", "worst")} <= told
    assert {"error_auroc", "collapse", "nota_pick_rate", "uncertainty_shift"} <= told
    assert {"fragility_auroc", "fragility_null_auroc", "fragility_minus_null"} <= told
    assert "guaranteed_share_10" in told
    verified = found.filter(pl.col("metric") == "nota_verified").get_column("value")
    assert verified.to_list() == [1.0]


def test_the_page_opens_without_anything_but_itself(folder: Path) -> None:
    page = (folder / "report.html").read_text("utf-8")
    assert page.count("<svg") >= 4
    start = page.index("<svg")
    ET.fromstring(page[start : page.index("</svg>", start) + len("</svg>")])
    for outside in ("<script", "http://", "https://", "@import", "url("):
        assert outside not in page.replace("http://www.w3.org/2000/svg", "")


def test_a_policy_for_it_is_made_and_loaded(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "policy.json"
    command = ["tune", "escalation", str(folder), "--alpha", "0.3", "--delta", "0.2"]
    assert exit_code([*command, "--out", str(out)]) == 0
    policy = medtrust.EscalationPolicy.load(out)
    assert policy.model_id == load_run(folder).manifest["model_ids"]["model"]


def test_the_order_of_the_rows_changes_no_number(tmp_path: Path) -> None:
    file = write_questions(tmp_path, 200)
    lines = file.read_text("utf-8").splitlines()
    rows = [{**orjson.loads(line), "id": f"q{number:03}"} for number, line in enumerate(lines)]
    tables = []
    for name in ("sorted", "shuffled"):
        if name == "shuffled":
            random.Random(5).shuffle(rows)
        path = tmp_path / f"{name}.jsonl"
        path.write_bytes(b"\n".join(map(orjson.dumps, rows)))
        run = evaluate(
            tasks="clinical_ue",
            model="simulated/nota",
            model_options={"fragility": "0.7"},
            data={"folder": path},
            cluster="patient",
            conditions=("clean", "nota=replace", "options=shuffled"),
            draws=4,
            out=tmp_path / name,
        )
        keys = ["metric", "condition", "group"]
        numbers = run.estimates.select(*keys, "value", "low", "high", "p_value", "n")
        tables.append(numbers.with_columns(pl.col(keys).cast(pl.String)).sort(keys))
    first, second = tables
    assert first.select(keys).equals(second.select(keys))
    for column in ("value", "low", "high", "p_value"):
        both = zip(first.get_column(column), second.get_column(column), strict=True)
        apart = [
            (place, one, other)
            for place, (one, other) in enumerate(both)
            if one != other and (one is None or other is None or abs(one - other) > 1e-9)
        ]
        assert not apart, [(first.row(place), one, other) for place, one, other in apart[:5]]
