"""The gaps that a fair model shows: group names dealt out anew, whole clusters at a time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from medtrust.metrics.arrays import FloatArray, IntArray
from medtrust.metrics.clusters import dense_codes

CELLS_IN_A_BLOCK = 2_000_000
TYPES_TIMES_GROUPS = 400


@dataclass(frozen=True, slots=True)
class GroupedSums:
    """Sums and sizes of each cluster's part in each group, by gold label.

    Attributes:
        sums: Sum of scores, shape (parts, labels).
        sizes: Number of samples, shape (parts, labels).
        cluster: Cluster of each part, 0 .. k-1, shape (parts,).
        group: Group of each part, 0 .. g-1, shape (parts,), ascending.
        mix: Share of each label among all samples, shape (labels,).
    """

    sums: FloatArray
    sizes: FloatArray
    cluster: IntArray
    group: IntArray
    mix: FloatArray

    @classmethod
    def build(
        cls, values: FloatArray, groups: IntArray, labels: IntArray, clusters: IntArray
    ) -> GroupedSums:
        """Reduce samples, each array of shape (n,), to the parts."""
        group, _ = dense_codes(groups)
        label, n_labels = dense_codes(labels)
        cluster, k = dense_codes(clusters)
        names, part = np.unique(group * k + cluster, return_inverse=True)
        cell = part * n_labels + label
        cells = names.shape[0] * n_labels
        sums = np.bincount(cell, weights=values, minlength=cells).astype(np.float64)
        sizes = np.bincount(cell, minlength=cells).astype(np.float64)
        return cls(
            sums.reshape(-1, n_labels),
            sizes.reshape(-1, n_labels),
            (names % k).astype(np.int64),
            (names // k).astype(np.int64),
            np.bincount(label, minlength=n_labels) / values.shape[0],
        )

    @property
    def starts(self) -> IntArray:
        """Row at which each group's parts begin, shape (g,)."""
        return np.unique(self.group, return_index=True)[1].astype(np.int64)

    @property
    def group_sizes(self) -> FloatArray:
        """Number of samples of each group, by label, shape (g, labels)."""
        return np.asarray(np.add.reduceat(self.sizes, self.starts, axis=0), dtype=np.float64)

    def rates(self) -> FloatArray:
        """Standardised mean score of each group, shape (g,)."""
        sums = np.add.reduceat(self.sums, self.starts, axis=0)
        return _standardised(sums, self.group_sizes, self.mix)


def _standardised(sums: FloatArray, sizes: FloatArray, mix: FloatArray) -> FloatArray:
    """Mean over labels, weighted by the mix; NaN where a label does not occur."""
    means = np.where(sizes > 0, sums / np.where(sizes > 0, sizes, 1.0), np.nan)
    return np.asarray(means @ mix, dtype=np.float64)


def fair_gaps(sums: GroupedSums, *, rng: np.random.Generator, draws: int) -> tuple[FloatArray, str]:
    """Largest gaps between groups when group and score have nothing to do with each other.

    If every cluster lies in one group, group names are permuted over clusters. If clusters span
    groups (a patient in two age bands), permuting would break them apart; then each cluster's
    deviations from the overall mean change sign as a whole, which keeps what its parts share.

    Args:
        sums: The samples, reduced by `GroupedSums.build`.
        rng: Source of the draws.
        draws: Number of draws.

    Returns:
        The gaps, shape (at most draws,): a permutation that leaves some group without some label
        is dropped; and ``permutation`` or ``wild-cluster``.

    Source: wild cluster resampling with the null imposed, Cameron, Gelbach and Miller 2008,
        Review of Economics and Statistics 90(3), pages 414-427.
    """
    if np.unique(sums.cluster).shape[0] < sums.cluster.shape[0]:
        return _wild_gaps(sums, rng, draws), "wild-cluster"
    cells = np.concatenate([sums.sums, sums.sizes], axis=1)
    kinds, kind = np.unique(cells, axis=0, return_inverse=True)
    n_groups = sums.starts.shape[0]
    if kinds.shape[0] * n_groups <= min(TYPES_TIMES_GROUPS, cells.shape[0]):
        dealt = _deal_kinds(kinds, np.bincount(kind.ravel()), sums, rng, draws)
    else:
        dealt = _permute(cells, sums.starts, rng, draws)
    n_labels = sums.mix.shape[0]
    rates = _standardised(dealt[..., :n_labels], dealt[..., n_labels:], sums.mix)
    gaps = rates.max(axis=1) - rates.min(axis=1)
    return gaps[~np.isnan(gaps)], "permutation"


def _permute(
    cells: FloatArray, starts: IntArray, rng: np.random.Generator, draws: int
) -> FloatArray:
    """Group totals after permuting clusters, shape (draws, g, cells)."""
    block = max(1, CELLS_IN_A_BLOCK // cells.size)
    order = np.arange(cells.shape[0])
    totals = []
    for start in range(0, draws, block):
        rows = min(block, draws - start)
        permuted = rng.permuted(np.broadcast_to(order, (rows, order.shape[0])), axis=1)
        totals.append(np.add.reduceat(cells[permuted], starts, axis=1))
    return np.concatenate(totals)


def _deal_kinds(
    kinds: FloatArray, counts: IntArray, sums: GroupedSums, rng: np.random.Generator, draws: int
) -> FloatArray:
    """The same as `_permute`, when many clusters are alike: only how many of each kind is drawn.

    One group after the other takes its clusters from those left; within a group, one kind after
    the other is drawn from the hypergeometric distribution.
    """
    wanted = np.bincount(sums.group)
    left = np.tile(counts, (draws, 1))
    totals = np.empty((draws, wanted.shape[0], kinds.shape[1]))
    for group, size in enumerate(wanted.tolist()):
        need = np.full(draws, size)
        taken = np.zeros_like(left)
        others = left.sum(axis=1)
        for kind in range(kinds.shape[0]):
            others = others - left[:, kind]
            taken[:, kind] = rng.hypergeometric(left[:, kind], others, need)
            need = need - taken[:, kind]
        left = left - taken
        totals[:, group] = taken @ kinds
    return totals


def _wild_gaps(sums: GroupedSums, rng: np.random.Generator, draws: int) -> FloatArray:
    """Gaps of fair rates: the sum over clusters of randomly signed deviations."""
    overall = sums.sums.sum(axis=0) / sums.sizes.sum(axis=0)
    deviations = sums.sums - sums.sizes * overall
    share = (deviations / sums.group_sizes[sums.group]) @ sums.mix
    k, n_groups = int(sums.cluster.max()) + 1, sums.starts.shape[0]
    table = np.zeros((k, n_groups))
    table[sums.cluster, sums.group] = share
    gaps = []
    block = max(1, CELLS_IN_A_BLOCK // k)
    for start in range(0, draws, block):
        signs = 2.0 * rng.integers(0, 2, size=(min(block, draws - start), k)) - 1.0
        rates = signs @ table
        gaps.append(rates.max(axis=1) - rates.min(axis=1))
    return np.concatenate(gaps)
