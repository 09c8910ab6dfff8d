"""One strip of rows against all columns that come after it: the unit of work and of resuming.

The product of a tile stays in the core's own cache while it is looked through. What lies above
the threshold less the margin is a candidate; candidates alone are looked at in the second matrix,
one by one where they are few and by a second product where they are many; what is left is decided
in float64.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from medtrust.mining.similarity import (
    BoolArray,
    IntArray,
    Rows,
    SingleArray,
    above,
    below,
    margin,
    similarity,
)  # fmt: skip

STRIP_ROWS: Final = 768
"""Rows of a strip, whatever the block: what is kept of an unfinished run depends on it."""
BLOCK: Final = 768
"""Edge of a tile: 2.3 MB of products, which the scan finds in the cache."""
GATHERED: Final = 1024
"""Candidates whose rows of the second matrix are gathered at once: they stay in the cache."""
DENSE: Final = 0.014
"""Share of a tile above which one product costs less than gathering its candidates."""
PENDING: Final = 262_144
PAIR: Final = np.dtype([("i", "<i8"), ("j", "<i8"), ("a", "<f8"), ("b", "<f8")])
"""One pair: rows i < j, similarity in the first matrix and in the second (NaN without one)."""

Pairs = npt.NDArray[np.void]


class Strip(NamedTuple):
    """Rows ``start`` to ``stop`` (exclusive) against columns from ``first_column`` on."""

    start: int
    stop: int
    first_column: int


class Found(NamedTuple):
    """What a strip holds.

    Attributes:
        pairs: Of type `PAIR`, sorted by (i, j).
        repeated: Rows that nearly repeat an earlier one, ascending.
        candidates: Pairs that single precision proposed.
    """

    pairs: Pairs
    repeated: IntArray
    candidates: int


@dataclass(frozen=True, slots=True)
class Side:
    """One encoder's matrix: new rows, and old ones before them where there are any."""

    new: Rows
    old: Rows | None = None

    def holding(self, row: int, n_old: int) -> tuple[Rows, int]:
        """The matrix that holds a row, and the number of its first row."""
        if row < n_old and self.old is not None:
            return self.old, 0
        return self.new, n_old


@dataclass(frozen=True, slots=True)
class Job:
    """Everything that decides which pairs there are.

    Attributes:
        first: Matrix in which a pair must be alike.
        second: Matrix in which it must differ; None asks the first alone.
        above: Pairs have a greater similarity in the first.
        below: And a smaller one in the second.
        n_old: Rows that are old: pairs of two of them are not looked at.
        n: Rows in all, old ones first.
        usable: Rows that can be compared, shape (n,).
        apart: Article of each row, shape (n,), negative where unknown; None keeps all pairs.
        near: Rows this alike in both matrices repeat each other; None does not ask.
    """

    first: Side
    second: Side | None
    above: float
    below: float
    n_old: int
    n: int
    usable: BoolArray
    apart: IntArray | None = None
    near: float | None = None


def strips(n_old: int, n: int) -> list[Strip]:
    """All strips, in the order of their rows; none reaches from old rows into new ones."""
    edges = [(0, n_old), (n_old, n)]
    return [
        Strip(start, min(start + STRIP_ROWS, end), max(start, n_old))
        for begin, end in edges
        for start in range(begin, end, STRIP_ROWS)
    ]


def comparisons(strip: Strip, n: int) -> int:
    """Pairs i < j that a strip looks at."""
    rows = strip.stop - strip.start
    columns = n - strip.first_column
    if strip.first_column > strip.start:
        return rows * columns
    return rows * columns - rows * (rows + 1) // 2


