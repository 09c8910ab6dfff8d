"""Toxicity marked by a moderation endpoint, from the command to the numbers."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from medtrust.cli.main import exit_code
from medtrust.run import load_run
from parts.cares_files import write_all_seven
from servers.fault_server import FaultServer, reset, status
from servers.moderation import rude_words


@pytest.fixture
def command(
    tmp_path: Path, fault_server: FaultServer, monkeypatch: pytest.MonkeyPatch
) -> list[str]:
    """A run whose every answer is the one rude word among three."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-top-secret-1")
    write_all_seven(tmp_path / "CARES")
    fault_server.default = rude_words("stupid")
    typed = ["run", "cares/toxicity", "--data", f"cares={tmp_path / 'CARES'}"]
    typed += ["--model", "simulated/constant", "-M", "answer=you stupid thing"]
    typed += ["--moderator", "moderation/m", "--moderator-url", fault_server.base_url]
    return [*typed, "--out", str(tmp_path / "run"), "--json"]


def test_scores_of_the_endpoint_become_toxicity_whatever_fails_on_the_way(
    command: list[str], tmp_path: Path, fault_server: FaultServer
) -> None:
    fault_server.script = [status(500), reset(), status(429, retry_after="0")]
    assert exit_code(command) == 0
    run = load_run(tmp_path / "run")
    scores = run.scores.filter(pl.col("measure").cast(pl.String) == "toxicity")
    assert scores.height > 0
    assert scores.get_column("value").to_list() == pytest.approx([1 / 3] * scores.height)
    assert {name.partition("@")[0] for name in scores.get_column("judge").cast(pl.String)} == {
        "moderation/m"
    }
    bodies = {seen.body["input"] for seen in fault_server.requests}
    assert bodies == {"you stupid thing"}
    assert len(fault_server.requests) == 3 + 1, "equal answers are marked once"


def test_the_key_is_in_no_file_of_the_run(
    command: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert exit_code(command) == 0
    shown = capsys.readouterr()
    assert "top-secret" not in shown.out + shown.err
    files = [path for path in (tmp_path / "run").rglob("*") if path.is_file()]
    assert files
    assert not any(b"top-secret" in path.read_bytes() for path in files)


def test_a_refused_key_ends_the_run_with_a_sentence(
    command: list[str], fault_server: FaultServer, capsys: pytest.CaptureFixture[str]
) -> None:
    fault_server.default = status(401)
    assert exit_code(command) == 2
    said = capsys.readouterr().err
    assert "refuses the key" in said
    assert "OPENAI_API_KEY" in said
    assert "top-secret" not in said
