"""Paired bootstrap of the AUROCs of many estimators: CPU beside memory and scikit-learn.

In one run: all draws of `paired_auroc_draws` (start to end: drawing clusters, sorting, walking),
the time that memory alone would need (the weight of every item in every draw, one byte as we keep
it, read once for each estimator at the rate of the same run), and a plain loop over scikit-learn's
`roc_auc_score` with the same weights, timed on a few draws and scaled up. Half of the scores are
continuous, half have 11 levels, as shares of 10 sampled answers have. Both must draw the same.

    python benchmarks/selective.py [--items 5000] [--estimators 12] [--draws 10000] [--cluster 1]
"""

from __future__ import annotations

import argparse
import resource
import statistics
import time
from collections.abc import Callable

import numpy as np

from medtrust.metrics.arrays import BoolArray, FloatArray, IntArray
from medtrust.metrics.bootstrap import cluster_weights
from medtrust.metrics.ranking_intervals import paired_auroc_draws
from results_table import machine_line, print_table, verdict

LIMIT_S = 30
SHARE_OF_ERRORS = 0.35
N_LEVELS = 11
STREAMED_BYTES = 256 * 1024 * 1024
LARGEST_DIFFERENCE = 1e-12


def make_scores(n: int, m: int) -> tuple[FloatArray, BoolArray]:
    rng = np.random.default_rng(0)
    wrong = rng.random(n) < SHARE_OF_ERRORS
    scores = rng.standard_normal((m, n)) + rng.uniform(0.2, 1.5, (m, 1)) * wrong
    edges = np.linspace(-2.0, 3.0, N_LEVELS - 1)
    scores[m // 2 :] = np.digitize(scores[m // 2 :], edges)
    return scores, wrong


def cpu_of(work: Callable[[], object]) -> float:
    started = time.process_time()
    work()
    return time.process_time() - started


def streaming_rate(rounds: int) -> float:
    """Bytes a CPU second that one core reads from memory past its cache."""
    block = np.ones(STREAMED_BYTES, dtype=np.uint8)
    return STREAMED_BYTES / min(cpu_of(block.max) for _ in range(rounds + 2))


def scikit_draws(
    scores: FloatArray, wrong: BoolArray, clusters: IntArray, draws: int
) -> tuple[float, FloatArray]:
    """CPU seconds and values of the first draws, with the weights that ours use."""
    from sklearn.metrics import roc_auc_score

    blocks = cluster_weights(int(clusters[-1]) + 1, draws=draws, rng=np.random.default_rng(1))
    weights = np.concatenate(list(blocks))[:, clusters]
    values = np.empty((draws, scores.shape[0]))

    def loop() -> None:
        for draw, weight in enumerate(weights):
            for column, score in enumerate(scores):
                values[draw, column] = roc_auc_score(wrong, score, sample_weight=weight)

    return cpu_of(loop), values


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--items", type=int, default=5_000)
    parser.add_argument("--estimators", type=int, default=12)
    parser.add_argument("--draws", type=int, default=10_000)
    parser.add_argument("--cluster", type=int, default=1, metavar="SIZE",
                        help="items of one cluster")  # fmt: skip
    parser.add_argument("--peer-draws", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    n, m, draws = arguments.items, arguments.estimators, arguments.draws
    print(f"{machine_line()}; {m} estimators, {n} items in clusters of {arguments.cluster},"
          f" {draws} draws, {arguments.rounds} rounds\n")  # fmt: skip
    scores, wrong = make_scores(n, m)
    clusters = np.arange(n) // arguments.cluster

    def drawn(count: int) -> FloatArray:
        rng = np.random.default_rng(1)
        return paired_auroc_draws(scores, wrong, clusters=clusters, rng=rng, draws=count)

    streamed = draws * n * m / streaming_rate(arguments.rounds)
    seconds = [cpu_of(lambda: drawn(draws)) for _ in range(arguments.rounds)]
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    taken, values = scikit_draws(scores, wrong, clusters, arguments.peer_draws)
    apart = float(np.abs(values - drawn(arguments.peer_draws)).max())

    ours = statistics.median(seconds)
    whole = taken / arguments.peer_draws * draws
    spread = f"{ours:.2f} ({min(seconds):.2f} to {max(seconds):.2f})"
    rows = [
        ["memory: weights read once an estimator", streamed / ours, f"{streamed:.2f}"],
        ["medtrust paired_auroc_draws", 1.0, spread],
        [f"scikit-learn, from {arguments.peer_draws} draws", whole / ours, f"{whole:.0f}"],
    ]
    print_table(
        ["path", "CPU, ratio", "CPU s", "ns an item, draw and estimator"],
        [
            [name, f"{ratio:.2f}", cpu, f"{ratio * ours * 1e9 / (draws * n * m):.2f}"]
            for name, ratio, cpu in rows
        ],
    )
    print(verdict("All draws", ours, LIMIT_S, "s CPU"))
    print(verdict("Largest difference from scikit-learn", apart, LARGEST_DIFFERENCE, "AUROC"))
    print(f"Peak memory of ours: {peak_mb:.0f} MB (the streamed block is {STREAMED_BYTES >> 20})")


if __name__ == "__main__":
    main()