class Tiles:
    """Multiplies tiles into one buffer and scans them.

    Args:
        block: Edge of a tile.
    """

    def __init__(self, block: int) -> None:
        self._block = block
        self._products = np.empty(block * block, dtype=np.float32)
        self._others: SingleArray | None = None
        self._mask = np.zeros(block * block + 8, dtype=np.bool_)

    def above(self, left: SingleArray, right: SingleArray, threshold: np.float32) -> IntArray:
        """Positions in the product of left and right, row by row, above a threshold."""
        size = len(left) * len(right)
        products = self._products[:size]
        np.matmul(left, right.T, out=products.reshape(len(left), len(right)))
        words = -(-size // 8)
        mask = self._mask[: 8 * words]
        mask[size:] = False
        np.greater(products, threshold, out=mask[:size])
        hit = np.flatnonzero(mask.view(np.uint64))
        if not len(hit):
            return hit
        return (8 * hit[:, None] + np.arange(8))[mask.reshape(-1, 8)[hit]]

    def at(self, left: SingleArray, right: SingleArray, positions: IntArray) -> SingleArray:
        """Values of another product at such positions."""
        if self._others is None:
            self._others = np.empty(self._block**2, dtype=np.float32)
        others = self._others[: len(left) * len(right)]
        np.matmul(left, right.T, out=others.reshape(len(left), len(right)))
        return others[positions]


def mine_strip(job: Job, strip: Strip, block: int = BLOCK) -> Found:
    """Find the pairs of one strip.

    Args:
        job: What is looked for.
        strip: Where.
        block: Edge of a tile, at least 1; moves the cost and nothing else.
    """
    with np.errstate(invalid="ignore", over="ignore"):
        return _Search(job, strip, block).run()


class _Search:
    """The state of one strip under way."""

    def __init__(self, job: Job, strip: Strip, block: int) -> None:
        self.job, self.strip, self.block = job, strip, block
        self.rows, self.row0 = job.first.holding(strip.start, job.n_old)
        self.columns, self.column0 = job.first.holding(strip.first_column, job.n_old)
        self.alike = below(job.above - margin(self.rows.single.shape[1]))
        if job.second is not None:
            self.second_rows = job.second.holding(strip.start, job.n_old)[0]
            self.second_columns = job.second.holding(strip.first_column, job.n_old)[0]
            slack = margin(self.second_rows.single.shape[1])
            self.different = above(job.below + slack)
            self.repeats = below((job.near or 0.0) - slack)
        self.tiles = Tiles(block)
        self.pending: list[tuple[IntArray, IntArray]] = []
        self.held = 0
        self.candidates = 0
        self.pairs: list[Pairs] = []
        self.repeated: list[IntArray] = []

    def run(self) -> Found:
        job, strip = self.job, self.strip
        for top in range(strip.start, strip.stop, self.block):
            bottom = min(top + self.block, strip.stop)
            for left in range(max(top, strip.first_column), job.n, self.block):
                self._tile(top, bottom, left, min(left + self.block, job.n))
        self._decide_pending()
        pairs = np.concatenate([np.empty(0, dtype=PAIR), *self.pairs])
        pairs = pairs[np.lexsort((pairs["j"], pairs["i"]))]
        repeated = np.unique(np.concatenate([np.empty(0, dtype=np.int64), *self.repeated]))
        return Found(pairs, repeated, self.candidates)

    def _tile(self, top: int, bottom: int, left: int, right: int) -> None:
        """Collect the candidates of one tile."""
        rows = slice(top - self.row0, bottom - self.row0)
        columns = slice(left - self.column0, right - self.column0)
        hits = self.tiles.above(self.rows.single[rows], self.columns.single[columns], self.alike)
        if not len(hits):
            return
        i, j = np.divmod(hits, right - left)
        i, j = i + top, j + left
        kept = self._comparable(i, j)
        i, j, hits = i[kept], j[kept], hits[kept]
        self.candidates += len(hits)
        if self.job.second is not None and len(hits) > DENSE * (bottom - top) * (right - left):
            other = self.tiles.at(
                self.second_rows.single[rows], self.second_columns.single[columns], hits
            )
            kept = self._may_differ(other)
            self._decide(i[kept], j[kept])
            return
        self.pending.append((i, j))
        self.held += len(i)
        if self.held > PENDING:
            self._decide_pending()

    def _comparable(self, i: IntArray, j: IntArray) -> BoolArray:
        """Pairs i < j of usable rows that may be reported or repeat each other."""
        job = self.job
        kept: BoolArray = (i < j) & job.usable[i] & job.usable[j]
        if job.near is None and job.apart is not None:
            kept &= ~same_article(job.apart, i, j)
        return kept

    def _may_differ(self, other: SingleArray) -> BoolArray:
        """Whether float32 leaves it open that a pair differs, or repeats, in the second matrix."""
        kept: BoolArray = other < self.different
        return kept if self.job.near is None else kept | (other > self.repeats)

    def _decide_pending(self) -> None:
        for i, j in _joined(self.pending):
            if self.job.second is not None:
                other = np.einsum(
                    "nd,nd->n",
                    self.second_rows.single[i - self.row0],
                    self.second_columns.single[j - self.column0],
                )
                kept = self._may_differ(other)
                i, j = i[kept], j[kept]  # noqa: PLW2901 - the survivors of this chunk
            self._decide(i, j)
        self.pending, self.held = [], 0

    def _decide(self, i: IntArray, j: IntArray) -> None:
        """Keep what float64 says is a pair."""
        job = self.job
        found = np.empty(len(i), dtype=PAIR)
        found["i"], found["j"] = i, j
        row, column = i - self.row0, j - self.column0
        found["a"] = similarity(self.rows, row, self.columns, column)
        if job.second is None:
            found["b"] = np.nan
            kept = found["a"] > job.above
            repeats = found["a"] > (np.inf if job.near is None else job.near)
        else:
            found["b"] = similarity(self.second_rows, row, self.second_columns, column)
            kept = (found["a"] > job.above) & (found["b"] < job.below)
            least = np.minimum(found["a"], found["b"])
            repeats = least > (np.inf if job.near is None else job.near)
        if job.near is not None:
            self.repeated.append(j[repeats])
            if job.apart is not None:
                kept &= ~same_article(job.apart, i, j)
        self.pairs.append(found[kept])


def same_article(apart: IntArray, i: IntArray, j: IntArray) -> BoolArray:
    """Whether two rows are known to come from one article."""
    same: BoolArray = (apart[i] == apart[j]) & (apart[i] >= 0)
    return same


def _joined(pending: list[tuple[IntArray, IntArray]]) -> Iterator[tuple[Any, Any]]:
    """Candidates of many tiles in chunks that fit the cache."""
    if not pending:
        return
    i = np.concatenate([rows for rows, _ in pending])
    j = np.concatenate([columns for _, columns in pending])
    for start in range(0, len(i), GATHERED):
        yield i[start : start + GATHERED], j[start : start + GATHERED]
