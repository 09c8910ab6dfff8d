"""Conformal sets of options on a run: what they hold clean, and once the right option is hidden.

The limit is calibrated on clean cases of all parts but the test part, and applied to the test part
of each arm. Where the right option is hidden, clean and new cases are no longer exchangeable: that
is shown, not repaired.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from medtrust.metrics.arrays import FloatArray, IntArray
from medtrust.metrics.conformal import Score, SetQuality, calibrate_sets, set_quality
from medtrust.suites.clinical_ue.marks import PROBABILITY
from medtrust.tuning.cases import Material, column_of, encoded_clusters
from medtrust.tuning.thresholds import TEST, Terms

SCORES: Final[tuple[Score, ...]] = ("lac", "aps")


@dataclass(frozen=True, slots=True)
class SetsOfArm:
    """Sets by one score on the test part of one arm.

    Attributes:
        score: ``lac`` or ``aps``.
        arm: The condition; ``""`` is the question as it stands.
        n_calibration: Cases that the limit was calibrated on, one per cluster.
        quality: Coverage and size.
        asked: Cases of the test part's clusters in this arm, all of each cluster.
        without: Those among them that lack a probability for every option, or the place of the
            right one: none of them is drawn.
    """

    score: Score
    arm: str
    n_calibration: int
    quality: SetQuality
    asked: int
    without: int


@dataclass(frozen=True, slots=True)
class _Table:
    """Cases with a probability for every option; n rows."""

    probabilities: FloatArray
    options: IntArray
    right: IntArray
    clusters: IntArray
    strata: list[str | None]

    def take(self, rows: IntArray) -> _Table:
        return _Table(
            self.probabilities[rows],
            self.options[rows],
            self.right[rows],
            self.clusters[rows],
            [self.strata[row] for row in rows.tolist()],
        )


def option_sets(
    material: Material, test: IntArray, terms: Terms, stratum: str | None
) -> Iterator[SetsOfArm]:
    """Sets by both scores in every arm that has option probabilities.

    Args:
        material: The run's tables.
        test: Clusters of the test part.
        terms: alpha is the tolerated share of sets without the right option.
        stratum: Coverage is also given by its values; ``modality`` where None and there is one.
    """
    clean = _table(material, "", stratum)
    if clean is None:
        return
    rng = np.random.default_rng((terms.seed, TEST, TEST))
    held_out = np.isin(clean.clusters, test)
    calibration = _one_each(clean.take(np.flatnonzero(~held_out)), rng)
    for arm in sorted(material.tables):
        table = clean if arm == "" else _table(material, arm, stratum)
        if table is None:
            continue
        tested = np.flatnonzero(np.isin(table.clusters, test))
        asked = int(np.isin(encoded_clusters(material.tables[arm]), test).sum())
        tried = _one_each(table.take(tested), rng)
        if not tried.right.size or not calibration.right.size:
            continue
        for score in SCORES:
            rule = calibrate_sets(
                calibration.probabilities, calibration.right, alpha=terms.alpha,
                score=score, options=calibration.options,
            )  # fmt: skip
            sets = rule.sets(tried.probabilities, options=tried.options)
            quality = set_quality(sets, tried.right, strata=tried.strata)
            yield SetsOfArm(score, arm, rule.n, quality, asked, asked - tested.size)


def _table(material: Material, arm: str, stratum: str | None) -> _Table | None:
    """Cases of an arm whose options all have a probability; None where the arm has none.

    The right option is at its place in the clean question: in an arm that hides it, NOTA stands
    there.
    """
    table = material.tables[arm]
    columns = sorted(
        (name for name in table.columns if name.removeprefix(PROBABILITY).isdigit()),
        key=lambda name: int(name.removeprefix(PROBABILITY)),
    )
    if not columns or "gold" not in table.columns:
        return None
    gold = material.tables[""].select("sample", right=pl.col("gold"))
    kept = table.join(gold, on="sample", how="inner", maintain_order="left").filter(
        pl.col("right").is_not_null() & pl.col(columns[0]).is_not_null()
    )
    kept = kept.filter(
        (pl.col("right") < pl.sum_horizontal(pl.col(columns).is_not_null()))
        & (pl.sum_horizontal(columns) > 0.0)
    )
    if kept.is_empty():
        return None
    values = kept.select(pl.col(columns).cast(pl.Float64)).to_numpy()
    there = ~np.isnan(values)
    values = np.where(there, values, 0.0)
    return _Table(
        values / values.sum(axis=1, keepdims=True),
        there.sum(axis=1).astype(np.int64),
        kept.get_column("right").to_numpy().astype(np.int64),
        encoded_clusters(kept),
        _strata(kept, stratum),
    )


def _strata(table: pl.DataFrame, stratum: str | None) -> list[str | None]:
    if stratum is None and "stratum:modality" not in table.columns:
        return [None] * table.height
    values: list[str | None] = (
        table.get_column(column_of(table, stratum or "modality")).cast(pl.String).to_list()
    )
    return values


def _one_each(table: _Table, rng: np.random.Generator) -> _Table:
    order = rng.permutation(table.right.size)
    return table.take(np.sort(order[np.unique(table.clusters[order], return_index=True)[1]]))
