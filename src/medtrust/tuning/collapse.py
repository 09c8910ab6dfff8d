"""The chance of collapse of each case of a run: which answers would not survive a perturbation?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from medtrust.core.conditions import canonical_condition
from medtrust.core.errors import DataError, UnknownNameError
from medtrust.metrics.collapse_probability import CollapseProbability, collapse_probability
from medtrust.run import Run
from medtrust.suites.clinical_ue.arms import REPLACED
from medtrust.suites.clinical_ue.estimated import REFERENCES
from medtrust.tuning.cases import encoded_clusters, read_material


@dataclass(frozen=True, slots=True)
class CaseChances:
    """Chances of the cases that were right to the plain question.

    Attributes:
        frame: Columns ``sample``, ``probability`` in [0, 1] (learned without the case's cluster),
            ``collapsed`` (whether it was wrong under the perturbation) and the estimators.
        condition: The perturbation.
        estimators: What the chances were made of.
        found: How far they may be believed.
        left_out: Cases right before that lack an estimator or an outcome.
    """

    frame: pl.DataFrame
    condition: str
    estimators: tuple[str, ...]
    found: CollapseProbability
    left_out: int


def collapse_chances(
    run: Run,
    condition: str = REPLACED,
    *,
    estimators: Sequence[str] = (),
    seed: int = 0,
) -> CaseChances:
    """The chance that each right answer turns wrong under a perturbation that the run holds.

    Args:
        run: With scores of clinical_ue/uncertainty, clean and under the condition.
        condition: Any arm, e.g. ``nota=replace``, ``wording=second``, ``image=blank``.
        estimators: Of the plain question; several are weighed together. Empty: the first of
            `REFERENCES` that the run has, named in advance, not by what they foresee.
        seed: Of the folds and resamples.

    Raises:
        DataError: If the run lacks the task, the arm or the estimators, or is too small.
        UnknownNameError: For an unknown condition or estimator.
    """
    material = read_material([run], estimators or None)
    wanted = canonical_condition(condition)
    if wanted not in material.tables or not wanted:
        raise UnknownNameError.among(
            "condition of the run", condition, filter(None, material.tables)
        )
    names = tuple(estimators) or _preferred(material.estimators)
    after = material.tables[wanted].filter(pl.col("correct").is_not_null())
    clean = material.tables[""].filter(pl.col("correct") > 0.5)
    rows = clean.join(
        after.select("sample", after=pl.col("correct")), on="sample", maintain_order="left"
    ).filter(pl.all_horizontal(pl.col(name).is_not_null() for name in ("after", *names)))
    if rows.is_empty():
        raise DataError(f"{run.folder} holds no answer that was right and asked again: no chances.")
    found = collapse_probability(
        rows.select(names).to_numpy().astype(np.float64),
        np.ones(rows.height),
        rows.get_column("after").to_numpy(),
        rng=np.random.default_rng(seed),
        clusters=encoded_clusters(rows),
    )
    if found.probability is None:
        raise DataError(f"{run.folder} gives no chances of collapse: {found.note}.")
    frame = rows.select("sample", *names, collapsed=pl.col("after") < 0.5).with_columns(
        probability=pl.Series(found.probability)
    )
    return CaseChances(
        frame.select("sample", "probability", "collapsed", *names),
        wanted, names, found, clean.height - rows.height,
    )  # fmt: skip


def _preferred(there: Sequence[str]) -> tuple[str, ...]:
    """The one estimator to use where none is named."""
    return tuple(name for name in (*REFERENCES, *there) if name in there)[:1]
