"""Peak memory of medtrust as samples grow: it must stay flat.

Samples grow tenfold from row to row over the same hundred images. A last row has few questions
and many images, because a cache of encoded images is the other thing that could grow.

    python benchmarks/memory.py
    python benchmarks/memory.py --largest 10000
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import product
from measured_child import run_measured
from question_set import make_question_set
from results_table import machine_line, print_table, verdict
from stub_server import running_server

LIMIT_MB = 400
SIZES = ((1_000, 100), (10_000, 100), (100_000, 100), (5_000, 5_000))


def measure(port: int, n_questions: int, n_images: int, concurrency: int) -> tuple[float, float]:
    """Peak megabytes and CPU seconds of one whole run."""
    with tempfile.TemporaryDirectory() as folder:
        questions = make_question_set(
            Path(folder) / "questions", n_questions=n_questions, n_images=n_images
        )
        out = Path(folder) / "out"
        cost = run_measured(product.ask_folder(questions, port, concurrency, out))
        stored = product.stored_answers(out)
    if stored < n_questions:
        raise RuntimeError(f"medtrust kept {stored} answers to {n_questions} questions")
    return cost.peak_mb, cost.cpu_s


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--largest", type=int, default=100_000, help="leave larger rows out")
    parser.add_argument("--concurrency", type=int, default=64)
    arguments = parser.parse_args()
    print(machine_line(), "\n")
    sizes = [size for size in SIZES if size[0] <= arguments.largest]
    with running_server() as port:
        costs = [measure(port, *size, arguments.concurrency) for size in sizes]
    first = costs[0][0]
    rows = [
        [
            f"{n_questions:,}",
            f"{n_images:,}",
            f"{peak_mb / first:.2f}",
            f"{peak_mb:.0f}",
            f"{cpu_s:.1f}",
            f"{cpu_s / n_questions * 1000:.2f}",
        ]
        for (n_questions, n_images), (peak_mb, cpu_s) in zip(sizes, costs, strict=True)
    ]
    header = ["samples", "images", "ratio to the first", "peak MB", "CPU s", "CPU ms a sample"]
    print_table(header, rows)
    print(verdict("highest peak", max(peak for peak, _ in costs), LIMIT_MB, "MB"))


if __name__ == "__main__":
    main()
