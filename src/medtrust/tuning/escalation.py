"""From runs to an escalation policy, or to the reason why none can be guaranteed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

import numpy as np

from medtrust import __version__
from medtrust.core.errors import UserError
from medtrust.metrics.intervals import Interval
from medtrust.run import Run
from medtrust.suites.clinical_ue.gathering import BLURS
from medtrust.tuning.cases import (
    TASK,
    Cases,
    Material,
    draws_of,
    prompts_for,
    read_material,
    value_counts,
)
from medtrust.tuning.option_sets import SetsOfArm, option_sets
from medtrust.tuning.policy import EscalationPolicy
from medtrust.tuning.policy_parts import Consequence, Measured, Population, Rule
from medtrust.tuning.thresholds import (
    CALIBRATION,
    Found,
    Realised,
    Terms,
    alpha_within_reach,
    clusters_needed,
    deal,
    find_thresholds,
    realise,
)

DAYS: Final = 180
"""How long a policy holds unless it is said otherwise."""


@dataclass(frozen=True)
class Calibrated:
    """What came of it.

    Attributes:
        policy: None when nothing can be guaranteed.
        found: Estimator and thresholds, or how near they came.
        values: Of the stratum, in the order that the rules count them.
        realised: By arm, on the test part; ``""`` is the question as it stands.
        unmeasured: Arms in which the estimator has no number at all.
        sets: Conformal sets of options, where the run has their probabilities.
        left_out: Clean cases without an outcome: failed requests, unusable golds.
        terms: What was asked for.
        reason: Why there is no policy; empty when there is one.
    """

    policy: EscalationPolicy | None
    found: Found
    values: tuple[str, ...]
    realised: Mapping[str, Realised]
    unmeasured: tuple[str, ...]
    sets: tuple[SetsOfArm, ...]
    left_out: int
    terms: Terms
    reason: str = ""


def calibrate(
    runs: Run | Sequence[Run],
    terms: Terms | None = None,
    *,
    estimators: Sequence[str] | None = None,
    stratum: str | None = None,
    site: str | None = None,
    expires: date | None = None,
    created: date | None = None,
) -> Calibrated:
    """Find the threshold that keeps the error among answered cases below alpha.

    Args:
        runs: With scores of ``clinical_ue/uncertainty``; several must be of one model.
        terms: What is promised; None for alpha = delta = 0.05.
        estimators: Names to offer; None for all that the runs have numbers of.
        stratum: Give each of its values a threshold, and a share of delta.
        site: Where the cases come from: the policy then refuses others.
        expires: Last day it holds; None for 180 days after ``created``.
        created: None for today, in UTC.

    Returns:
        The policy with what it rests on and what it does, or why there is none.

    Raises:
        DataError: If the runs do not hold what is needed, or do not go together.
        UnknownNameError: For an unknown estimator or stratum.
        UserError: If alpha, delta or a date is odd.
    """
    terms = terms or Terms()
    for name, value in (("alpha", terms.alpha), ("delta", terms.delta)):
        if not 0.0 < value < 1.0:
            raise UserError(f"{name} is a share between 0 and 1, not {value:g}.")
    day = created or datetime.now(UTC).date()
    last = expires or day + timedelta(days=DAYS)
    if last < day:
        raise UserError(f"A policy that expires on {last} holds on no day: today is {day}.")
    material = read_material([runs] if isinstance(runs, Run) else list(runs), estimators)
    values = material.values(stratum)
    cases = {arm: material.cases(arm, stratum) for arm in sorted(material.tables)}
    found = find_thresholds(cases[""], terms, n_values=len(values))
    sets = tuple(option_sets(material, found.test, terms, stratum))
    realised = {
        arm: realise(part, found, terms)
        for arm, part in cases.items()
        if np.isfinite(part.uncertainty[found.estimator]).any()
    }
    unmeasured = tuple(arm for arm in cases if arm not in realised)
    result = Calibrated(None, found, values, realised, unmeasured, sets, cases[""].left_out, terms)
    if not found.guaranteed:
        return replace(result, reason=_why_not(cases[""], found, values, terms))
    named = _Named(stratum, site, day, last)
    return replace(result, policy=_policy(material, cases[""], result, named))


@dataclass(frozen=True, slots=True)
class _Named:
    """What the user said about the policy itself."""

    stratum: str | None
    site: str | None
    created: date
    expires: date


def _why_not(cases: Cases, found: Found, values: tuple[str, ...], terms: Terms) -> str:
    """What cannot be guaranteed, why, how many cases it would take, and what may be had."""
    nearest = min(
        found.rules,
        key=lambda rule: 1.0 if rule.control.bound is None else rule.control.bound,
    )
    where = "" if nearest.stratum is None else f" even for {values[nearest.stratum]}"
    sentence = (
        f"Cannot guarantee an error of at most {terms.alpha:g} with confidence "
        f"{1.0 - terms.delta:g}{where}: by {found.estimator}, {nearest.control.reason}"
    )
    needed, there = clusters_needed(cases, found, terms, nearest), sum(found.clusters)
    if needed is None:
        way_out = "more cases of this kind are not expected to change that."
    elif needed <= there:
        way_out = f"more than the {there} clusters (patients) there are would be needed."
    else:
        way_out = f"at least {needed} clusters (patients) would be needed, and there are {there}."
    alpha = alpha_within_reach(cases, found, terms, nearest)
    hint = (
        "" if alpha is None
        else f" The cases set apart to choose hint that {alpha:g} may be within reach."
    )  # fmt: skip
    return f"{sentence}; {way_out}{hint}"


def _policy(
    material: Material, clean: Cases, result: Calibrated, named: _Named
) -> EscalationPolicy:
    manifest: Any = material.manifest
    found, terms = result.found, result.terms
    return EscalationPolicy(
        medtrust=__version__,
        created=named.created,
        expires=named.expires,
        model_id=manifest["model_ids"]["model"],
        task=TASK,
        task_version=manifest["plan"]["tasks"][TASK],
        prompts=prompts_for(found.estimator, manifest),
        asked_again={"draws": draws_of(manifest), "perturbed": len(BLURS)},
        population=Population(
            data=tuple(sorted(manifest["data"])),
            site=named.site,
            strata=_seen(material, clean, terms, named.stratum),
        ),
        estimator=found.estimator,
        alpha=terms.alpha,
        delta=terms.delta,
        seed=terms.seed,
        stratum=named.stratum,
        rules=tuple(
            Rule(
                value=None if rule.stratum is None else result.values[rule.stratum],
                threshold=rule.control.threshold,
                delta=rule.delta,
                n=rule.control.n,
                answered=rule.control.answered,
                errors=rule.control.errors,
                bound=rule.control.bound,
                reason=rule.control.reason,
            )
            for rule in found.rules
        ),
        consequences={
            arm or "clean": consequence(part) for arm, part in result.realised.items() if part.n
        },
    )


def _seen(
    material: Material, clean: Cases, terms: Terms, stratum: str | None
) -> dict[str, dict[str, int]]:
    """Values of strata among clean cases of the calibration part."""
    from polars import col

    table = material.tables[""].filter(col("correct").is_not_null())
    parts, _ = deal(clean.clusters, np.random.default_rng(terms.seed))
    return value_counts(table, parts == CALIBRATION, stratum)


def consequence(part: Realised) -> Consequence:
    """What the rules did to an arm, as the policy's file holds it."""
    value = part.escalated.value
    return Consequence(
        n=part.n,
        answered=part.answered,
        errors=part.errors,
        unanswered=part.unanswered,
        without_number=part.without_number,
        risk=_measured(part.risk),
        escalated=_measured(part.escalated),
        escalated_per_1000=None if value is None else 1000.0 * value,
    )


def _measured(interval: Interval) -> Measured:
    return Measured(
        value=interval.value, low=interval.low, high=interval.high, level=interval.level
    )
