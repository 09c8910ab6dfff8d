"""Choosing estimator and thresholds so that the error among answered cases is bounded.

Clusters (patients) are dealt into three parts. The **selection** part chooses the estimator and
fixes the sequences of thresholds; the **calibration** part tests them; the **test** part, which
nothing was chosen on, says what they do. From each cluster one case is drawn, by seed, so that the
cases of a part are independent. The guarantee is about such a case: a random one of a new patient.

Chances of a mistake add up: over strata with thresholds of their own, and over estimators where
all of them are tested (``share_delta``), delta is divided.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from medtrust.core.errors import ShapeError
from medtrust.metrics.arrays import BoolArray, FloatArray, IntArray
from medtrust.metrics.clopper_pearson import clopper_pearson
from medtrust.metrics.intervals import Interval, rate
from medtrust.metrics.risk_control import (
    RiskControl,
    ThresholdPlan,
    cases_needed,
    control_risk,
    plan_thresholds,
)
from medtrust.tuning.cases import Cases

SELECTION, CALIBRATION, TEST = 0, 1, 2
SHARES: Final = (0.2, 0.6, 0.2)
"""Of the clusters, for each part."""

ALPHAS: Final = tuple(step / 20 for step in range(1, 11))
"""0.05 to 0.5: what is looked at for a hint where nothing can be guaranteed."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What is promised and how it is looked for.

    Attributes:
        alpha: Largest tolerated share of wrong answers among those answered, in (0, 1).
        delta: Chance that the promise is mistaken, in (0, 1).
        share_delta: Test all estimators, each with its share of delta, instead of choosing one on
            the selection part.
        seed: Of the parts and of the case drawn from each cluster. Fix it before the first look:
            to try seeds until one gives a policy breaks the promise far more often than delta.
    """

    alpha: float = 0.05
    delta: float = 0.05
    share_delta: bool = False
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Rule:
    """The threshold of one stratum, or of all cases.

    Attributes:
        stratum: Index of the value of the stratum; None for all cases.
        delta: Its share of delta.
        control: The threshold and what it rests on.
    """

    stratum: int | None
    delta: float
    control: RiskControl


@dataclass(frozen=True)
class Found:
    """Estimator and thresholds, guaranteed or not.

    Attributes:
        estimator: The one chosen; where nothing is guaranteed, the one that came nearest.
        rules: One, or one per value of the stratum.
        expected: By estimator, the coverage hoped for on the selection part.
        clusters: Clusters in the selection, calibration and test parts.
        test: Clusters of the test part.
    """

    estimator: str
    rules: tuple[Rule, ...]
    expected: Mapping[str, float]
    clusters: tuple[int, int, int]
    test: IntArray

    @property
    def guaranteed(self) -> bool:
        """Whether there is a threshold at all."""
        return any(rule.control.threshold is not None for rule in self.rules)


@dataclass(frozen=True, slots=True)
class Realised:
    """What rules do to cases they were not calibrated on, one per cluster.

    Attributes:
        n: Cases.
        answered: Answered ones.
        errors: Wrong ones among them.
        unanswered: Cases in which the model gave no answer: escalated.
        without_number: Cases with an answer but without the uncertainty: escalated.
        risk: Share of wrong answers among the answered, exact interval.
        escalated: Share of cases that go to a clinician.
    """

    n: int
    answered: int
    errors: int
    unanswered: int
    without_number: int
    risk: Interval
    escalated: Interval


def find_thresholds(cases: Cases, terms: Terms, *, n_values: int = 0) -> Found:
    """Choose an estimator and test its thresholds.

    Args:
        cases: Clean cases, with at least one estimator.
        terms: What is promised.
        n_values: Number of values of the stratum for thresholds of their own; 0 for one threshold.
            A case without a value is then never answered.

    Raises:
        ShapeError: If alpha or delta is not in (0, 1).
    """
    for name, value in (("alpha", terms.alpha), ("delta", terms.delta)):
        if not 0.0 < value < 1.0:
            raise ShapeError(f"{name} must lie between 0 and 1, not {value}.")
    selection, calibration, parts, clusters = _parts(cases, terms, by_stratum=n_values > 0)
    values: list[int | None] = list(range(n_values)) if n_values else [None]
    shares = len(values) * (len(cases.uncertainty) if terms.share_delta else 1)
    delta = terms.delta / shares

    plans = {
        name: [_plan(name, selection, calibration, value, terms.alpha, delta) for value in values]
        for name in cases.uncertainty
    }
    weights = [np.mean(_rows(calibration, value)) if calibration.wrong.size else 0.0
               for value in values]  # fmt: skip
    expected = {
        name: float(sum(w * plan.expected_coverage for w, plan in zip(weights, found, strict=True)))
        for name, found in plans.items()
    }
    best = max(expected, key=lambda name: expected[name])
    rules = {
        name: tuple(
            Rule(value, delta, _control(name, calibration, value, plan, terms.alpha, delta))
            for value, plan in zip(values, plans[name], strict=True)
        )
        for name in (plans if terms.share_delta else [best])
    }
    chosen = max(rules, key=lambda name: (_covered(rules[name]), expected[name]))
    test = np.unique(cases.clusters[parts == TEST])
    return Found(chosen, rules[chosen], expected, clusters, test)


def _parts(
    cases: Cases, terms: Terms, *, by_stratum: bool
) -> tuple[Cases, Cases, IntArray, tuple[int, int, int]]:
    """Drawn cases to choose and to calibrate on, the part of each case, clusters in each part."""
    rng = np.random.default_rng(terms.seed)
    parts, clusters = deal(cases.clusters, rng)
    drawn = one_per_cluster(cases, rng, by_stratum=by_stratum)
    selection = cases.take(drawn[parts[drawn] == SELECTION])
    calibration = cases.take(drawn[parts[drawn] == CALIBRATION])
    return selection, calibration, parts, clusters


def deal(clusters: IntArray, rng: np.random.Generator) -> tuple[IntArray, tuple[int, int, int]]:
    """Part of each case, whole clusters together, shape (n,), and clusters in each part."""
    names, codes = np.unique(clusters, return_inverse=True)
    k = names.size
    ends = np.rint(np.cumsum(SHARES) * k).astype(np.int64)
    of_cluster = np.searchsorted(ends, rng.permutation(k), side="right")
    sizes = np.bincount(of_cluster, minlength=3)
    return of_cluster[codes].astype(np.int64), (int(sizes[0]), int(sizes[1]), int(sizes[2]))


def one_per_cluster(cases: Cases, rng: np.random.Generator, *, by_stratum: bool) -> IntArray:
    """Row of one random case of each cluster; of each cluster's part in a stratum, if asked."""
    order = rng.permutation(cases.clusters.size)
    key = cases.clusters[order]
    if by_stratum:
        width = int(cases.strata.max(initial=0)) + 2
        key = key * width + cases.strata[order] + 1
    return np.sort(order[np.unique(key, return_index=True)[1]])


