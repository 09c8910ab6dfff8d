"""Fragility under a perturbation, minus fragility under perturbations that should do nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from medtrust.core.errors import ShapeError
from medtrust.metrics.arrays import FloatArray, IntArray, require_level
from medtrust.metrics.fragility import ALL_COLLAPSED, NOTHING_COLLAPSED, why_undefined
from medtrust.metrics.intervals import Interval, rate
from medtrust.metrics.mean_ranking import mean_spread, spread_interval, why_silent
from medtrust.metrics.paired import PairedDifference
from medtrust.metrics.perturbation import Collapsing, right_before_only
from medtrust.metrics.ranking_intervals import BALANCED, DIFFERENCE, METHOD, ONE_CLASS, RANKED_ALIKE
from medtrust.metrics.ranking_variance import AurocPair, AurocSpread, auroc_spread

NOTHING_FLIPPED = "nothing flipped under the null: no null AUROC"
ALL_FLIPPED = "everything flipped under the null: no null AUROC"
OTHERS = "too little flips under the others"
NO_DISCORDANCE = "no item changed under one arm alone in both directions"


@dataclass(frozen=True, slots=True)
class NullComparison:
    """Fragility under a perturbation against that under perturbations that should do nothing.

    Attributes:
        conditional: AUROC for collapse, among the items right before.
        null: Mean over null arms of the AUROC for flips to wrong, same items, same uncertainty.
        arms: AUROC of each null arm, in the order given; value None where nothing flipped.
        null_rates: Share of the items right before that flipped, for each null arm.
        difference: ``conditional`` minus ``null``, with interval and p.
        discordant: AUROC of uncertainty among items that turned wrong under exactly one of the
            two, positive = under the perturbation; mean over null arms. 0.5 when items are only
            hard or easy, however strong either perturbation is.
        used: Positions of the null arms that the mean is over.
    """

    conditional: Interval
    null: Interval
    arms: tuple[Interval, ...]
    null_rates: tuple[Interval, ...]
    difference: PairedDifference
    discordant: Interval
    used: tuple[int, ...]


def against_null(
    uncertainty_before: npt.ArrayLike,
    right_before: npt.ArrayLike,
    right_after: npt.ArrayLike,
    null_right_after: Sequence[npt.ArrayLike],
    *,
    clusters: IntArray | None = None,
    level: float = 0.95,
) -> NullComparison:
    """Fragility, minus what the same uncertainty foresees of flips under mere reshuffling.

    Hard items, and answers that were lucky guesses, flip for any reason. So uncertainty would
    foresee "collapse" under anything at all. The null arms ask the same question with its options
    shuffled, in other words, or with a wrong option replaced, and the difference is what is
    particular to the perturbation. Same uncertainty, same items (those right before), same way of
    counting; all AUROCs share their items and clusters, and so do their errors.

    An AUROC does not depend on the share of positives as such. But a stronger perturbation also
    empties the class of those that held of hard items, so two perturbations that act on the same
    hardness with different strength differ a little in AUROC (with flips at 10 and at 40 %, by
    0.01 to 0.02, to the disadvantage of the stronger). ``discordant`` does not: if the log odds of
    turning wrong are an item's hardness plus the strength of the arm (Rasch), then under which of
    the two arms an item failed, given that it failed under one, does not depend on the item,
    whatever its uncertainty.

    Args:
        uncertainty_before: High = uncertain, finite, shape (n,).
        right_before: Booleans, or zeros and ones, shape (n,).
        right_after: Those of the same items under the perturbation, shape (n,).
        null_right_after: Those of the same items under each null arm, shape (n,) each; leave out
            beforehand items that lack an arm.
        clusters: Cluster codes, shape (n,); None when all items are independent.
        level: Nominal coverage, in (0, 1).

    Returns:
        Null arms under which too little flipped (or held) for an interval are left out of the mean
        if others are not, and the note counts those that are in; the choice looks at counts, not
        at AUROCs. Where nothing (or everything) flipped under all arms, ``null`` and ``difference``
        are None with the reason.

    Raises:
        ShapeError: If the arrays differ in length, hold NaN or other labels, or there is no arm.

    Source: intervals see `medtrust.metrics.ranking_variance`; conditioning on discordant items,
        Rasch 1960 and Cox 1958, Biometrika 45, pages 562-565; the use here is our own.
    """
    require_level(level)
    if len(null_right_after) == 0:
        raise ShapeError("null_right_after must hold at least one arm.")
    part = right_before_only(uncertainty_before, right_before, right_after, clusters=clusters)
    arms = [
        right_before_only(uncertainty_before, right_before, arm, clusters=clusters).collapsed
        for arm in null_right_after
    ]
    table = _Table(part, level)
    first = table.spread(part.collapsed)
    why = why_undefined(part.collapsed, NOTHING_COLLAPSED, ALL_COLLAPSED)
    nulls = [table.spread(arm) for arm in arms]
    whys = [why_undefined(arm, NOTHING_FLIPPED, ALL_FLIPPED) for arm in arms]
    second, note = _mean_of(nulls)
    return NullComparison(
        conditional=table.interval(first, why),
        null=table.interval(second, whys[0], note),
        arms=tuple(table.interval(*pair) for pair in zip(nulls, whys, strict=True)),
        null_rates=tuple(rate(arm, clusters=part.clusters, level=level) for arm in arms),
        difference=table.difference(first, second, why or whys[0], note),
        discordant=table.discordant(arms),
        used=tuple(_used(nulls)),
    )


@dataclass(frozen=True, slots=True)
class _Table:
    """The items right before, and the AUROCs made on them."""

    part: Collapsing
    level: float

    @property
    def units(self) -> IntArray:
        codes = self.part.clusters
        return np.arange(self.part.rows.size) if codes is None else codes

    def spread(self, positive: FloatArray) -> AurocSpread | None:
        return auroc_spread(self.part.uncertainty, positive, self.units)

    def interval(self, spread: AurocSpread | None, why: str, note: str = "") -> Interval:
        n, clustered = self.part.rows.size, self.part.clusters is not None
        if spread is None:
            return self.nothing(METHOD, why)
        found = spread_interval(spread, n=n, clustered=clustered, level=self.level)
        return replace(found, note="; ".join(filter(None, (found.note, note))))

    def nothing(self, method: str, why: str) -> Interval:
        k = np.unique(self.units).size
        return Interval(None, None, None, self.level, method, self.part.rows.size, k, why)

    def difference(
        self, first: AurocSpread | None, second: AurocSpread | None, why: str, note: str
    ) -> PairedDifference:
        if first is None or second is None:
            return PairedDifference(self.nothing(DIFFERENCE, why or ONE_CLASS), None, "")
        pair, empty = AurocPair.of(first, second), self.nothing(DIFFERENCE, "")
        silent = why_silent(first) or why_silent(second)
        if not silent and pair.still:
            silent = RANKED_ALIKE if pair.value == 0.0 else BALANCED
        note = "; ".join(filter(None, (silent, note)))
        if silent:
            return PairedDifference(replace(empty, value=pair.value, note=note), None, "")
        low, high = pair.ends(self.level)
        interval = replace(empty, value=pair.value, low=low, high=high, note=note)
        return PairedDifference(interval, pair.p_value(), DIFFERENCE)

    def discordant(self, arms: Sequence[FloatArray]) -> Interval:
        apart = [arm != self.part.collapsed for arm in arms]
        spreads = [
            auroc_spread(self.part.uncertainty[at], self.part.collapsed[at], self.units[at])
            for at in apart
        ]
        spread, note = _mean_of(spreads)
        if spread is None:
            return self.nothing(METHOD, NO_DISCORDANCE)
        found = spread_interval(
            spread,
            n=int(np.any([apart[arm] for arm in _used(spreads)], axis=0).sum()),
            clustered=self.part.clusters is not None,
            level=self.level,
        )
        return replace(found, note="; ".join(filter(None, (found.note, note))))


def _used(spreads: Sequence[AurocSpread | None]) -> list[int]:
    """Positions of the arms that have an interval; without any, of those that have a value."""
    known = {arm: spread for arm, spread in enumerate(spreads) if spread is not None}
    return [arm for arm, spread in known.items() if not why_silent(spread)] or list(known)


def _mean_of(spreads: Sequence[AurocSpread | None]) -> tuple[AurocSpread | None, str]:
    """Mean of the arms used, and how many those are if not all."""
    used = _used(spreads)
    chosen = [spread for arm, spread in enumerate(spreads) if spread is not None and arm in used]
    if not chosen:
        return None, ""
    note = "" if len(used) == len(spreads) else f"{len(used)} of {len(spreads)} null arms: {OTHERS}"
    return mean_spread(chosen), note
