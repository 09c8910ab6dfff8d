"""All 176 pairs in all four tasks, through simulated responders and through replay, imageless."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import orjson
import pytest

from medtrust.cli.main import exit_code
from medtrust.core.records import Estimate
from parts.answered_tasks import holds
from parts.questions import named

TASKS = ("multiple_choice", "letter_scores", "prefix_score", "free_form")
N_PAIRS = 176


def data(shared: Path) -> list[str]:
    return ["--data", f"mediconfusion={shared / 'data' / 'mediconfusion'}"]


def estimates(out: Path, task: str) -> list[Estimate]:
    rows = orjson.loads((out / "estimates.json").read_bytes())
    return [Estimate(**row) for row in rows if row["task"] == f"mediconfusion/{task}"]


@pytest.mark.parametrize(
    ("right", "confused", "correlation"),
    [(0.15, 0.80, 0.0), (0.25, 0.50, 0.3), (0.05, 0.90, 0.0), (0.6, 0.3, 0.0)],
)
def test_planted_set_accuracy_and_confusion_are_found_in_every_task(
    shared: Path, tmp_path: Path, right: float, confused: float, correlation: float
) -> None:
    model = ["--model", "simulated/mediconfusion", "-M", f"set_accuracy={right}",
             "-M", f"confusion={confused}", "-M", f"correlation={correlation}"]  # fmt: skip
    judge = ["--judge", "simulated/judge", "--condition", "clean"]
    command = ["run", "mediconfusion", *model, *judge, *data(shared), "--out", str(tmp_path)]
    assert exit_code([*command, "--json"]) == 0
    for task in TASKS:
        found = estimates(tmp_path, task)
        for reading in ("corrected", "official"):
            about = {"reading": reading}
            assert named(found, "set_accuracy", **about).n == N_PAIRS
            assert holds(named(found, "set_accuracy", **about), right)
            assert holds(named(found, "confusion", **about), confused)
            assert holds(named(found, "individual_accuracy", **about), right + confused / 2)


def test_who_does_not_look_gets_no_pair_and_confuses_all(shared: Path, tmp_path: Path) -> None:
    model = ["--model", "simulated/mediconfusion", "-M", "set_accuracy=0.6", "-M", "confusion=0.2"]
    command = ["run", "mediconfusion/multiple_choice", *model, *data(shared)]
    assert exit_code([*command, "--out", str(tmp_path), "--json"]) == 0
    for condition in ("image=none", "image=other"):
        found = estimates(tmp_path, "multiple_choice")
        assert named(found, "set_accuracy", condition=condition).value == 0.0
        assert named(found, "confusion", condition=condition).value == 1.0
        assert named(found, "individual_accuracy", condition=condition).value == 0.5


def answered(row: dict[str, Any]) -> dict[str, Any]:
    """Always A: the letter, the likelier letter and text, or the question's first words."""
    reply: dict[str, Any] = {"request_id": row["request_id"], "text": "A"}
    texts = row.get("continuations")
    if texts:
        first = len(texts) // 2
        reply["continuation_logprobs"] = [-0.1] * first + [-5.0] * (len(texts) - first)
        reply["continuation_tokens"] = [1] * len(texts)
    return reply


def test_replayed_answers_go_through_all_four_tasks(shared: Path, tmp_path: Path) -> None:
    plan = ["plan", "mediconfusion", *data(shared), "--condition", "clean", "--model", "replay/x",
            "--judge", "simulated/judge", "--write", str(tmp_path / "plan")]  # fmt: skip
    assert exit_code(plan) == 0
    lines = (tmp_path / "plan" / "requests.jsonl").read_text().splitlines()
    rows = [json.loads(line) for line in lines[1:]]
    assert len(rows) == 4 * 2 * N_PAIRS - 5  # of two pairs with the same image and question
    replay = tmp_path / "answers.jsonl"
    replay.write_text("".join(json.dumps(answered(row)) + "\n" for row in rows))
    command = ["run", "mediconfusion", *data(shared), "--model", f"replay/{replay}",
               "-M", "model=always-a", "--judge", "simulated/judge", "--condition", "clean",
               "--out", str(tmp_path / "run"), "--json"]  # fmt: skip
    assert exit_code(command) == 0
    for task in ("multiple_choice", "letter_scores", "prefix_score"):
        for reading in ("corrected", "official"):
            found = estimates(tmp_path / "run", task)
            assert named(found, "set_accuracy", reading=reading).value == 0.0
            assert named(found, "confusion", reading=reading).value == 1.0
            assert named(found, "individual_accuracy", reading=reading).value == 0.5