def _rows(cases: Cases, value: int | None) -> BoolArray:
    if value is None:
        return np.ones(cases.wrong.shape, dtype=np.bool_)
    same: BoolArray = cases.strata == value
    return same


def _numbered(name: str, cases: Cases, value: int | None) -> tuple[FloatArray, FloatArray, int]:
    """Uncertainty and error of cases with a number, and how many have none."""
    rows = _rows(cases, value)
    numbers = cases.uncertainty[name][rows]
    there = ~np.isnan(numbers)
    return numbers[there], cases.wrong[rows][there], int((~there).sum())


def _plan(
    name: str, selection: Cases, calibration: Cases, value: int | None, alpha: float, delta: float
) -> ThresholdPlan:
    uncertainty, wrong, without = _numbered(name, selection, value)
    return plan_thresholds(
        uncertainty,
        wrong,
        n_calibration=int(_rows(calibration, value).sum()),
        alpha=alpha,
        delta=delta,
        without=without,
    )


def _control(
    name: str,
    calibration: Cases,
    value: int | None,
    plan: ThresholdPlan,
    alpha: float,
    delta: float,
) -> RiskControl:
    uncertainty, wrong, without = _numbered(name, calibration, value)
    return control_risk(
        uncertainty,
        wrong,
        thresholds=plan.thresholds,
        alpha=alpha,
        delta=delta,
        without=without,
        why_none=plan.reason,
    )


