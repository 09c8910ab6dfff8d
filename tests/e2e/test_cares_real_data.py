"""CARES factuality over all published questions at hand; no image is needed.

Source of the expected counts: the published files at commit a743fe0, and the released yes/no
parser (1,886 of 2,573 IU-Xray golds read as no).
"""

from __future__ import annotations

from pathlib import Path

import orjson
import polars as pl
import pytest

from medtrust.cli.main import exit_code
from medtrust.run import Run, load_run


def constant(shared: Path, out: Path, *options: str) -> Run:
    data = ["--data", f"cares={shared / 'data' / 'cares'}", "--out", str(out), "--json"]
    command = ["run", "cares/factuality", "--model", "simulated/constant", *options, *data]
    assert exit_code(command) == 0
    return load_run(out)


def accuracy(run: Run, dataset: str, reading: str, condition: str = "") -> dict[str, object]:
    chosen = run.estimates.filter(
        (pl.col("metric") == "accuracy")
        & (pl.col("group") == f"dataset={dataset}")
        & (pl.col("reading") == reading)
        & (pl.col("condition") == condition)
    )
    assert chosen.height == 1
    return chosen.row(0, named=True)


@pytest.fixture(scope="module")
def always_no(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    return constant(shared, tmp_path_factory.mktemp("no"), "-M", "answer=no")


def test_constant_no_on_iu_xray_in_the_official_reading(always_no: Run) -> None:
    row = accuracy(always_no, "IU-Xray", "official")
    assert row["n"] == 2573
    assert row["value"] == pytest.approx(1886 / 2573)
    assert round(float(str(row["value"])), 4) == 0.7330


def test_constant_yes_on_iu_xray_in_the_official_reading(shared: Path, tmp_path: Path) -> None:
    run = constant(shared, tmp_path, "-M", "answer=yes", "--where", "dataset=IU-Xray")
    row = accuracy(run, "IU-Xray", "official")
    assert row["value"] == pytest.approx(687 / 2573)
    assert round(float(str(row["value"])), 4) == 0.2670


def test_the_corrected_reading_leaves_out_golds_that_say_nothing(always_no: Run) -> None:
    row = accuracy(always_no, "IU-Xray", "corrected")
    counts = orjson.loads(str(row["counts"]))
    left_out = sum(n for status, n in counts.items() if status.startswith("missing:gold-"))
    assert left_out == 176
    assert row["n"] == 2573 - left_out
    assert row["value"] == pytest.approx(1763 / 2397)


def test_the_majority_baseline_equals_the_constant_that_reaches_it(always_no: Run) -> None:
    baseline = always_no.estimates.filter(
        (pl.col("metric") == "majority_baseline")
        & (pl.col("group") == "dataset=IU-Xray")
        & (pl.col("reading") == "official")
    ).row(0, named=True)
    assert baseline["value"] == accuracy(always_no, "IU-Xray", "official")["value"]


def test_there_is_no_official_value_where_the_released_script_stops(always_no: Run) -> None:
    row = accuracy(always_no, "HAM10000", "official")
    assert row["value"] is None
    assert "released-script-stops" in str(row["counts"])


def test_ol3i_is_confounded_with_position_until_options_are_shuffled(
    shared: Path, tmp_path: Path
) -> None:
    run = constant(shared, tmp_path, "-M", "option=second", "--where", "dataset=OL3I")
    assert accuracy(run, "OL3I", "corrected")["value"] == pytest.approx(0.953)
    shuffled = accuracy(run, "OL3I", "corrected", "options=shuffled")
    assert float(str(shuffled["low"])) < 0.5 < float(str(shuffled["high"]))
    assert shuffled["n"] == 1000


def test_published_wording_makes_the_official_reading_comparable(
    shared: Path, tmp_path: Path
) -> None:
    folder = str(shared / "data" / "cares")
    run = constant(shared, tmp_path, "-M", "answer=no", "--official", f"cares={folder}",
                   "--condition", "clean")  # fmt: skip
    row = accuracy(run, "IU-Xray", "official")
    assert row["prompts"] == "official@a743fe0"
    assert row["comparable"] == "yes"
    assert row["value"] == pytest.approx(1886 / 2573)


def test_gated_sets_do_not_go_to_a_hosted_model(
    shared: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["run", "cares", "--model", "openai/m", "--base-url", "https://api.example.org/v1",
               "--data", f"cares={shared / 'data' / 'cares'}", "--out", str(tmp_path)]  # fmt: skip
    assert exit_code(command) == 2
    said = capsys.readouterr().err
    assert "OL3I" in said
    assert "IU-Xray" not in said


def test_open_questions_are_judged_when_there_is_a_judge(shared: Path, tmp_path: Path) -> None:
    command = ["run", "cares/factuality", "--model", "simulated/planted", "-M", "accuracy=0.7",
               "--judge", "simulated/judge", "--where", "dataset=Harvard-FairVLMed", "--json",
               "--data", f"cares={shared / 'data' / 'cares'}", "--out", str(tmp_path)]  # fmt: skip
    assert exit_code(command) == 0
    scores = load_run(tmp_path).estimates.filter(pl.col("metric") == "judge_score")
    corrected = scores.filter(pl.col("reading") == "corrected").row(0, named=True)
    expected = 0.7 * 0.9 + 0.3 * 0.3
    assert corrected["n"] == 2838
    assert corrected["low"] < expected < corrected["high"]


def test_released_answer_files_are_scored_again(shared: Path, tmp_path: Path) -> None:
    data = f"cares={shared / 'data' / 'cares'}"
    answers, replay = tmp_path / "answers.jsonl", tmp_path / "replay.jsonl"
    answers.write_text('{"question_id": 0, "text": "No"}\n' * 2573)
    assert exit_code(["data", "import", str(answers), "--file", "iuxray_factuality",
                      "--write", str(replay), "--data", data]) == 0  # fmt: skip
    out = tmp_path / "run"
    model = ["--model", f"replay/{replay}", "-M", "model=theirs"]
    chosen = ["--condition", "clean", "--where", "dataset=IU-Xray", "--data", data]
    assert exit_code(["run", "cares/factuality", *model, *chosen, "--out", str(out), "--json"]) == 0
    assert accuracy(load_run(out), "IU-Xray", "official")["value"] == pytest.approx(1886 / 2573)


def test_an_answer_file_of_another_length_is_refused(
    shared: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    answers = tmp_path / "answers.jsonl"
    answers.write_text('{"text": "No"}\n' * 2572)
    data = ["--data", f"cares={shared / 'data' / 'cares'}"]
    written = ["--write", str(tmp_path / "replay.jsonl")]
    code = exit_code(
        ["data", "import", str(answers), "--file", "iuxray_factuality", *written, *data]
    )
    assert code == 2
    assert "2572 answers" in capsys.readouterr().err


def test_the_census_finds_the_published_counts(
    shared: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = f"cares={shared / 'data' / 'cares'}"
    assert exit_code(["data", "census", "--data", data, "--json"]) == 0
    rows = orjson.loads(capsys.readouterr().out)
    found = [row for row in rows if row["found"] is not None and row["published"] is not None]
    assert len(found) > 50
    assert all(row["found"] == row["published"] for row in found)


def test_missing_images_are_listed(shared: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = f"cares={shared / 'data' / 'cares'}"
    assert exit_code(["data", "check", "--data", data]) == 0
    assert "cares: 3300 images are missing." in capsys.readouterr().out


def test_an_import_that_fails_spares_the_file_it_would_write(shared: Path, tmp_path: Path) -> None:
    answers = tmp_path / "answers.jsonl"
    answers.write_text('{"text": "No"}\n' * 3)
    data = ["--data", f"cares={shared / 'data' / 'cares'}", "--write", str(answers)]
    command = ["data", "import", str(answers), "--file", "iuxray_factuality"]
    assert exit_code([*command, *data]) == 2
    assert answers.read_text() == '{"text": "No"}\n' * 3
