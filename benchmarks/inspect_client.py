"""The same questions through inspect_ai: planned, asked, logged and scored.

inspect_ai is no dependency of this project. Make an environment for it elsewhere, and name its
Python to `ask.py --inspect-python`:

    python -m venv FOLDER && FOLDER/bin/pip install inspect_ai openai numpy pillow orjson
    FOLDER/bin/python benchmarks/inspect_client.py QUESTIONS --port 8111
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

NOT_INSTALLED = 4


def make_samples(folder: Path) -> list[Any]:
    from inspect_ai.dataset import Sample
    from inspect_ai.model import ChatMessageUser, ContentImage, ContentText

    with (folder / "questions.jsonl").open() as file:
        rows = [json.loads(line) for line in file]
    return [
        Sample(
            id=row["question_id"],
            input=[
                ChatMessageUser(
                    content=[
                        ContentImage(image=str(folder / row["image"])),
                        ContentText(text=row["text"]),
                    ]
                )
            ],
            target=row["gt"].partition(":")[0],
        )
        for row in rows
    ]


def ask_all(folder: Path, port: int, concurrency: int, log_folder: str) -> int:
    """Evaluate every question; the number of samples that were scored."""
    from inspect_ai import Task, eval  # noqa: A004 - the library's own name
    from inspect_ai.dataset import MemoryDataset
    from inspect_ai.model import GenerateConfig, get_model
    from inspect_ai.scorer import match
    from inspect_ai.solver import generate

    model = get_model(
        "openai/stub",
        base_url=f"http://127.0.0.1:{port}/v1",
        api_key="none",
        responses_api=False,
        config=GenerateConfig(max_tokens=8, temperature=0, max_connections=concurrency),
    )
    task = Task(
        dataset=MemoryDataset(make_samples(folder)),
        solver=generate(),
        scorer=match(location="begin"),
    )
    (log,) = eval(
        task,
        model=model,
        display="none",
        log_dir=log_folder,
        log_images=False,
        log_realtime=False,
        score_display=False,
        max_samples=concurrency,
    )
    if log.status != "success":
        raise RuntimeError(f"inspect_ai ended with {log.status}: {log.error}")
    return log.results.completed_samples if log.results else 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--concurrency", type=int, default=64)
    arguments = parser.parse_args()
    try:
        import inspect_ai  # noqa: F401
    except ModuleNotFoundError:
        print(f"inspect_ai is not installed for {sys.executable}", file=sys.stderr)
        return NOT_INSTALLED
    with tempfile.TemporaryDirectory() as log_folder:
        cpu, wall = time.process_time(), time.perf_counter()
        answered = ask_all(
            arguments.folder.resolve(), arguments.port, arguments.concurrency, log_folder
        )
        result = {
            "answered": answered,
            "work_cpu_s": time.process_time() - cpu,
            "work_wall_s": time.perf_counter() - wall,
        }
    print(json.dumps(result))
    return 0


if __name__ == "__main__":
    sys.exit(main())
