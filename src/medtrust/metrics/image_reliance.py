"""How much of a changed answer on a blank image is chance.

An answer that changes without its image is called image-reliant. Chance errs in two directions:

* a model that reads the image may still name the same option without it, by luck: then the item
  is called blind that was not. With two options this happens half of the time. `chance_corrected`
  divides the share of changed answers by the share expected if the answer without the image had
  nothing to do with the one with it;
* a model that ignores the image but wavers changes its answer for any reason: then the item is
  called reliant that was not. `beyond_rewording` subtracts the share of answers that change
  although the image stays.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from medtrust.core.errors import ShapeError
from medtrust.metrics.arrays import (
    FloatArray,
    IntArray,
    as_codes,
    require_level,
    require_same_length,
)
from medtrust.metrics.bootstrap import cluster_bootstrap, cluster_totals
from medtrust.metrics.clusters import dense_codes
from medtrust.metrics.intervals import NO_SAMPLES, Interval, rate
from medtrust.metrics.paired import PairedDifference, paired_difference
from medtrust.metrics.perturbation import UNREAD, as_meanings

BOOTSTRAP = "bca-cluster-bootstrap"
ALWAYS_THE_SAME = "one answer throughout: no agreement by chance to correct for"


@dataclass(frozen=True, slots=True)
class ImageReliance:
    """Share of answers that change without the image, as it is and corrected for chance.

    Attributes:
        changed: Share of clean answers that are another one without the image.
        expected: That share if the answer without the image were independent of the one with it,
            given the number of options and how often each is chosen in either condition.
        chance_corrected: ``changed`` over ``expected``: 0 = never changes, 1 = changes as if
            unrelated; may exceed 1. One minus Cohen's kappa within numbers of options.
        beyond_rewording: ``changed`` minus the mean share that changes in the variants, item by
            item. About 0 = taking the image away does no more than other words do.
    """

    changed: Interval
    expected: Interval
    chance_corrected: Interval
    beyond_rewording: PairedDifference


def image_reliance(
    clean: npt.ArrayLike,
    variants: npt.ArrayLike,
    blank: npt.ArrayLike,
    n_options: npt.ArrayLike,
    *,
    rng: np.random.Generator,
    clusters: IntArray | None = None,
    level: float = 0.95,
    draws: int = 2_000,
) -> ImageReliance:
    """Reliance on the image with both corrections; items without a clean answer are left out.

    The expected share needs codes whose frequencies mean something: yes and no, or positions in an
    order of options that does not tell the gold. If gold always stood first in the file's order,
    agreement by skill would pass for agreement by chance.

    Args:
        clean: What was chosen, codes that stay with the content, shape (n,); -1 where none was
            read.
        variants: The same under other words or orders of options, shape (n, p), p >= 1; -1 is
            another answer.
        blank: The same without the image, shape (n,); -1 is another answer.
        n_options: Number of options of each item, shape (n,).
        rng: Source of the resamples and sign flips.
        clusters: Cluster codes, shape (n,); None when all items are independent.
        level: Nominal coverage, in (0, 1).
        draws: Number of resamples, >= 1.

    Raises:
        ShapeError: If shapes do not fit or a code is under -1.

    Source: Cohen 1960, Educational and Psychological Measurement 20(1) (kappa); its use for
        reliance on the image, and the subtraction of rewording, are our own.
    """
    require_level(level)
    first, last = as_meanings(clean, "clean"), as_meanings(blank, "blank")
    counts = as_codes(n_options, "n_options")
    table = np.asarray(variants)
    if table.ndim != 2 or table.shape[1] == 0:
        raise ShapeError("variants must have the shape (n, p), p >= 1.")
    others = np.column_stack([as_meanings(column, "variants") for column in table.T])
    units = np.arange(first.size) if clusters is None else as_codes(clusters, "clusters")
    require_same_length(clean=first, blank=last, n_options=counts, variants=others, clusters=units)
    read = first != UNREAD
    first, last, counts, others, units = (
        part[read] for part in (first, last, counts, others, units)
    )
    named = None if clusters is None else units
    changed = rate(first != last, clusters=named, level=level)
    wavering = (others != first[:, None]).mean(axis=1)
    expected, corrected = _against_chance(first, last, counts, units, rng, level, draws)
    return ImageReliance(
        changed,
        expected,
        corrected,
        paired_difference(
            wavering,
            (first != last).astype(np.float64),
            rng=rng,
            clusters=named,
            level=level,
            draws=draws,
        ),
    )


def _against_chance(
    clean: IntArray,
    blank: IntArray,
    n_options: IntArray,
    clusters: IntArray,
    rng: np.random.Generator,
    level: float,
    draws: int,
) -> tuple[Interval, Interval]:
    """Expected share of changes, and the observed one over it."""
    kinds, n_kinds = dense_codes(n_options)
    width = int(max(clean.max(initial=-1), blank.max(initial=-1))) + 2
    n = clean.size
    if n == 0:
        empty = Interval(None, None, None, level, BOOTSTRAP, 0, 0, NO_SAMPLES)
        return empty, empty
    rows = np.arange(n)
    # One table of counts per number of options: items, clean and blank choices, changes.
    cells = np.zeros((n, n_kinds, 1 + 2 * width + 1))
    cells[rows, kinds, 0] = 1.0
    cells[rows, kinds, 1 + clean] = 1.0
    cells[rows, kinds, 1 + width + np.where(blank == UNREAD, width - 1, blank)] = 1.0
    cells[rows, kinds, -1] = clean != blank

    def shares(totals: FloatArray) -> FloatArray:
        return _shares(totals.reshape(-1, n_kinds, 2 + 2 * width), width)

    totals = cluster_totals(cells.reshape(n, n_kinds * (2 + 2 * width)), clusters)
    sizes = cluster_totals(np.ones((n, 1)), clusters)[:, 0]
    expected, corrected = cluster_bootstrap(
        totals, shares, sizes=sizes, rng=rng, level=level, draws=draws
    )
    if corrected.value is None:
        corrected = replace(corrected, note=ALWAYS_THE_SAME)
    return expected, corrected


def _shares(tables: FloatArray, width: int) -> FloatArray:
    """Expected share of changes and the ratio of the observed one to it, shape (m, 2)."""
    items = tables[:, :, 0]
    clean, blank = tables[:, :, 1 : 1 + width], tables[:, :, 1 + width : 1 + 2 * width]
    total = items.sum(axis=1)
    together = (clean * blank).sum(axis=2) / np.maximum(items, 1.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        expected = 1.0 - together.sum(axis=1) / total
        changed = tables[:, :, -1].sum(axis=1) / total
        ratio = np.where(expected > 1e-12, changed / expected, np.nan)
    found: FloatArray = np.column_stack([expected, ratio])
    return found
