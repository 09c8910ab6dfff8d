"""Mining all pairs above a similarity, exactly: share of the best matrix rate, beside faiss.

In one run: the rate of a 4096-square product for every core type of OpenBLAS that this processor
can run (the limit), the whole command `medtrust mine` on clustered rows (start-up, reading,
choosing the kernel, writing: all of it), and, where it is installed, faiss on the same rows with
the best of these core types. Processes take turns for several rounds; CPU seconds are compared, not
wall seconds.

    python benchmarks/mining.py [--n 80000] [--faiss-python FOLDER/bin/python]

faiss is optional: python -m venv FOLDER && FOLDER/bin/pip install faiss-cpu
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from measured_child import Cost, run_measured
from medtrust.mining.kernel import child_environment, usable_core_types
from process_memory import PeakMemory
from results_table import machine_line, print_table, verdict

HERE = Path(__file__).parent
LEAST_SHARE = 0.75
LEAST_RATIO = 1.5
MOST_MB = 1536
CHUNK = 4096


def make_rows(path: Path, n: int, dimension: int) -> None:
    """Rows of length 1 in clusters, on a common direction as embeddings of one modality are."""
    generator = np.random.default_rng(0)
    centres = generator.standard_normal((max(1, n // 8), dimension), dtype=np.float32)
    shape = (n, dimension)
    rows = np.lib.format.open_memmap(path, mode="w+", dtype=np.float32, shape=shape)
    for start in range(0, n, CHUNK):
        count = min(CHUNK, n - start)
        spread = generator.uniform(0.2, 0.7, (count, 1)).astype(np.float32)
        made = centres[generator.integers(0, len(centres), count)] + np.float32(0.45)
        made += spread * generator.standard_normal((count, dimension), dtype=np.float32)
        rows[start : start + count] = made / np.linalg.norm(made, axis=1, keepdims=True)
    rows.flush()


def matrix_rates(core_type: str | None) -> tuple[str, list[float]]:
    """Kernel and rates of the products of one child process."""
    done = subprocess.run(
        [sys.executable, str(HERE / "matrix_rate.py")],
        env=child_environment(core_type), capture_output=True, text=True, check=True,
    )  # fmt: skip
    found = json.loads(done.stdout)
    return found["kernel"], found["rates"]


def measured_with(environment: dict[str, str], command: list[str]) -> tuple[Cost, PeakMemory]:
    """Run a command in an environment and watch its memory."""
    before = dict(os.environ)
    os.environ.update(environment)
    memory = PeakMemory()
    memory.start()
    try:
        return run_measured(command), memory
    finally:
        memory.stop()
        os.environ.clear()
        os.environ.update(before)


def mined(rows: Path, out: Path, arguments: argparse.Namespace) -> tuple[Cost, PeakMemory, Any]:
    command = [sys.executable, "-m", "medtrust.cli.main", "mine", str(rows), "--json",
               "--above", str(arguments.above), "--out", str(out)]  # fmt: skip
    if arguments.second:
        command.insert(5, str(rows.with_name("second.npy")))
    if arguments.workers:
        command += ["--workers", str(arguments.workers)]
    out.unlink(missing_ok=True)
    cost, memory = measured_with({}, command)
    return cost, memory, json.loads(cost.output)


def searched(
    rows: Path, core_type: str | None, arguments: argparse.Namespace
) -> tuple[Cost, PeakMemory, Any]:
    command = [str(arguments.faiss_python), str(HERE / "faiss_client.py"), str(rows),
               str(arguments.above)]  # fmt: skip
    cost, memory = measured_with(child_environment(core_type), command)
    return cost, memory, json.loads(cost.output)


def spread(values: list[float], digits: int = 1) -> str:
    """Median and range."""
    middle = f"{statistics.median(values):.{digits}f}"
    if len(values) == 1:
        return middle
    return f"{middle} ({min(values):.{digits}f} to {max(values):.{digits}f})"


def report(
    arguments: argparse.Namespace,
    rates: dict[str, list[float]],
    ours: list[tuple[Cost, PeakMemory, Any]],
    peers: list[tuple[Cost, PeakMemory, Any]],
) -> None:
    n, dimension = arguments.n, arguments.dimension
    work = 1e-9 * n * (n - 1) * dimension
    best = max(max(found) for found in rates.values())
    usual = max(rates, key=lambda name: max(rates[name]))
    cpu = statistics.median(cost.cpu_s for cost, _, _ in ours)
    share = work / cpu / best
    print_table(
        ["4096-square product", "ratio to the best", "GFLOP/s a CPU second"],
        [[name, f"{max(found) / best:.2f}", spread(found, 0)] for name, found in rates.items()],
    )
    rows = [
        row_of("medtrust mine", cost_of(ours), cpu, work, best, ours[0][2]["pairs"]),
        *([row_of(f"faiss {peers[0][2]['version']} range_search", cost_of(peers), cpu, work, best,
                  peers[0][2]["pairs"])] if peers else []),
    ]  # fmt: skip
    print_table(
        ["search", "CPU, ratio", "share of the best rate", "CPU s", "of triangular GFLOP/s",
         "peak MB", "pages once, MB", "pairs"],
        rows,
    )  # fmt: skip
    held = "holds" if share >= LEAST_SHARE else "MISSED"
    print(f"Share of the best rate ({usual}, {best:.0f} GFLOP/s): {share:.1%}, at least"
          f" {LEAST_SHARE:.0%}: {held}")  # fmt: skip
    peak = max(memory.resident_mb for _, memory, _ in ours)
    print(verdict("Peak memory, all processes", peak, MOST_MB, "MB"))
    if peers:
        ratio = statistics.median(cost.cpu_s for cost, _, _ in peers) / cpu
        state = "holds" if ratio >= LEAST_RATIO else "MISSED"
        print(f"CPU of faiss to ours: {ratio:.2f}, at least {LEAST_RATIO}: {state}")
    else:
        print("faiss was left out: name its interpreter with --faiss-python.")


def cost_of(runs: list[tuple[Cost, PeakMemory, Any]]) -> tuple[list[float], float, float]:
    return (
        [cost.cpu_s for cost, _, _ in runs],
        max(memory.resident_mb for _, memory, _ in runs),
        max(memory.shared_mb for _, memory, _ in runs),
    )


def row_of(
    name: str, cost: tuple[list[float], float, float], ours: float, work: float, best: float,
    pairs: int,
) -> list[str]:  # fmt: skip
    seconds, resident, shared = cost
    rate = work / statistics.median(seconds)
    return [name, f"{statistics.median(seconds) / ours:.2f}", f"{rate / best:.0%}",
            spread(seconds), f"{rate:.0f}", f"{resident:.0f}", f"{shared:.0f}",
            f"{pairs:,}"]  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--n", type=int, default=20_000)
    parser.add_argument("--dimension", type=int, default=512)
    parser.add_argument("--above", type=float, default=0.9)
    parser.add_argument("--second", type=int, default=0, metavar="D",
                        help="also a second matrix of this dimension (faiss has none)")  # fmt: skip
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--workers", type=int)
    parser.add_argument("--faiss-python", type=Path)
    arguments = parser.parse_args()
    print(f"{machine_line()}; {arguments.n} x {arguments.dimension} float32, above"
          f" {arguments.above}, {arguments.rounds} rounds\n")  # fmt: skip
    rates: dict[str, list[float]] = {}
    ours, peers = [], []
    with tempfile.TemporaryDirectory() as name:
        rows = Path(name) / "rows.npy"
        make_rows(rows, arguments.n, arguments.dimension)
        if arguments.second:
            make_rows(rows.with_name("second.npy"), arguments.n, arguments.second)
        core_types = (None, *usable_core_types())
        for _ in range(arguments.rounds):
            kernels = {}
            for core_type in core_types:
                kernel, found = matrix_rates(core_type)
                label = f"{kernel}, as numpy chooses" if core_type is None else kernel
                kernels[label] = core_type
                rates.setdefault(label, []).extend(found)
            ours.append(mined(rows, Path(name) / "pairs.parquet", arguments))
            if arguments.faiss_python:
                best = max(kernels, key=lambda label: statistics.median(rates[label]))
                peers.append(searched(rows, kernels[best], arguments))
    report(arguments, rates, ours, peers)


if __name__ == "__main__":
    main()
