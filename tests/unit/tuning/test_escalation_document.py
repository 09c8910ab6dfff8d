"""The Python of docs/escalation.md runs, on a policy like the one it speaks of."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Final

from medtrust.assembly import digest
from medtrust.suites.clinical_ue.uncertainty import PROMPTS
from medtrust.tuning.cases import TASK
from medtrust.tuning.escalation import calibrate
from parts.escalation_worlds import World, write_run

DOCUMENT: Final = Path(__file__).resolve().parents[3] / "docs" / "escalation.md"


def test_the_python_of_the_document_runs_as_it_stands(tmp_path: Path) -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    code = "\n".join(re.findall(r"^```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL))
    (model_id,) = re.findall(r'"model_id": "(.*)"', code)
    run = write_run(
        tmp_path / "run",
        World(estimators=("p_true", "sequence_probability")),
        model_ids={"model": model_id},
        prompts={TASK: {name: digest(words) for name, words in PROMPTS.items()}},
    )
    policy = calibrate(run, site="demo").policy
    assert policy is not None
    assert policy.estimator == "p_true"
    policy.save(tmp_path / "policy.json")
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("answer Certain enough: uncertainty p_true (1 - probability of")
