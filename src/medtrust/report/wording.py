"""How numbers and names are written for people.

Values are fractions everywhere else; percentages exist only here. No number is shown without its
n, and names that came from data or models lose the characters that could steer a terminal or
reverse the direction of a line.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Final

from medtrust.core.records import OK, REFUSED, UNPARSED, Estimate

NOTHING: Final = "-"
TOO_FEW: Final = 30
"""Groups below this many samples get no number: too few to say."""

SIGNED: Final = frozenset({
    "abstention_change", "abstention_contrast", "accuracy_change", "accuracy_difference",
    "judge_length_slope", "judge_score_change", "judge_score_difference", "overconfidence",
    "toxicity_gap", "toxicity_gap_high", "toxicity_gap_low",
})  # fmt: skip
"""Differences with a direction, in percentage points with their sign."""
DISTANCES: Final = frozenset(
    f"{gap}{end}"
    for gap in (
        "accuracy_gap", "accuracy_gap_standardised", "accuracy_equality_difference",
        "judge_score_gap", "judge_score_gap_standardised", "judge_score_equality_difference",
    )
    for end in ("", "_noise_floor", "_debiased")
)  # fmt: skip
"""Differences of two percentages, written in percentage points."""

METRICS: Final[Mapping[str, str]] = {
    "abstention_change": "change of the share abstained",
    "abstention_contrast": "share abstained minus ordinary refused",
    "abstention_rate": "share abstained",
    "accuracy": "accuracy",
    "accuracy_change": "change of accuracy",
    "accuracy_difference": "difference of accuracy",
    "accuracy_equality_difference": "gap as the leaderboard takes it",
    "accuracy_equality_difference_noise_floor": "gap a fair model would show",
    "accuracy_gap": "largest gap of accuracy",
    "accuracy_gap_noise_floor": "gap a fair model would show",
    "accuracy_gap_standardised": "largest gap at a common mix of answers",
    "accuracy_ratio": "ratio of accuracies",
    "answered_accuracy": "accuracy of the answers given",
    "compliance_rate": "share that did as the attack asked",
    "concealment_rate": "share that concealed findings",
    "confident_rate": "share said with confidence",
    "confusion": "pairs given one answer",
    "constant_baseline": "always one answer",
    "disclosure_rate": "share that disclosed the record",
    "exaggeration_rate": "share that exaggerated",
    "giving_rate": "share that gave something",
    "hallucination_rate": "share that made up private facts",
    "individual_accuracy": "single answers right",
    "judge_length_slope": "judge's score per doubling of the words",
    "judge_score": "judge's score",
    "judge_score_change": "change of the judge's score",
    "judge_score_difference": "difference of the judge's score",
    "judge_score_equality_difference": "gap of the judge's score as the leaderboard takes it",
    "judge_score_gap": "largest gap of the judge's score",
    "judge_score_gap_noise_floor": "gap a fair model would show",
    "judge_score_gap_standardised": "largest gap at a common mix of answers",
    "judge_score_ratio": "ratio of the judge's scores",
    "leaderboard_average": "mean over data sets",
    "macro_f1": "macro F1",
    "majority_baseline": "always the commonest answer",
    "match_rate": "share that matches the record",
    "mean_confidence": "mean confidence",
    "mistreatment_rate": "share that advised wrong treatment",
    "over_confident_ratio": "wrong and sure",
    "over_refusal_rate": "ordinary questions refused",
    "overconfidence": "confidence minus accuracy",
    "random_baseline": "guessing",
    "refusal_rate": "share refused",
    "repetition_rate": "share that repeated what was leaked",
    "set_accuracy": "both of a pair right",
    "token_f1": "words shared with the reference (F1)",
    "toxicity": "toxicity",
    "toxicity_gap": "toxicity added by the instruction",
    "toxicity_gap_high": "highest the added toxicity could be",
    "toxicity_gap_low": "lowest the added toxicity could be",
    "uncertainty_accuracy": "right and sure, or wrong and unsure",
    "unparsed_rate": "share that could not be read",
    "worst_group_accuracy": "accuracy of the worst group",
    "worst_group_judge_score": "judge's score of the worst group",
    "yes_rate": "share answered yes",
}
TASK_METRICS: Final[Mapping[tuple[str, str], str]] = {
    ("cares/overcaution", "abstention_rate"): "harmless requests declined",
    ("cares/out_of_distribution", "abstention_rate"): "share that declined the foreign question",
    ("cares/privacy", "abstention_rate"): "share that declined the private question",
}
"""By task: words for a metric that means something of its own there."""
CONDITIONS: Final[Mapping[str, str]] = {
    "": "as it stands",
    "asked=marital-status": "asked for the marital status",
    "asked=number": "asked for the social security number",
    "attack=conceal": "told to hide the condition",
    "attack=exaggerate": "told to exaggerate",
    "attack=mistreat": "told to advise wrong treatment",
    "image=blank": "image blanked",
    "instruction=advise": "asked for medical advice",
    "instruction=describe": "asked to describe the image",
    "instruction=report": "asked for a report",
    "instruction=toxic": "told to be rude",
    "modality=dental": "said to be about dental images",
    "noise=legacy": "noise as released",
    "options=shuffled": "options in another order",
    "question=replaced": "no question left",
    "shots=few": "with a leak in the prompt",
    "shots=zero": "without a hint",
    "turns=one": "asked in one turn whether it is sure",
    "turns=two": "asked in a second turn whether it is sure",
}
DIRECTIONS: Final[Mapping[str, str]] = {
    "higher": "higher is better",
    "lower": "lower is better",
}
PRINTED_UNITS: Final[Mapping[str, str]] = {
    "fraction": "fractions of 1",
    "percent": "percent",
    "points": "percentage points",
}
_ENDS: Final[Mapping[str, str]] = {
    "_change": "change of: {}",
    "_noise_floor": "{}, as a fair model would show",
    "_debiased": "{}, without what chance adds",
}
"""Ends of metrics that have no words of their own."""

KINDS: Final[Mapping[str, str]] = {"choice": "multiple choice", "yes_no": "yes or no"}

_NOISE: Final = re.compile(r"noise=gaussian-(\d+(?:\.\d+)?)")
_STEERING: Final = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})

Bounds = tuple[Estimate, Estimate]
"""A value had all failed requests been answered wrongly, and rightly; n is all that were asked."""


def visible(text: object) -> str:
    """Text on one line, with every character that steers instead of showing replaced."""
    return "".join(
        letter if unicodedata.category(letter) not in _STEERING else "\N{REPLACEMENT CHARACTER}"
        for letter in str(text).replace("\n", " ").replace("\r", " ").replace("\t", " ")
    )


def clipped(text: str, width: int) -> str:
    """Text of at most ``width`` characters; what is cut off leaves three dots."""
    return text if len(text) <= width else f"{text[: width - 3]}..."


def count(number: int) -> str:
    """A whole number with separators, e.g. ``2,000``."""
    return f"{number:,}"


def percent(fraction: float | None) -> str:
    """A fraction as a percentage with one decimal, e.g. ``73.3 %``; ``-`` for None."""
    return NOTHING if fraction is None else f"{_tenths(fraction)} %"


def points(fraction: float | None, *, signed: bool = False) -> str:
    """A difference of fractions in percentage points, e.g. ``+1.2 points``."""
    if fraction is None:
        return NOTHING
    sign = "+" if signed and float(_tenths(fraction)) > 0 else ""
    return f"{sign}{_tenths(fraction)} points"


def _tenths(fraction: float) -> str:
    text = f"{100 * fraction:.1f}"
    return "0.0" if text == "-0.0" else text


def shown(estimate: Estimate | None) -> bool:
    """Whether there is a number to show: a value with its n."""
    return estimate is not None and estimate.value is not None and estimate.n > 0


def value(estimate: Estimate | None) -> str:
    """The value alone, in the words of its unit; ``-`` where there is none or it has no n."""
    if estimate is None or not shown(estimate):
        return NOTHING
    if estimate.unit != "fraction":
        return f"{estimate.value:.3g} {visible(estimate.unit)}"
    metric = averaged(estimate) or estimate.metric
    if is_signed(metric):
        return points(estimate.value, signed=True)
    if metric in DISTANCES:
        return points(estimate.value)
    return percent(estimate.value)


def is_signed(metric: str) -> bool:
    """Whether a metric is a difference with a direction."""
    return metric in SIGNED or metric.endswith("_change")


def interval(estimate: Estimate | None) -> str:
    """The interval alone, e.g. ``[71.2, 75.3]``; empty where there is none."""
    if estimate is None or not shown(estimate) or estimate.low is None or estimate.high is None:
        return ""
    if estimate.unit != "fraction":
        return f"[{estimate.low:.3g}, {estimate.high:.3g}]"
    return f"[{_tenths(estimate.low)}, {_tenths(estimate.high)}]"


def value_with_interval(estimate: Estimate | None) -> str:
    """For example ``73.3 % [71.2, 75.3]``."""
    return " ".join(part for part in (value(estimate), interval(estimate)) if part)


def size(estimate: Estimate | None) -> str:
    """Samples and, where they are fewer, independent clusters: ``2,000 (1,000)``."""
    if estimate is None:
        return NOTHING
    if 0 < estimate.n_clusters < estimate.n:
        return f"{count(estimate.n)} ({count(estimate.n_clusters)})"
    return count(estimate.n)


def words(name: str) -> str:
    """A name of a column or metric with blanks for underscores."""
    return visible(name).replace("_", " ")


def metric_name(metric: str, task: str = "") -> str:
    """A metric in words, in those of its task where it means something of its own there."""
    known = TASK_METRICS.get((task, metric)) or METRICS.get(metric)
    if known:
        return known
    for end, said in _ENDS.items():
        if metric.endswith(end):
            return said.format(metric_name(metric.removesuffix(end), task))
    return words(metric)


def metric_said(estimate: Estimate) -> str:
    """The metric of an estimate in words; of an average, what it is the mean of."""
    name = metric_name(estimate.metric, estimate.task)
    return f"{name}: {mean_of(estimate)}" if averaged(estimate) else name


def mean_of(estimate: Estimate) -> str:
    """What an average over data sets is of, with the patient attribute where it has one."""
    by = [f"by {words(part)}" for part in estimate.group.split(";") if "=" not in part]
    return ", ".join([metric_name(averaged(estimate), estimate.task), *by])


def averaged(estimate: Estimate) -> str:
    """The metric that an average over data sets is of; empty for anything else."""
    prefix = "metric="
    parts = estimate.group.split(";") if estimate.metric == "leaderboard_average" else []
    return next((part.removeprefix(prefix) for part in parts if part.startswith(prefix)), "")


def direction(estimate: Estimate) -> str:
    """Which way is better, in words; empty where neither is."""
    return DIRECTIONS.get(estimate.direction, "")


def condition_name(condition: str) -> str:
    """A condition in words, e.g. ``noise of 0.2 of the range`` for ``noise=gaussian-0.2``."""
    return ", ".join(_one_condition(pair) for pair in condition.split(";"))


def _one_condition(pair: str) -> str:
    noise = _NOISE.fullmatch(pair)
    return f"noise of {noise[1]} of the range" if noise else CONDITIONS.get(pair, visible(pair))


def kind_name(kind: str) -> str:
    """A form of answer in words."""
    return KINDS.get(kind, visible(kind))


def reason_name(reason: str) -> str:
    """A kebab-case reason in words."""
    return visible(reason).replace("-", " ")


def missing_counts(estimate: Estimate) -> dict[str, int]:
    """Units without a value, by reason."""
    prefix = "missing:"
    return {
        status.removeprefix(prefix): number
        for status, number in estimate.counts.items()
        if status.startswith(prefix)
    }


def other_counts(estimate: Estimate) -> dict[str, int]:
    """Units by a status that is none of ok, refused, unparsed or missing."""
    return {
        status: number
        for status, number in estimate.counts.items()
        if status not in {OK, REFUSED, UNPARSED} and not status.startswith("missing:")
    }


def why_nothing(estimate: Estimate | None) -> str:
    """Why there is no value or no interval, in one phrase; empty where both are there."""
    if estimate is None:
        return "it was not measured"
    if estimate.value is not None and estimate.n <= 0:
        return "the number came without its n, so it is not shown"
    if estimate.value is not None:
        return "" if estimate.low is not None else note(estimate)
    reasons = "; ".join(
        f"{reason_name(reason)} ({count(number)})"
        for reason, number in missing_counts(estimate).items()
    )
    return reasons or note(estimate) or "no reason was given"


def footnote(estimate: Estimate | None, bounds: Bounds | None = None) -> str:
    """What must be read with a number: why it is null, or how far missing answers could move it."""
    why = why_nothing(estimate)
    if estimate is None or bounds is None or not shown(estimate):
        return why
    told = _said_bounds(estimate, bounds)
    parts = (why, told) if why else (told, note(estimate))
    return "; ".join(part for part in parts if part)


def note(estimate: Estimate) -> str:
    """An estimate's note, on one line."""
    return visible(estimate.note)


def p_value(chance: float) -> str:
    """A p-value with three decimals, never 0: ``p < 0.001``."""
    return "p < 0.001" if chance < 0.001 else f"p = {chance:.3f}"


def tested(estimate: Estimate) -> str:
    """The p-value of a change with the method its note names, e.g. ``p = 0.020 (sign-flip)``."""
    told = note(estimate)
    if estimate.p_value is None:
        return told
    said = p_value(estimate.p_value)
    return f"{said} ({told})" if told else said


def _said_bounds(estimate: Estimate, bounds: Bounds) -> str:
    wrong, right = bounds
    return (
        f"{count(wrong.n - estimate.n)} without an answer; had they been answered "
        f"(n = {count(wrong.n)}), the value would lie between {value(wrong)} and {value(right)}"
    )


def natural(text: str) -> tuple[tuple[int, float, str], ...]:
    """Sort key that puts 5 before 10 and 9-12 before 10-19."""
    return tuple(
        (0, float(part), "") if part.isdecimal() else (1, 0.0, part)
        for part in re.split(r"(\d+)", text)
        if part
    )
