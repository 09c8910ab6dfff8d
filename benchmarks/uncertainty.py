"""Eight uncertainty estimators on a local model: what they cost here and through lm-polygraph.

One random-weight model, one set of prompts, one run: a greedy answer, K draws and P(True) a prompt,
as MSP, perplexity, mean token entropy, P(True), semantic entropy, lexical similarity, degree matrix
and label probability need them. Token positions and forward calls are counted by the same wrapper
on both sides, CPU seconds are those of one thread. Clients take turns, each in its own process.

    python benchmarks/uncertainty.py
    python benchmarks/uncertainty.py --prompts 50 --polygraph-python FOLDER/bin/python
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from measured_child import run_measured
from random_language_model import make_prompts, make_random_model
from results_table import machine_line, print_table, verdict
from uncertainty_job import NOT_INSTALLED, Job

HERE = Path(__file__).parent
DRAWS = 10  # lm-polygraph's own number
OURS = "medtrust"
OURS_ALONE = "medtrust, one prompt at a time"
PEER = "lm-polygraph, batch 10"
PEER_ALONE = "lm-polygraph, batch 1"
MISSING = (
    "lm-polygraph is not installed for this Python: make an environment as the head of "
    "polygraph_client.py says, and name its Python with --polygraph-python."
)

Side = list[dict[str, Any]]
"""The rounds of one client."""


def commands(arguments: argparse.Namespace, job: Path) -> dict[str, list[str]]:
    ours = [sys.executable, str(HERE / "local_client.py"), str(job)]
    peer = [arguments.polygraph_python, str(HERE / "polygraph_client.py"), str(job)]
    return {
        OURS: ours,
        PEER: [*peer, "--batch", "10"],
        OURS_ALONE: [*ours, "-M", f"batch={DRAWS + 1}"],
        PEER_ALONE: [*peer, "--batch", "1"],
    }


def measure_in_turns(lines: Mapping[str, list[str]], rounds: int) -> dict[str, Side]:
    """Rounds by client; a client that is not installed is left out."""
    found: dict[str, Side] = {}
    for number in range(rounds):
        for name, line in lines.items():
            if number and name not in found:
                continue
            print(f"round {number + 1} of {rounds}: {name}", file=sys.stderr, flush=True)
            cost = run_measured(line, allowed_exit_codes=(0, NOT_INSTALLED))
            if cost.exit_code == 0:
                found.setdefault(name, []).append(json.loads(cost.output.splitlines()[-1]))
    return found


def fewest_positions(side: Mapping[str, Any], job: Job) -> int:
    """P + (K+1)(T-1) + (q+1), over all prompts."""
    each = (job.n_draws + 1) * (job.n_tokens - 1) + side["suffix"] + 1
    return sum(len(tokens) + each for tokens in side["prompt_tokens"])


def cpu_s(rounds: Side) -> float:
    return statistics.median(each["asking_cpu_s"] for each in rounds)


def print_costs(found: Mapping[str, Side], job: Job) -> None:
    ours = found[OURS][0]
    fewest, n = fewest_positions(ours, job), len(job.prompts)
    rows = []
    for name, rounds in found.items():
        first = rounds[0]
        spread = [each["asking_cpu_s"] for each in rounds]
        rows.append(
            [
                name,
                f"{first['positions'] / ours['positions']:.2f}",
                f"{cpu_s(rounds) / cpu_s(found[OURS]):.2f}",
                f"{first['positions'] / n:.0f}",
                f"{first['padding'] / n:.0f}",
                f"{(first['positions'] - first['padding']) / fewest:.2f}",
                f"{first['calls']}",
                f"{cpu_s(rounds):.2f} ({min(spread):.2f} to {max(spread):.2f})",
                f"{statistics.median(each['cpu_s'] for each in rounds):.2f}",
            ]
        )
    print_table(
        [
            "client", "positions, ratio", "CPU, ratio", "positions a prompt", "padding of them",
            "without padding, to the minimum", "calls", "CPU s of answers", "with estimators",
        ],
        rows,
    )  # fmt: skip
    print(
        f"minimum P + (K+1)(T-1) + (q+1) = {fewest / n:.1f} positions a prompt: "
        f"P = {sum(map(len, ours['prompt_tokens'])) / n:.1f}, K = {job.n_draws}, "
        f"T = {job.n_tokens}, q = {ours['suffix']}\n"
    )
    without_padding = (ours["positions"] - ours["padding"]) / fewest
    print(verdict("positions without padding, to the minimum", without_padding, 1.05, "x"))
    print(verdict("padding, share of positions", ours["padding"] / ours["positions"], 0.1, ""))


def most_apart(first: Mapping[str, Any], second: Mapping[str, Any]) -> dict[str, float]:
    """The largest difference of each estimate that both have, over prompts answered alike.

    Raises:
        RuntimeError: If the prompts were not the same tokens, or fewer than nine in ten greedy
            answers the same text.
    """
    if first["prompt_tokens"] != second["prompt_tokens"]:
        raise RuntimeError("the two sides were not asked the same tokens")
    alike = [
        place
        for place, (one, other) in enumerate(
            zip(first["greedy_texts"], second["greedy_texts"], strict=True)
        )
        if one == other
    ]
    if len(alike) < 0.9 * len(first["greedy_texts"]):
        raise RuntimeError(f"only {len(alike)} greedy answers are the same")
    return {
        name: max(abs(values[place] - second["estimates"][name][place]) for place in alike)
        for name, values in first["estimates"].items()
    }


def print_differences(found: Mapping[str, Side]) -> None:
    ours = found[OURS][0]
    pairs = {name: rounds[0] for name, rounds in found.items() if name != OURS}
    apart = {name: most_apart(ours, side) for name, side in pairs.items()}
    names = list(ours["estimates"])
    print("Largest difference from the first row, natural log:\n")
    print_table(
        ["client", *names, "same greedy answers"],
        [
            [name, *(f"{apart[name][each]:.1e}" for each in names), same_answers(ours, side)]
            for name, side in pairs.items()
        ],
    )
    for name, each in apart.items():
        print(verdict(f"values, {OURS} against {name}", max(each.values()), 1e-4, "nats"))


def same_answers(first: Mapping[str, Any], second: Mapping[str, Any]) -> str:
    texts: Sequence[str] = first["greedy_texts"]
    same = sum(a == b for a, b in zip(texts, second["greedy_texts"], strict=True))
    return f"{same} of {len(texts)}"


def print_against_peer(found: Mapping[str, Side]) -> None:
    if PEER not in found:
        print(MISSING)
        return
    for ours, peer in ((OURS, PEER), (OURS_ALONE, PEER_ALONE)):
        positions = found[ours][0]["positions"] / found[peer][0]["positions"]
        cpu = cpu_s(found[ours]) / cpu_s(found[peer])
        print(verdict(f"positions, {ours} of {peer}", positions, 1 / 5, ""))
        print(verdict(f"CPU, {ours} of {peer}", cpu, 1 / 3, ""))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--prompts", type=int, default=10)
    parser.add_argument("--tokens", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--polygraph-python", default=sys.executable, metavar="PYTHON")
    arguments = parser.parse_args()
    print(machine_line(), "\n")
    with tempfile.TemporaryDirectory() as name:
        model = make_random_model(Path(name) / "model")
        job = Job(str(model), make_prompts(arguments.prompts), DRAWS, arguments.tokens)
        path = Path(name) / "job.json"
        job.save(path)
        found = measure_in_turns(commands(arguments, path), arguments.rounds)
    print_costs(found, job)
    print_differences(found)
    print_against_peer(found)


if __name__ == "__main__":
    main()
