"""How the benchmarks start medtrust: as a user does, in a process of its own."""

from __future__ import annotations

import importlib.util
import json
import sqlite3
import sys
from pathlib import Path


def command() -> list[str]:
    """The installed `medtrust` of this interpreter."""
    script = Path(sys.executable).with_name("medtrust")
    if script.exists():
        return [str(script)]
    if importlib.util.find_spec("medtrust") is None:
        raise SystemExit("medtrust is not installed for this Python: pip install -e .")
    return [sys.executable, "-c", "from medtrust.cli.main import main; main()"]


def ask_folder(questions: Path, port: int, concurrency: int, out: Path) -> list[str]:
    """The command that asks a folder's questions of the stub server and keeps everything."""
    return [
        *command(),
        *("run", "folder", "--data", f"folder={questions / 'questions.jsonl'}"),
        *("--column", "answer=gt", "--group", "sex", "--cluster", "patient_hash"),
        *("--condition", "clean"),  # one request a question, as every other client sends
        *("--model", "openai/stub", "--base-url", f"http://127.0.0.1:{port}/v1"),
        *("--concurrency", str(concurrency), "--out", str(out)),
    ]


def cpu_by_stage(out: Path) -> dict[str, float]:
    """CPU seconds of loading, asking and measuring, as the run noted them itself."""
    stages: dict[str, float] = json.loads((out / "manifest.json").read_text())["cpu_s"]
    return stages


def stored_answers(out: Path) -> int:
    """How many answers a run really keeps: counted in its store, not taken from its words."""
    with sqlite3.connect(out / "answers.sqlite") as store:
        (count,) = store.execute("SELECT count(*) FROM answers").fetchone()
    return int(count)
