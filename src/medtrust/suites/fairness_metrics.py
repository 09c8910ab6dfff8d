"""How fair a model is to the groups of one patient attribute, in every usual number.

The accuracy equality difference is kept as it was published: the largest minus the smallest rate
over all groups, however small. A handful of patients then decides it, and a perfectly fair model
is far from 0; so its noise floor and p-value stand beside it, and the gap over groups that are
large enough, debiased and at a common label mix.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from medtrust.core.records import Estimate
from medtrust.metrics.gap_null import GroupedSums, fair_gaps
from medtrust.metrics.intervals import Interval
from medtrust.metrics.mean_comparison import mean_ratio
from medtrust.metrics.ratio import ratio
from medtrust.suites.answer_rates import SEED
from medtrust.suites.group_metrics import (
    LEVEL,
    MOST_GROUPS,
    Groups,
    compared,
    differences,
    each_group,
    gaps,
    over_all,
)

EQUALITY_DIFFERENCE = "accuracy_equality_difference"


def fairness_metrics(groups: Groups, *, published: str = EQUALITY_DIFFERENCE) -> Iterator[Estimate]:
    """Every number about the groups of one attribute.

    Args:
        groups: Their scores.
        published: Name of the difference over all groups, small ones too.
    """
    if len(groups.values) > MOST_GROUPS:
        yield from not_compared(groups, published)
        return
    yield from each_group(groups)
    yield from equality_difference(groups, published)
    if len(groups.values) < 2:
        return
    yield from differences(groups)
    yield from ratios(groups)
    yield worst_group(groups)
    yield from gaps(groups)


def not_compared(groups: Groups, published: str) -> Iterator[Estimate]:
    """The two largest differences, null: groups are too many."""
    why = f"{len(groups.values)} groups: more than {MOST_GROUPS} are not compared"
    nothing = over_all(groups, None, "max-min", why)
    for metric in (published, f"{groups.metric}_gap"):
        yield groups.part.estimate(
            metric, nothing, measure=groups.measure, direction="lower", label=groups.name
        )


def ratios(groups: Groups) -> Iterator[Estimate]:
    """Ratios of rates or means, as `Groups.sides` pairs them; there are at least two groups."""
    compare = ratio if groups.measure == "correct" else mean_ratio
    yield from compared(groups, compare, "ratio", unit="ratio")


def worst_group(groups: Groups) -> Estimate:
    """The group that fares worst among those large enough; its interval holds for all at once."""
    rows = [row for row in groups.table.rows if not row.note]
    if rows:
        worst = min(rows, key=lambda row: (row.interval.value or 0.0, row.group))
        found = worst.simultaneous
        name = groups.values[worst.group]
        interval = Interval(
            found.value, found.low, found.high, LEVEL, f"{found.method}-sidak",
            found.n, found.n_clusters, found.note,
        )  # fmt: skip
        note = f"{groups.name}={name} (n = {found.n}), of {len(rows)} groups"
    else:
        interval = over_all(groups, None, "min", f"no group has {groups.minimum_n} answers")
        note = smallest(groups)
    return groups.part.estimate(
        f"worst_group_{groups.metric}",
        interval,
        measure=groups.measure,
        direction="higher",
        label=groups.name,
        note=note,
    )


def equality_difference(groups: Groups, metric: str) -> Iterator[Estimate]:
    """Largest minus smallest rate (or mean score) over all groups, whatever their size.

    Beside it stands what a fair model shows on the same samples, permuted like the gaps of
    `medtrust.metrics.gaps`. With fewer than two groups it is null.

    Source: accuracy equality difference as in CARES, arXiv 2406.06007, figure 4 and leaderboard;
        no script was released, and for more than two groups max minus min is inferred.
    """
    part, measure, name = groups.part, groups.measure, groups.name
    if len(groups.values) < 2:
        why = "fewer than two groups have answers"
        nothing = over_all(groups, None, "max-min", why)
        yield part.estimate(metric, nothing, measure=measure, direction="lower", label=name)
        return
    same = np.zeros_like(groups.codes)
    sums = GroupedSums.build(groups.scores, groups.codes, same, groups.clusters)
    value = float(np.ptp(sums.rates()))
    fair, null_model = fair_gaps(sums, rng=np.random.default_rng(SEED), draws=groups.draws)
    yield part.estimate(
        metric,
        over_all(groups, value, "max-min"),
        measure=measure,
        direction="lower",
        label=name,
        note=smallest(groups),
        p_value=(1 + int(np.sum(fair >= value - 1e-12))) / (1 + fair.size),
    )
    floor = over_all(groups, float(fair.mean()), null_model)
    yield part.estimate(f"{metric}_noise_floor", floor, measure=measure, label=name)


def smallest(groups: Groups) -> str:
    """What must be known about the sizes of groups."""
    place = int(groups.sizes.argmin())
    size, value = int(groups.sizes[place]), groups.values[place]
    said = [f"smallest of {len(groups.values)} groups: {value} (n = {size})"]
    silent = sorted(set(groups.part.values(groups.column)) - set(groups.values))
    if silent:
        said.append(f"no answers: {', '.join(silent)}")
    if groups.measure == "judge_score":
        said.append("of mean judge scores")
    return "; ".join(said)
