"""Plan out, replay in: another program answers the rows; a judged task takes two rounds."""

from __future__ import annotations

from pathlib import Path

import orjson
import polars as pl
import pytest

from medtrust.cli.main import exit_code
from medtrust.run import load_run

SKETCHES = Path(__file__).resolve().parents[2] / "examples" / "sketches"


def rows_of(path: Path) -> list[dict[str, object]]:
    lines = [orjson.loads(line) for line in path.read_bytes().splitlines()]
    assert lines[0] == {"format": "medtrust-requests", "version": 1}
    return lines[1:]


def answer(rows: list[dict[str, object]], path: Path, text: str) -> None:
    """A foreign program: reads requests, appends answers."""
    with path.open("ab") as file:
        for row in rows:
            said = {"request_id": row["request_id"], "draw": row["draw"], "text": text}
            file.write(orjson.dumps(said, option=orjson.OPT_APPEND_NEWLINE))


def test_a_foreign_program_gets_the_numbers_of_the_built_in_responder(tmp_path: Path) -> None:
    data = ["--data", f"folder={SKETCHES}", "--cluster", "patient"]
    assert exit_code(["plan", "folder", *data, "--write", str(tmp_path / "plan")]) == 0
    rows = rows_of(tmp_path / "plan" / "requests.jsonl")
    assert all(row["role"] == "answer" for row in rows)
    answer(rows, tmp_path / "answers.jsonl", "no")
    replayed = ["--model", f"replay/{tmp_path / 'answers.jsonl'}", "--out", str(tmp_path / "a")]
    assert exit_code(["run", "folder", *data, *replayed, "--json"]) == 0
    constant = ["--model", "simulated/constant", "-M", "answer=no", "--out", str(tmp_path / "b")]
    assert exit_code(["run", "folder", *data, *constant, "--json"]) == 0
    one, two = load_run(tmp_path / "a").estimates, load_run(tmp_path / "b").estimates
    assert one.drop("model").equals(two.drop("model"))


def test_planned_images_are_files_that_are_there(tmp_path: Path) -> None:
    data = ["--data", f"folder={SKETCHES}", "--limit", "5"]
    assert exit_code(["plan", "folder", *data, "--write", str(tmp_path)]) == 0
    blanked = 0
    for row in rows_of(tmp_path / "requests.jsonl"):
        messages = row["messages"]
        assert isinstance(messages, list)
        for part in messages[0]["content"]:
            if part["type"] == "image":
                path = Path(part["image"])
                assert (path if path.is_absolute() else tmp_path / path).is_file()
                blanked += part["key"].startswith("blank:")
    assert blanked


def open_questions(folder: Path) -> Path:
    lines = [
        {"id": f"o{number}", "question": "What is drawn?", "answer": f"thing {number}",
         "image": f"images/p{number:02}.png", "kind": "open"}
        for number in range(6)
    ]  # fmt: skip
    path = folder / "questions.jsonl"
    path.write_bytes(b"\n".join(orjson.dumps(line) for line in lines))
    return path


def test_a_judged_task_takes_two_rounds(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    questions = open_questions(tmp_path)
    data = ["--data", f"folder={questions}", "--images", f"folder={SKETCHES}"]
    model_file, judge_file = tmp_path / "model.jsonl", tmp_path / "judge.jsonl"
    both = ["--model", f"replay/{model_file}", "--judge", f"replay/{judge_file}"]
    command = ["run", "folder", *data, *both, "--out", str(tmp_path / "run"), "--json"]

    assert exit_code(command) == 3
    assert "6 requests are still to be answered" in capsys.readouterr().err
    first = rows_of(tmp_path / "run" / "next" / "requests.jsonl")
    assert {row["respondent"] for row in first} == {"model"}
    answer(first, model_file, "A thing.")

    assert exit_code(command) == 3
    second = rows_of(tmp_path / "run" / "next" / "requests.jsonl")
    assert {row["respondent"] for row in second} == {"judge"}
    assert len(second) == 6
    answer(second, judge_file, "7")

    assert exit_code(command) == 0
    run = load_run(tmp_path / "run")
    score = run.estimates.filter(pl.col("metric") == "judge_score").row(0, named=True)
    assert score["value"] == pytest.approx(0.7)
    assert score["n"] == 6
    assert run.left is None
    assert not (tmp_path / "run" / "next" / "requests.jsonl").exists()


def test_a_row_taken_out_of_the_file_later_is_still_kept(tmp_path: Path) -> None:
    data = ["--data", f"folder={SKETCHES}", "--condition", "clean", "--limit", "4"]
    assert exit_code(["plan", "folder", *data, "--write", str(tmp_path / "plan")]) == 0
    answers = tmp_path / "answers.jsonl"
    answer(rows_of(tmp_path / "plan" / "requests.jsonl"), answers, "no")
    command = ["run", "folder", *data, "--model", f"replay/{answers}", "--out", str(tmp_path / "r")]
    assert exit_code(command) == 0
    before = load_run(tmp_path / "r").scores
    answers.write_bytes(b"".join(answers.read_bytes().splitlines(keepends=True)[1:]))
    assert exit_code(command) == 0
    assert load_run(tmp_path / "r").scores.equals(before)
