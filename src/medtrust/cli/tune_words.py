"""What ``medtrust tune escalation`` says: the promise in a paragraph, and its tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from medtrust.metrics.intervals import Interval
    from medtrust.tuning.escalation import Calibrated
    from medtrust.tuning.option_sets import SetsOfArm
    from medtrust.tuning.thresholds import Realised, Rule

ENOUGH: Final = 20
"""Shares of fewer cases get no interval."""

AGAIN: Final = (
    "Each further attempt on the same cases (another alpha, estimator or stratum) spends the "
    "promise again."
)
HIDING: Final = ("nota=replace", "nota=remove")
"""How the arms begin in which the right option is not among those offered."""


def promise(result: Calibrated) -> list[str]:
    """What the policy promises, and what not, in a paragraph."""
    from medtrust.tuning.policy import meaning_of

    policy, terms = result.policy, result.terms
    if policy is None:
        return [result.reason]
    several = f" within each {policy.stratum} that has a threshold" if policy.stratum else ""
    may_stand = (
        f"Answers whose {meaning_of(policy.estimator)} is at most the threshold may stand: among "
        f"them at most {terms.alpha:.1%} are wrong{several}, with confidence "
        f"{1.0 - terms.delta:.1%}, for a random case of a new patient like those it was calibrated "
        "on, asked in the same words."
    )
    not_promised = (
        "It promises nothing about other cases, about cases that changed since, nor where the "
        "right option is not among those offered."
    )
    said = [
        may_stand, not_promised, AGAIN,
        *_without_threshold(result), *_kept_aside(result), *_worst_arm(result),
    ]  # fmt: skip
    if result.left_out:
        said.append(f"{result.left_out} clean cases have no outcome and were left out.")
    return [" ".join(said)]


def _without_threshold(result: Calibrated) -> list[str]:
    rules = result.found.rules
    none = [rule for rule in rules if rule.control.threshold is None]
    if not none or result.policy is None:
        return []
    said = (
        f"{len(none)} of {len(rules)} values of {result.policy.stratum} have no threshold: all "
        "their cases are escalated."
    )
    return [said]


def _kept_aside(result: Calibrated) -> list[str]:
    clean = result.realised[""]
    said = []
    stand = f"{clean.errors} of {clean.answered} answers that stand are wrong"
    if clean.n >= ENOUGH:
        said.append(
            f"On {clean.n} cases kept aside it sends {_per_1000(clean.escalated)} of 1,000 cases "
            f"to a clinician, and {stand}."
        )
    elif clean.n:
        said.append(f"On the {clean.n} cases kept aside, too few to say more, {stand}.")
    if clean.unanswered or clean.without_number:
        said.append(
            f"Of these cases {clean.unanswered} have no answer (refused or unreadable) and "
            f"{clean.without_number} no {result.found.estimator}: they are escalated."
        )
    return said


def _worst_arm(result: Calibrated) -> list[str]:
    """The arm with the largest error among answers that stand, if it is above alpha."""
    worst = max(
        ((part.errors / part.answered, part.answered, arm)
         for arm, part in result.realised.items() if arm and part.answered),
        default=(0.0, 0, ""),
    )  # fmt: skip
    error, _, arm = worst
    if error <= result.terms.alpha:
        return []
    part = result.realised[arm]
    hidden = ", which hides the right option" if arm.startswith(HIDING) else ""
    said = (
        f"The promise ends where questions are put otherwise: worst of all under {arm}{hidden}, "
        f"where the same threshold lets {part.answered} of {part.n} answers stand, and "
        f"{part.errors} of them are wrong."
    )
    return [said]


def table(result: Calibrated) -> list[str]:
    """Thresholds with what they rest on, then what they do in each arm."""
    rows = [["threshold for", "at most", "answered", "wrong", "error bound", "coverage"]]
    notes = []
    for rule in result.found.rules:
        name = "all cases" if rule.stratum is None else result.values[rule.stratum]
        rows.append([name, *_rule_row(rule)])
        if rule.control.threshold is None:
            notes.append(f"{name}: {rule.control.reason}.")
    arms = [["kept-aside cases", "n", "answered", "wrong", "error", "escalated of 1,000"]]
    arms += [_arm_row(arm or "clean", part) for arm, part in result.realised.items() if part.n]
    lines = [*aligned(rows), *notes, "", *aligned(arms)]
    if result.unmeasured:
        without = ", ".join(result.unmeasured)
        lines.append(f"{result.found.estimator} is not measured in {without}.")
    return lines


def _rule_row(rule: Rule) -> list[str]:
    control = rule.control
    if control.threshold is None:
        return ["escalate all", f"0 of {control.n}", "-", "-", "0.0%"]
    return [
        f"{control.threshold:.4g}", f"{control.answered} of {control.n}", str(control.errors),
        "-" if control.bound is None else f"{control.bound:.1%}", f"{control.coverage or 0.0:.1%}",
    ]  # fmt: skip


def _arm_row(arm: str, part: Realised) -> list[str]:
    return [
        arm, str(part.n), str(part.answered), str(part.errors),
        _percent(part.risk), _per_1000(part.escalated),
    ]  # fmt: skip


def sets_table(result: Calibrated) -> list[str]:
    """Coverage and size of conformal sets, clean ones by stratum, too; empty without them."""
    if not result.sets:
        return []
    rows = [["sets of options", "arm", "n", "hold the right one", "mean size", "empty"]]
    for found in result.sets:
        quality = found.quality
        size = quality.mean_size.value
        rows.append([
            found.score, found.arm or "clean", str(quality.coverage.n),
            _percent(quality.coverage), "-" if size is None else f"{size:.2f}",
            _percent(quality.empty),
        ])  # fmt: skip
        rows += [
            [f"  {value}", found.arm or "clean", str(interval.n), _percent(interval), "", ""]
            for value, interval in quality.by_stratum.items()
            if found.arm == ""
        ]
    return ["", *aligned(rows), _legend(result.sets)]


def _legend(sets: tuple[SetsOfArm, ...]) -> str:
    clean = next((found for found in sets if found.arm == ""), None)
    missing = ""
    if clean is not None and clean.without:
        missing = (
            f"; {clean.without} of {clean.asked} clean cases of the kept-aside patients have no "
            "probability for each option and are not counted"
        )
    return (
        "lac takes options that are likely enough by themselves, if any; aps the likeliest ones up "
        "to a sum, so that the surest cases, whose first option alone exceeds it, get an empty set"
        f"{missing}."
    )


def _percent(interval: Interval) -> str:
    if interval.value is None or interval.low is None or interval.high is None:
        return "-"
    if interval.n < ENOUGH:
        return "too few"
    return f"{interval.value:.1%} ({interval.low:.1%} to {interval.high:.1%})"


def _per_1000(interval: Interval) -> str:
    if interval.value is None or interval.low is None or interval.high is None:
        return "-"
    if interval.n < ENOUGH:
        return "too few"
    low, high = 1000.0 * interval.low, 1000.0 * interval.high
    return f"{1000.0 * interval.value:.0f} ({low:.0f} to {high:.0f})"


def aligned(rows: list[list[str]]) -> list[str]:
    """Lines of a table, its first row the head."""
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    return [
        "  ".join(f"{cell:{width}}" for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