def _covered(rules: tuple[Rule, ...]) -> int:
    """Calibration cases answered under a guarantee."""
    return sum(rule.control.answered for rule in rules if rule.control.threshold is not None)


def clusters_needed(cases: Cases, found: Found, terms: Terms, rule: Rule) -> int | None:
    """Clusters in all with which a rule would likely get a threshold, at least.

    Returns:
        None when the error looks too large for any number of cases.
    """
    seen = cases.take(np.flatnonzero(~np.isin(cases.clusters, found.test)))
    rng = np.random.default_rng((terms.seed, CALIBRATION))
    seen = seen.take(one_per_cluster(seen, rng, by_stratum=rule.stratum is not None))
    uncertainty, wrong, without = _numbered(found.estimator, seen, rule.stratum)
    needed = cases_needed(uncertainty, wrong, alpha=terms.alpha, delta=rule.delta, without=without)
    if needed is None:
        return None
    share = (wrong.size + without) / np.unique(seen.clusters).size
    return int(np.ceil(needed / share / SHARES[CALIBRATION]))


def alpha_within_reach(cases: Cases, found: Found, terms: Terms, rule: Rule) -> float | None:
    """Smallest larger alpha of `ALPHAS` that the part set apart to choose makes likely.

    The calibration part has no say beyond its size, so that the hint does not spend the promise.
    Few cases look better than they are: it is judged as if one more, the surest, were wrong.

    Returns:
        None when no such alpha is.
    """
    selection, calibration, *_ = _parts(cases, terms, by_stratum=rule.stratum is not None)
    uncertainty, wrong, without = _numbered(found.estimator, selection, rule.stratum)
    if not wrong.size:
        return None
    uncertainty, wrong = np.append(uncertainty, uncertainty.min()), np.append(wrong, 1.0)
    there = int(_rows(calibration, rule.stratum).sum())
    for alpha in ALPHAS:
        if alpha > terms.alpha:
            needed = cases_needed(
                uncertainty, wrong, alpha=alpha, delta=rule.delta, without=without
            )
            if needed is not None and needed <= there:
                return alpha
    return None


def answered_rows(cases: Cases, found: Found) -> BoolArray:
    """Which cases are answered, shape (n,): a number, a threshold, and not above it."""
    limit = np.full(cases.wrong.shape, -np.inf)
    for rule in found.rules:
        if rule.control.threshold is not None:
            limit[_rows(cases, rule.stratum)] = rule.control.threshold
    answered: BoolArray = cases.uncertainty[found.estimator] <= limit  # NaN is never <=
    return answered


def realise(cases: Cases, found: Found, terms: Terms, *, level: float = 0.95) -> Realised:
    """Apply rules to the test part of an arm, one case per cluster."""
    test = cases.take(np.flatnonzero(np.isin(cases.clusters, found.test)))
    rng = np.random.default_rng((terms.seed, TEST))
    test = test.take(one_per_cluster(test, rng, by_stratum=False))
    answered = answered_rows(test, found)
    n, errors = int(answered.sum()), int(test.wrong[answered].sum())
    silent = np.isnan(test.uncertainty[found.estimator]) & ~test.unanswered
    return Realised(
        test.wrong.size,
        n,
        errors,
        int(test.unanswered.sum()),
        int(silent.sum()),
        clopper_pearson(errors, n, level=level),
        rate(~answered, level=level),
    )
