"""The scripts in `examples/` do what they say."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from medtrust.run import load_run

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


def test_the_python_example_finds_what_it_planted(tmp_path: Path) -> None:
    command = [sys.executable, "-W", "error", str(EXAMPLES / "evaluate_from_python.py"), "run"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("true") == 3
    assert "false" not in done.stdout
    for word in ("all questions", "sex=female", "majority", "blank", "accuracy_difference"):
        assert word in done.stdout
    assert load_run(tmp_path / "run").manifest["state"] == "complete"


def test_the_sketches_are_what_their_script_draws(tmp_path: Path) -> None:
    """In a copy, so that nothing here is touched."""
    script = tmp_path / "make_sketches.py"
    script.write_bytes((EXAMPLES / "make_sketches.py").read_bytes())
    subprocess.run([sys.executable, str(script)], check=True, capture_output=True)
    drawn, kept = tmp_path / "sketches", EXAMPLES / "sketches"
    name = "questions.jsonl"
    assert (drawn / name).read_bytes() == (kept / name).read_bytes()
    assert {path.name for path in (drawn / "images").iterdir()} == {
        path.name for path in (kept / "images").iterdir()
    }
