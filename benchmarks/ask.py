"""Asking a server: CPU a request of medtrust, beside bare clients and inspect_ai, in one run.

Everything runs against one stub server, each client in a process of its own, the clients taking
turns so that a slow minute of the machine hits all of them. The reference is the raw-socket client
that reads and encodes every image anew; medtrust plans, encodes, asks, stores durably, reads and
measures. Its start-up (a run of ten questions) is subtracted in one column and left in in another.

    python benchmarks/ask.py
    python benchmarks/ask.py --inspect-python FOLDER/bin/python
"""

from __future__ import annotations

import argparse
import contextlib
import json
import statistics
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import product
from inspect_client import NOT_INSTALLED
from measured_child import run_measured
from question_set import make_question_set
from results_table import machine_line, print_table, verdict
from stub_server import running_server

HERE = Path(__file__).parent
REFERENCE = "raw sockets, images encoded anew"
PRODUCT = "medtrust run folder"
PEER = "inspect_ai"
START_UP_QUESTIONS = 10


@dataclass(frozen=True, slots=True)
class Measurement:
    """One client, one round."""

    work_cpu_s: float
    all_cpu_s: float
    wall_s: float
    peak_mb: float
    stages: Mapping[str, float] = field(default_factory=dict)


Measure = Callable[[], Measurement | None]


def client(python: str, script: str, questions: Path, n: int, *options: str) -> Measurement | None:
    """Run one of the clients of this folder; None where its library is not installed."""
    line = [python, str(HERE / script), str(questions), *options]
    cost = run_measured(line, allowed_exit_codes=(0, NOT_INSTALLED))
    if cost.exit_code == NOT_INSTALLED:
        return None
    said = json.loads(cost.output.splitlines()[-1])
    if said["answered"] != n:
        raise RuntimeError(f"{script} brought {said['answered']} answers to {n} questions")
    return Measurement(said["work_cpu_s"], cost.cpu_s, said["work_wall_s"], cost.peak_mb)


def ask_with_medtrust(
    questions: Path, start_up: Path, port: int, n: int, concurrency: int
) -> Measurement:
    """Run the product on all questions, and on a handful to know its start-up."""
    with tempfile.TemporaryDirectory() as out:
        full_out, small_out = Path(out) / "full", Path(out) / "small"
        full = run_measured(product.ask_folder(questions, port, concurrency, full_out))
        small = run_measured(product.ask_folder(start_up, port, concurrency, small_out))
        stored = product.stored_answers(full_out)
        start_up_stages = product.cpu_by_stage(small_out)
        stages = {
            stage: cpu_s - start_up_stages[stage]
            for stage, cpu_s in product.cpu_by_stage(full_out).items()
        }
    if stored < n:
        raise RuntimeError(f"medtrust kept {stored} answers to {n} questions")
    return Measurement(
        work_cpu_s=full.cpu_s - small.cpu_s,
        all_cpu_s=full.cpu_s,
        wall_s=full.wall_s - small.wall_s,
        peak_mb=full.peak_mb,
        stages=stages,
    )


def clients(
    arguments: argparse.Namespace, questions: Path, start_up: Path, port: int
) -> dict[str, Measure]:
    n = arguments.questions
    wire = ("--port", str(port), "--concurrency", str(arguments.concurrency))

    def bare(script: str, *options: str, python: str = sys.executable) -> Measure:
        return lambda: client(python, script, questions, n, *wire, *options)

    return {
        REFERENCE: bare("raw_client.py", "--bodies", "plain"),
        "raw sockets, encoded once an image": bare("raw_client.py", "--bodies", "cached"),
        "raw sockets, encoded before": bare("raw_client.py", "--bodies", "ready"),
        "aiohttp, encoded once an image": bare("aiohttp_client.py"),
        PRODUCT: lambda: ask_with_medtrust(questions, start_up, port, n, arguments.concurrency),
        PEER: bare("inspect_client.py", python=arguments.inspect_python),
    }


