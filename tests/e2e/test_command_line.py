"""The command line on the project's own sketches: what people type, and what comes of it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import orjson
import polars as pl
import pytest

from medtrust.cli.main import exit_code
from medtrust.run import load_run
from servers.fault_server import FaultServer, status

SKETCHES = Path(__file__).resolve().parents[2] / "examples" / "sketches"
RUN = ["run", "folder", "--data", f"folder={SKETCHES}", "--cluster", "patient", "--group", "sex"]
PLANTED = ["--model", "simulated/planted", "-M", "accuracy=0.85"]


def test_a_run_prints_a_table_and_leaves_all_its_files(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert exit_code([*RUN, *PLANTED, "--out", str(tmp_path)]) == 0
    assert "folder/factuality" in capsys.readouterr().out
    for name in (
        "manifest.json", "answers.sqlite", "requests.parquet", "samples.parquet",
        "scores.parquet", "estimates.parquet", "estimates.json", "report.html",
    ):  # fmt: skip
        assert (tmp_path / name).stat().st_size > 0, name
    assert not list(tmp_path.glob("*.part"))
    assert not (tmp_path / "answers.sqlite-wal").exists()


def test_a_planted_gap_and_accuracy_are_found(tmp_path: Path) -> None:
    options = [*PLANTED, "-M", "gap=sex:female:-0.4", "--out", str(tmp_path), "--json"]
    assert exit_code([*RUN, *options]) == 0
    estimates = load_run(tmp_path).estimates
    difference = estimates.filter(pl.col("metric") == "accuracy_difference").row(0, named=True)
    assert difference["group"] == "sex=female-male"
    assert difference["high"] < 0
    assert difference["low"] < -0.4 < difference["high"]


def test_the_same_command_resumes_and_changes_nothing(tmp_path: Path) -> None:
    command = [*RUN, *PLANTED, "--out", str(tmp_path), "--json"]
    assert exit_code(command) == 0
    first = load_run(tmp_path)
    before = first.estimates
    assert exit_code(command) == 0
    assert load_run(tmp_path).estimates.equals(before)


def test_another_plan_in_the_same_folder_is_refused_and_says_what_differs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert exit_code([*RUN, *PLANTED, "--out", str(tmp_path), "--json"]) == 0
    capsys.readouterr()
    assert exit_code([*RUN, *PLANTED, "--out", str(tmp_path), "--seed", "5"]) == 2
    said = capsys.readouterr().err
    assert "seed" in said
    assert "--out" in said


def test_scoring_again_asks_nothing_and_gives_the_same_numbers(tmp_path: Path) -> None:
    assert exit_code([*RUN, *PLANTED, "--out", str(tmp_path), "--json"]) == 0
    before = load_run(tmp_path).estimates
    assert exit_code(["score", str(tmp_path)]) == 0
    assert load_run(tmp_path).estimates.equals(before)


@pytest.mark.parametrize("form", ["md", "json", "csv", "html"])
def test_a_report_in_every_format(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], form: str
) -> None:
    assert exit_code([*RUN, *PLANTED, "--out", str(tmp_path), "--json"]) == 0
    capsys.readouterr()
    assert exit_code(["report", str(tmp_path), "--format", form]) == 0
    said = capsys.readouterr().out
    assert said.strip()
    if form == "json":
        rows = orjson.loads(said)
        assert {"task", "metric", "value", "low", "high", "n", "counts"} <= set(rows[0])


def test_settings_can_come_from_a_file(tmp_path: Path) -> None:
    config = tmp_path / "run.toml"
    config.write_text(
        f'tasks = ["folder"]\nmodel = "simulated/constant"\ncluster = "patient"\n'
        f'[data]\nfolder = "{SKETCHES}"\n[model_options]\nanswer = "no"\n'
    )
    out = tmp_path / "out"
    assert exit_code(["run", "--config", str(config), "--out", str(out), "--json"]) == 0
    assert load_run(out).manifest["model_ids"]["model"].startswith("simulated/constant@1?answer=no")


def test_plan_counts_what_is_shared_without_asking(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["plan", *RUN[1:], "--json", "--out", str(tmp_path / "run")]
    assert exit_code(command) == 0
    found = orjson.loads(capsys.readouterr().out)
    assert found["naive"] == 60 + 60 + 60 + 60 + 60
    assert found["unique"] < found["naive"]
    assert not (tmp_path / "run").exists()


BAD = {
    "unknown task": (["run", "folder/factualty", *RUN[2:], *PLANTED], "folder/factuality"),
    "unknown suite": (["run", "cars", *RUN[2:], *PLANTED], "cares"),
    "unknown provider": ([*RUN, "--model", "opnai/x"], "openai"),
    "no provider": ([*RUN, "--model", "gpt"], "PROVIDER/NAME"),
    "unknown responder": ([*RUN, "--model", "simulated/constnt"], "constant"),
    "unknown model option": ([*RUN, *PLANTED, "-M", "accurcy=1"], "accuracy"),
    "option out of range": ([*RUN, *PLANTED, "-M", "refusal=7"], "refusal"),
    "unknown option": ([*RUN, *PLANTED, "--concurency", "3"], "--concurrency"),
    "unknown command": (["rnu"], "run"),
    "no data": (["run", "cares", *PLANTED], "--data cares=DIR"),
    "absent file": (["run", "folder", "--data", "folder=/no/such", *PLANTED], "/no/such"),
    "unknown data": ([*RUN, *PLANTED, "--data", "carse=."], "cares"),
    "not a pair": (["run", "folder", "--data", "folder", *PLANTED], "NAME=PATH"),
    "unknown column": ([*RUN, *PLANTED, "--group", "sexx"], "sex"),
    "unknown condition": ([*RUN, *PLANTED, "--condition", "image=blnk"], "image=blank"),
    "bad concurrency": ([*RUN, *PLANTED, "--concurrency", "0"], "concurrency"),
    "bad retry": ([*RUN, *PLANTED, "--retry", "sometimes"], "retry"),
    "unknown where": ([*RUN, *PLANTED, "--where", "viw=front"], "view"),
    "unknown where value": ([*RUN, *PLANTED, "--where", "sex=femal"], "female"),
    "no run": (["score", "/no/such"], "/no/such"),
    "no run to report": (["report", "/no/such"], "/no/such"),
    "openai without a server": ([*RUN, "--model", "openai/x"], "--base-url"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_gets_one_sentence_with_the_way_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    command, way_out = BAD[name]
    if command[0] == "run":
        command = [*command, "--out", str(tmp_path / "out")]
    assert exit_code(command) == 2
    said = capsys.readouterr().err
    assert way_out in said
    assert "Traceback" not in said
    assert len(said.strip().splitlines()) == 1


def test_protected_data_is_not_sent_to_a_hosted_model(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hosted = ["--model", "openai/m", "--base-url", "https://api.example.org/v1"]
    assert exit_code([*RUN, *hosted, "--out", str(tmp_path / "out")]) == 2
    said = capsys.readouterr().err
    assert "api.example.org" in said
    assert "--allow-host" in said
    assert not (tmp_path / "out").exists()


def test_the_installed_command_answers_for_its_version_and_names() -> None:
    command = [sys.executable, "-m", "medtrust.cli.main"]
    shown = subprocess.run([*command, "list"], capture_output=True, text=True, check=True)
    assert "cares/factuality" in shown.stdout
    version = subprocess.run([*command, "--version"], capture_output=True, text=True, check=True)
    assert version.stdout.startswith("medtrust ")


def test_help_imports_no_heavy_library() -> None:
    script = (
        "import sys; from medtrust.cli.main import exit_code; exit_code(['--help']); "
        "heavy = {'torch', 'transformers', 'scipy', 'polars', 'numpy', 'pydantic', 'aiohttp', "
        "'PIL'} & set(sys.modules); sys.exit(', '.join(sorted(heavy)) or 0)"
    )
    shown = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    assert shown.returncode == 0, shown.stderr


def test_a_server_that_refuses_every_request_is_a_mistake_to_mend(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], fault_server: FaultServer
) -> None:
    fault_server.default = status(400)
    model = ["--model", "openai/nobody", "--base-url", fault_server.base_url]
    assert exit_code([*RUN, *model, "--out", str(tmp_path)]) == 2
    said = capsys.readouterr().err
    assert "No request was answered (http-400" in said
    assert "medtrust doctor" in said
    run = load_run(tmp_path)
    assert run.manifest["state"] == "incomplete"
    assert run.estimates.filter(pl.col("metric") == "accuracy").get_column("n").sum() == 0


def test_a_config_file_may_write_numbers_and_options_typed_beside_it_are_added(
    tmp_path: Path,
) -> None:
    config = tmp_path / "run.toml"
    config.write_text("[model_options]\naccuracy = 0.7\n")
    out = ["--out", str(tmp_path / "out"), "--json"]
    planted = ["--config", str(config), "--model", "simulated/planted", "-M", "refusal=0.1"]
    assert exit_code([*RUN, *planted, *out]) == 0
    model_id = load_run(tmp_path / "out").manifest["model_ids"]["model"]
    assert model_id == "simulated/planted@1?accuracy=0.7&refusal=0.1&seed=0"


def test_columns_can_be_named_when_data_is_checked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = tmp_path / "fragen.csv"
    table.write_text("Nummer,Frage,Antwort,Bild\n1,Is it there?,yes,absent.png\n")
    roles = {"id": "Nummer", "question": "Frage", "answer": "Antwort", "image": "Bild"}
    columns = [f"--column={role}={name}" for role, name in roles.items()]
    assert exit_code(["data", "check", "--data", f"folder={table}", *columns]) == 0
    said = capsys.readouterr().out
    assert "absent.png" in said
    assert "folder: 1 images are missing." in said


def test_answers_that_were_asked_again_are_said_from_then_on(tmp_path: Path) -> None:
    command = [*RUN, *PLANTED, "-M", "refusal=0.3", "--out", str(tmp_path), "--json"]
    assert exit_code(command) == 0
    assert not any("asked again" in note for note in load_run(tmp_path).manifest["notes"])
    assert exit_code([*command, "--retry", "refused"]) == 0
    assert exit_code(command) == 0
    assert any("asked again (--retry)" in note for note in load_run(tmp_path).manifest["notes"])


def test_few_requests_that_fail_for_now_leave_the_work(
    tmp_path: Path, fault_server: FaultServer
) -> None:
    fault_server.default = status(503)
    model = ["--model", "openai/m", "--base-url", fault_server.base_url, "--limit", "1"]
    one = ["--condition", "clean", "--out", str(tmp_path)]
    assert exit_code([*RUN, *model, *one]) == 3


def test_a_place_nobody_can_write_to_is_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    assert exit_code(["plan", *RUN[1:], "--write", str(tmp_path / "file")]) == 2
    said = capsys.readouterr().err
    assert "Traceback" not in said
    assert "file" in said
