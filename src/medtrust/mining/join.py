"""Pairs of images that one encoder takes for alike and another does not: all of them, exactly.

The result is decided in float64 in a fixed order of operations and does not depend on the block,
the number of workers, the BLAS or the machine; those only move the cost.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from medtrust.core.errors import DataError, PlanMismatchError, WorkLeft
from medtrust.mining import crew
from medtrust.mining.asked import FORMAT, Asked, check, notes, row_ids
from medtrust.mining.embeddings import Embeddings
from medtrust.mining.kernel import WIDEST, Kernel, best_kernel, loaded_kernel
from medtrust.mining.output import said_by, write_pairs
from medtrust.mining.selection import best_of_each, capped, without_repeats
from medtrust.mining.similarity import BoolArray, IntArray
from medtrust.mining.state import State, rows_in_memory
from medtrust.mining.strip import (
    BLOCK,
    PAIR,
    Job,
    Pairs,
    Side,
    comparisons,
    strips,
)  # fmt: skip

WORTH_CHILDREN: Final = 1.5e11
"""Operations from which processes with a better kernel cost less than they gain: a second."""
WORTH_CARE: Final = 1.5e12
"""Operations from which every kernel is tried, each in a process of its own: about ten seconds."""
PRUNED_AT: Final = 2_000_000


@dataclass(frozen=True, slots=True)
class Step:
    """How far a run is.

    Attributes:
        done: Pairs compared, those found finished included.
        total: Pairs to compare.
        before: Pairs that an earlier run had compared.
        pairs: Pairs found by this run, before any selection.
    """

    done: int
    total: int
    before: int
    pairs: int


@dataclass(frozen=True, slots=True)
class Mined:
    """What a run found, and what it took.

    Attributes:
        out: The file of pairs.
        pairs: Pairs in it.
        candidates: Pairs that single precision proposed; 0 where the file was there already.
        repeated: Images left out because they nearly repeat an earlier one.
        rows: Images looked at, old ones included.
        compared: Pairs compared by this run.
        resumed: Pairs that an earlier run had compared.
        cpu_s: CPU seconds of this process and its workers, start-up included; on Windows of this
            process alone.
        elapsed_s: Wall seconds.
        workers: Workers used.
        kernel: Matrix kernel of the workers; None where this process did the work itself.
        notes: Sentences a user should read.
    """

    out: Path
    pairs: int
    candidates: int
    repeated: int
    rows: int
    compared: int
    resumed: int
    cpu_s: float
    elapsed_s: float
    workers: int
    kernel: Kernel | None
    notes: tuple[str, ...]


def mine(
    first: Embeddings,
    second: Embeddings | None,
    *,
    above: float,
    below: float,
    out: Path,
    block: int | None = None,
    workers: int | None = None,
    top: int | None = None,
    cap: int | None = None,
    against: tuple[Embeddings, Embeddings | None] | None = None,
    apart: IntArray | None = None,
    near_duplicates: float | None = None,
    progress: Callable[[Step], None] | None = None,
    in_children: bool | None = None,
) -> Mined:
    """Find all pairs i < j with similarity in `first` > above and in `second` < below.

    Writes parquet with the columns i, j (row numbers, or ids where the embeddings hold them),
    similarity_a, similarity_b (float64; null without a second matrix), sorted by row numbers.
    Finished strips are kept beside it in ``OUT.unfinished`` until it is whole: the same call goes
    on after any end. Where the file is there already, and of the same call, nothing is done.

    Args:
        first: Embeddings of an encoder that confuses.
        second: Of one that does not, of the same images in the same order; None asks `first` alone.
        above: In [-1, 1].
        below: In [-1, 1]; without a second matrix it says nothing.
        out: File to write.
        block: Edge of a tile; moves the cost alone.
        workers: Processes or threads; one a core unless said otherwise.
        top: Keep a pair among the `top` best of at least one of its images.
        cap: Then take the best pairs first, and no image into more than `cap`.
        against: Old embeddings, first and second: rows are numbered through, old ones first, and
            pairs of two old rows are left out. Not with `top`, `cap` or `near_duplicates`, which
            only the whole can decide.
        apart: Article of each row (old ones first), shape (n,), negative where unknown: pairs
            within an article are dropped.
        near_duplicates: Drop images this alike to an earlier one in both matrices, at least
            `above`. In both, because the first alone takes different images for one: that is
            what is looked for.
        progress: Called after each strip.
        in_children: Use processes of their own; None where the work is worth it.

    Raises:
        DataError: If the arguments do not fit together.
        PlanMismatchError: If `out` or its unfinished folder belongs to another call.
        WorkLeft: If a worker died or the call was interrupted; the same call goes on.
    """
    started, spent = time.perf_counter(), _cpu_s()
    asked = Asked(first, second, against, above, below, apart, near_duplicates, top, cap)
    ids = row_ids(first, second, against)
    check(asked)
    _require_positive(block=block, workers=workers)
    digest = asked.digest
    said = said_by(out)
    if said is not None:
        return _already(asked, said, digest, out)
    if not out.parent.is_dir():
        raise DataError(f"{out.parent} is no folder: make it, or choose another --out.")
    state = State.beside(out, digest)
    with state.held():
        run = _Run(asked, state, block, workers or crew.usual_workers(), progress)
        try:
            run.work(digest, in_children=in_children)
        except KeyboardInterrupt as error:
            raise WorkLeft("Interrupted: the same command goes on where it stopped.") from error
        candidates, repeated = run.counted()
        said = {"format": FORMAT, "digest": digest, "rows": asked.n, "above": above,
                "below": below, "repeated": int(repeated.sum())}  # fmt: skip
        selected = _selected(asked, state, repeated)
        total = write_pairs(selected, out, state.folder, ids=ids, said=said)
        state.remove()
    return Mined(
        out, total, candidates, int(repeated.sum()), asked.n, run.compared, run.before,
        _cpu_s() - spent, time.perf_counter() - started, run.workers, run.kernel,
        (*notes(asked), *run.notes),
    )  # fmt: skip


def _require_positive(**numbers: int | None) -> None:
    for name, number in numbers.items():
        if number is not None and number < 1:
            raise DataError(f"--{name} must be at least 1, not {number}.")


class _Run:
    """The strips of one call: those that are done, and those that still have to be."""

    def __init__(
        self, asked: Asked, state: State, block: int | None, workers: int,
        progress: Callable[[Step], None] | None,
    ) -> None:  # fmt: skip
        self.asked, self.state, self.block, self.workers = asked, state, block, workers
        self.progress = progress
        self.strips = strips(asked.n_old, asked.n)
        self.todo = [k for k in range(len(self.strips)) if not state.finished(k)]
        self.total = sum(comparisons(strip, asked.n) for strip in self.strips)
        self.before = self.total - sum(self._size(k) for k in self.todo)
        self.operations = 2.0 * (self.total - self.before) * asked.first.dimension
        self.compared = 0
        self.kernel: Kernel | None = None
        self.notes: list[str] = []

    def _size(self, index: int) -> int:
        return comparisons(self.strips[index], self.asked.n)

    def work(self, digest: str, *, in_children: bool | None) -> None:
        """Mine the strips that are left."""
        if not self.todo:
            return
        apart = _worth_children(self.operations) if in_children is None else in_children
        found = 0
        with closing(self._in_children(digest) if apart else self._in_threads()) as results:
            for index, pairs in results:
                found += pairs
                self.compared += self._size(index)
                if self.progress is not None:
                    done = self.before + self.compared
                    self.progress(Step(done, self.total, self.before, found))

    def _in_threads(self) -> Generator[tuple[int, int], None, None]:
        asked = self.asked
        old = asked.against or (None, None)
        sides = [
            None if new is None
            else Side(rows_in_memory(new), None if was is None else rows_in_memory(was))
            for new, was in ((asked.first, old[0]), (asked.second, old[1]))
        ]  # fmt: skip
        if sides[0] is None:
            raise AssertionError("the first matrix is always there")
        job = Job(
            sides[0], sides[1], asked.above, asked.below, asked.n_old, asked.n, asked.usable,
            asked.apart, asked.near,
        )  # fmt: skip
        return crew.in_threads(
            job, self.todo, self.state, block=self.block or BLOCK, workers=self.workers
        )

    def _in_children(self, digest: str) -> Generator[tuple[int, int], None, None]:
        asked, state = self.asked, self.state
        old = asked.against or (None, None)

        def side(new: Embeddings | None, was: Embeddings | None, role: str) -> Any:
            if new is None:
                return None
            before = None if was is None else state.matrix(was, f"old-{role}")
            return {"new": state.matrix(new, role), "old": before}

        state.keep_job(
            {"first": side(asked.first, old[0], "first"),
             "second": side(asked.second, old[1], "second"),
             "above": asked.above, "below": asked.below, "near": asked.near,
             "n_old": asked.n_old, "n": asked.n, "usable": state.vector("usable", asked.usable),
             "apart": state.vector("apart", asked.apart)},
            digest,
        )  # fmt: skip
        self.kernel = best_kernel(careful=self.operations >= WORTH_CARE)
        if self.kernel.sentence:
            self.notes.append(self.kernel.sentence)
        return crew.in_children(
            state.folder, self.todo, block=self.block or self.kernel.block,
            workers=self.workers, core_type=self.kernel.core_type,
        )  # fmt: skip

    def counted(self) -> tuple[int, BoolArray]:
        """Candidates of all strips, and which images repeat an earlier one."""
        candidates, repeated = 0, np.zeros(self.asked.n, dtype=np.bool_)
        for index in range(len(self.strips)):
            found = self.state.take(index)
            candidates += found.candidates
            repeated[found.repeated] = True
        return candidates, repeated


def _selected(asked: Asked, state: State, repeated: BoolArray) -> Iterator[Pairs]:
    """Pairs of all strips in order, less what the selection leaves out."""
    parts = (
        without_repeats(state.take(index).pairs, repeated)
        for index in range(len(strips(asked.n_old, asked.n)))
    )
    if asked.top is None and asked.cap is None:
        yield from parts
        return
    held: list[Pairs] = [np.empty(0, dtype=PAIR)]
    for part in parts:
        held.append(part)
        if asked.top is not None and sum(map(len, held)) > PRUNED_AT + 2 * len(held[0]):
            held = [best_of_each(np.concatenate(held), asked.top)]
    kept = np.concatenate(held)
    if asked.top is not None:
        kept = best_of_each(kept, asked.top)
    yield kept if asked.cap is None else capped(kept, asked.cap, asked.n)


def _already(asked: Asked, said: dict[str, Any], digest: str, out: Path) -> Mined:
    """The result that is there, if this very call made it."""
    if said.get("digest") != digest:
        raise PlanMismatchError(
            f"{out} holds the pairs of other embeddings or settings: choose another --out."
        )
    note = f"{out} holds the pairs of this very command already: nothing was done."
    return Mined(
        out, said["pairs"], 0, said["repeated"], asked.n, 0, 0, 0.0, 0.0, 0, None,
        (*notes(asked), note),
    )  # fmt: skip


def _worth_children(operations: float) -> bool:
    """Whether a job is large enough for processes of its own, with the kernel of this one."""
    if operations < WORTH_CHILDREN:
        return False
    return operations >= WORTH_CARE or loaded_kernel() not in WIDEST


def _cpu_s() -> float:
    """CPU seconds of this process and of its children that have ended."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system