def measure_in_turns(
    measures: dict[str, Measure], rounds: int
) -> tuple[dict[str, list[Measurement]], list[str]]:
    """Measurements by client, and the sentences about those that could not run."""
    found: dict[str, list[Measurement]] = {}
    skipped: list[str] = []
    for number in range(rounds):
        for name, measure in measures.items():
            if number and (name not in found or name == PEER):
                continue  # the peer takes longer than all others together: one round tells enough
            print(f"round {number + 1} of {rounds}: {name}", file=sys.stderr, flush=True)
            result = measure()
            if result is None:
                skipped.append(f"{name}: not installed, skipped (see inspect_client.py)")
            else:
                found.setdefault(name, []).append(result)
    return found, skipped


def middle(measurements: list[Measurement], field: str) -> float:
    return float(statistics.median(getattr(each, field) for each in measurements))


def print_results(found: dict[str, list[Measurement]], n: int) -> None:
    reference = middle(found[REFERENCE], "work_cpu_s")
    rows = []
    for name, rounds in found.items():
        work, everything = middle(rounds, "work_cpu_s"), middle(rounds, "all_cpu_s")
        spread = [each.work_cpu_s / n * 1000 for each in rounds]
        rows.append(
            [
                name,
                f"{work / reference:.2f}",
                f"{work / n * 1000:.3f} ({min(spread):.3f} to {max(spread):.3f})",
                f"{everything / reference:.2f}",
                f"{everything / n * 1000:.3f}",
                f"{middle(rounds, 'peak_mb'):.0f}",
                f"{n / middle(rounds, 'wall_s'):.0f}",
            ]
        )
    header = ["client", "ratio", "CPU ms a request", "ratio with start-up", "ms with start-up"]
    print_table([*header, "peak MB", "requests/s"], rows)
    if PRODUCT in found:
        work = middle(found[PRODUCT], "work_cpu_s")
        stages = print_stages(found[PRODUCT], work, n)
        asking = stages["load"] + stages["ask"]  # plan, encode, ask, store durably, read
        print(verdict("asking, CPU against the raw client", asking / reference, 2, "x"))
        print(verdict("asking, CPU a sample", asking / n * 1000, 0.4, "ms"))


def print_stages(rounds: list[Measurement], work_cpu_s: float, n: int) -> dict[str, float]:
    """Where medtrust's CPU goes; the rest is its start-up's noise, its report and its output."""
    stages = {
        stage: statistics.median(each.stages[stage] for each in rounds)
        for stage in rounds[0].stages
    }
    stages["rest"] = work_cpu_s - sum(stages.values())
    told = ", ".join(f"{stage} {cpu_s / n * 1000:.3f}" for stage, cpu_s in stages.items())
    print(f"{PRODUCT}, CPU ms a sample by stage: {told}\n")
    return stages


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--questions", type=int, default=2000)
    parser.add_argument("--images", type=int, default=500)
    parser.add_argument("--concurrency", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--inspect-python", default=sys.executable, metavar="PYTHON")
    parser.add_argument("--only", nargs="*", metavar="WORD", help="clients whose name has a word")
    arguments = parser.parse_args()
    print(machine_line(), "\n")
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        questions = make_question_set(
            folder / "questions", n_questions=arguments.questions, n_images=arguments.images
        )
        start_up = make_question_set(
            folder / "start-up", n_questions=START_UP_QUESTIONS, n_images=START_UP_QUESTIONS
        )
        port = stack.enter_context(running_server())
        measures = clients(arguments, questions, start_up, port)
        if arguments.only is not None:
            wanted = {REFERENCE, *(m for m in measures if any(w in m for w in arguments.only))}
            measures = {name: measure for name, measure in measures.items() if name in wanted}
        found, skipped = measure_in_turns(measures, arguments.rounds)
    print_results(found, arguments.questions)
    for sentence in skipped:
        print(sentence)


if __name__ == "__main__":
    main()
