"""The recipe of docs/models.md for models with a stack of their own, as it stands there."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

from medtrust.run import evaluate, plan

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "models.md"
QUESTIONS: dict[str, Any] = {
    "tasks": ["phantom"],
    "data": {"phantom": Path("images=3,questions=4,pairs=1")},
}
INFERENCE = (
    '    raise NotImplementedError("the model\'s own inference: greedy, one answer as text")'
)
LOOKS = """
    assert max_tokens > 0 and text
    assert all(Path(image).stat().st_size for image in images)
    return "Yes" if "yes or no" in text else "A"
"""


def answer(folder: Path) -> subprocess.CompletedProcess[str]:
    """Run the script of the document with an inference filled in."""
    (script,) = re.findall(r"^```python\n(.*?)^```", DOCUMENT.read_text("utf-8"), re.M | re.S)
    assert INFERENCE in script
    (folder / "answer.py").write_text(script.replace(INFERENCE, LOOKS), "utf-8")
    return subprocess.run(
        [sys.executable, "answer.py", "plan", "answers.jsonl"],
        cwd=folder, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_the_recipe_answers_a_written_plan_and_goes_on_where_it_stopped(tmp_path: Path) -> None:
    plan(**QUESTIONS, model="replay/none.jsonl", write=tmp_path / "plan", out=tmp_path / "run")
    rows = (tmp_path / "plan" / "requests.jsonl").read_text("utf-8").splitlines()[1:]
    assert len(rows) > 10
    assert answer(tmp_path).returncode == 0, answer(tmp_path).stderr
    answers = tmp_path / "answers.jsonl"
    whole = answers.read_text("utf-8")
    assert len(whole.splitlines()) == len(rows)
    answers.write_text("".join(whole.splitlines(keepends=True)[:5]), "utf-8")
    assert answer(tmp_path).returncode == 0
    assert answers.read_text("utf-8") == whole

    run = evaluate(
        **QUESTIONS, model=f"replay/{answers}", model_options={"model": "old"}, out=tmp_path / "run"
    )
    assert run.left is None
    found = run.estimates.filter(metric="accuracy", task="phantom/factuality", condition="")
    assert found.height > 0
    asked = {json.loads(row)["request_id"] for row in rows}
    assert asked == set(run.requests.get_column("request_id"))
