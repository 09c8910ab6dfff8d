"""The embedded model from a cold start to the finished report, and what sharing prefill saves it.

The whole command runs as a user types it, in a process of its own: `medtrust run`, no server, no
network. A second run takes `-M path=plain`, where transformers' own `generate` answers each
request by itself. Stages are CPU seconds; imports and weights are measured in processes that do
nothing else.

    python benchmarks/local.py
    python benchmarks/local.py --model hf/FOLDER        another small image-text model
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import product
from measured_child import Cost, run_measured
from results_table import machine_line, print_table, verdict

LIMIT_S = 180
SETTINGS = ("-M", "threads=1", "-M", "batch=256")  # what the embedded model takes by itself
PATHS = ("auto", "plain")
IMPORT_AND_LOAD = """
import sys, time
began = time.process_time()
from pathlib import Path
from transformers import AutoModelForCausalLM, AutoModelForImageTextToText, AutoProcessor
from medtrust.models.hf.loading import load
from medtrust.models.hf.options import LocalOptions
from medtrust.models.hf.runtime import Runtime
imported = time.process_time()
import torch
torch.set_num_threads(1)
options = LocalOptions()
Runtime(load(Path(sys.argv[1]), options, "cpu", "float32"), options, "")
print(imported - began, time.process_time() - imported)
"""


@dataclass(frozen=True)
class Whole:
    """One run of the command, with what it wrote down."""

    cost: Cost
    manifest: dict[str, Any]

    @property
    def answers(self) -> int:
        return int(self.manifest["counts"]["answers"])

    @property
    def work(self) -> dict[str, int]:
        counts: dict[str, int] = self.manifest["counts"]["work"]["model"]
        return counts

    def stage(self, *names: str) -> float:
        return float(sum(self.manifest["cpu_s"][name] for name in names))


def run_whole(model: str, path: str) -> Whole:
    with tempfile.TemporaryDirectory() as out:
        line = [*product.command(), "run", "--model", model, *SETTINGS, "-M", f"path={path}"]
        cost = run_measured([*line, "--out", out])
        return Whole(cost, json.loads((Path(out) / "manifest.json").read_text()))


def imports_and_weights(weights: str, rounds: int) -> tuple[float, float]:
    """CPU seconds of the imports, and of loading the model and trying its paths; middle ones."""
    line = [sys.executable, "-c", IMPORT_AND_LOAD, weights]
    told = [run_measured(line).output.split()[-2:] for _ in range(rounds)]
    imports, loads = zip(*((float(a), float(b)) for a, b in told), strict=True)
    return statistics.median(imports), statistics.median(loads)


def weights_of(model: str) -> str:
    from medtrust.models.phantom.model import WEIGHTS

    return str(WEIGHTS) if model == "phantom" else model.removeprefix("hf/")


def print_paths(found: dict[str, list[Whole]]) -> None:
    shared = found["auto"][0].work
    reference = middle(found["auto"], lambda whole: whole.cost.cpu_s)
    rows = []
    for path, runs in found.items():
        work, cpu_s = runs[0].work, middle(runs, lambda whole: whole.cost.cpu_s)
        wall_s = middle(runs, lambda whole: whole.cost.wall_s)
        rows.append(
            [
                {"auto": "shared prefill", "plain": "-M path=plain"}[path],
                f"{work['token_positions'] / shared['token_positions']:.2f}",
                f"{cpu_s / reference:.2f}",
                f"{work['token_positions']:,} + {work['padding_positions']:,}",
                f"{work['forward_calls']:,}",
                f"{work['image_encodes']:,}",
                f"{cpu_s:.1f}",
                f"{wall_s:.1f}",
                f"{runs[0].answers / wall_s:.0f}",
                f"{middle(runs, lambda whole: whole.cost.peak_mb):.0f}",
            ]
        )
    print_table(
        [
            "path", "positions, ratio", "CPU, ratio", "positions + padding", "calls",
            "image encodes", "CPU s", "wall s", "answers/s", "peak MB",
        ],
        rows,
    )  # fmt: skip


def print_stages(runs: Sequence[Whole], weights: str) -> None:
    imports, loading = imports_and_weights(weights, len(runs))
    whole_s = middle(runs, lambda whole: whole.cost.cpu_s)
    asked = middle(runs, lambda whole: whole.stage("load", "ask"))
    measured = middle(runs, lambda whole: whole.stage("measure"))
    stages = {
        "importing torch and transformers": imports,
        "weights, and trying the paths": loading,
        "samples, planning, asking, storing": asked - imports - loading,
        "measuring": measured,
        "start of the command, report, output": whole_s - asked - measured,
    }
    rows = [[name, f"{s / whole_s:.2f}", f"{s:.1f}"] for name, s in stages.items()]
    print_table(["stage", "share", "CPU s"], rows)


def middle(runs: Sequence[Whole], read: Any) -> float:
    return float(statistics.median(read(each) for each in runs))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="phantom")
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    weights = weights_of(arguments.model)
    if not Path(weights).is_dir():
        sys.exit(f"There are no weights in {weights}: name another model with --model hf/FOLDER.")
    print(machine_line(), "\n")
    found: dict[str, list[Whole]] = {path: [] for path in PATHS}
    for number in range(arguments.rounds):
        for path, runs in found.items():
            print(f"round {number + 1} of {arguments.rounds}: {path}", file=sys.stderr, flush=True)
            runs.append(run_whole(arguments.model, path))
    print_paths(found)
    print_stages(found["auto"], weights)
    answers = found["auto"][0].answers
    wall_s = middle(found["auto"], lambda whole: whole.cost.wall_s)
    print(verdict(f"cold start to report, {answers:,} answers", wall_s, LIMIT_S, "s wall"))


if __name__ == "__main__":
    main()
