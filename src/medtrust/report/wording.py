"""How numbers and names are written for people.

Values are fractions everywhere else; percentages exist only here. No number is shown without its
n, and names that came from data or models lose the characters that could steer a terminal or
reverse the direction of a line.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import replace
from typing import Final

from medtrust.core.records import OK, REFUSED, UNPARSED, Estimate
from medtrust.report import names
from medtrust.report.uncertainty_names import (
    BY_ESTIMATOR,
    CALIBRATED,
    COUNTS,
    DECIMALS,
    FACTORS,
    MADE_BY,
    NEED,
    NOT_SAID,
    SIGNED_DECIMALS,
    estimator_name,
    value_name,
)

NOTHING: Final = "-"
TOO_FEW: Final = 30
"""Groups below this many samples get no number: too few to say."""

_NOISE: Final = re.compile(r"noise=gaussian-(\d+(?:\.\d+)?)")
NO_BREAK: Final = "\N{NO-BREAK SPACE}"
_TOGETHER: Final = re.compile(r"(?<=\d) (?=%|points)|(?<=\bn) (?==)|(?<=\bn =) (?=\d)")
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


def unbroken(text: str) -> str:
    """Text in which no line ends between a number and its unit, or between n and its number."""
    return _TOGETHER.sub(NO_BREAK, text)


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
    if estimate is None or estimate.value is None or not shown(estimate):
        return NOTHING
    metric = _counted(estimate)
    if metric in COUNTS:
        return f"{count(round(estimate.value))}{_few_said(estimate)}"
    if is_decimal(metric):
        return decimal(estimate.value, signed=metric in SIGNED_DECIMALS)
    if estimate.unit != "fraction":
        unit = "" if metric in FACTORS else unit_name(estimate.unit)
        return f"{estimate.value:.3g} {unit}".rstrip()
    if is_signed(metric) or metric in names.DISTANCES:
        return points(estimate.value, signed=is_signed(metric))
    return percent(estimate.value)


def unit_name(unit: str) -> str:
    """A unit in words; empty where the name of the number says it."""
    return names.UNITS.get(unit, visible(unit))


def is_decimal(metric: str) -> bool:
    """Whether a number is written as a decimal, not as a percentage."""
    return metric in DECIMALS or metric in SIGNED_DECIMALS


def decimal(number: float | None, *, signed: bool = False) -> str:
    """Three decimals, e.g. ``0.723``, or ``+0.023`` with its sign; ``-`` for None."""
    if number is None:
        return NOTHING
    text = f"{number:.3f}"
    text = "0.000" if text == "-0.000" else text
    return f"+{text}" if signed and float(text) > 0 else text


def is_signed(metric: str) -> bool:
    """Whether a metric is a difference with a direction."""
    return metric in names.SIGNED or metric.endswith("_change")


def interval(estimate: Estimate | None) -> str:
    """The interval alone, e.g. ``[71.2, 75.3]``; empty where there is none."""
    if estimate is None or not shown(estimate) or estimate.low is None or estimate.high is None:
        return ""
    if is_decimal(_counted(estimate)):
        return f"[{decimal(estimate.low)}, {decimal(estimate.high)}]"
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


def property_name(name: str) -> str:
    """A property of the case in words."""
    return names.PROPERTIES.get(name, words(name))


def metric_name(metric: str, task: str = "") -> str:
    """A metric in words, in those of its task where it means something of its own there."""
    known = names.TASK_METRICS.get((task, metric)) or names.METRICS.get(metric)
    if known:
        return known
    for end, said in names.ENDS.items():
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


def _counted(estimate: Estimate) -> str:
    """The metric whose unit a value has; of an average and its noise floor, what it is of."""
    if not estimate.metric.startswith("leaderboard_average_"):
        return averaged(estimate) or estimate.metric
    return averaged(replace(estimate, metric="leaderboard_average")) or estimate.metric


def direction(estimate: Estimate) -> str:
    """Which way is better, in words; empty where neither is."""
    return names.DIRECTIONS.get(estimate.direction, "")


def condition_name(condition: str) -> str:
    """A condition in words, e.g. ``noise of 0.2 of the range`` for ``noise=gaussian-0.2``."""
    return ", ".join(_one_condition(pair) for pair in condition.split(";"))


def _one_condition(pair: str) -> str:
    noise = _NOISE.fullmatch(pair)
    return (
        f"noise of {noise[1]} of the range" if noise else names.CONDITIONS.get(pair, visible(pair))
    )


def kind_name(kind: str) -> str:
    """A form of answer in words."""
    return names.KINDS.get(kind, visible(kind))


def detail_name(detail: str, *, of_value: bool = False) -> str:
    """What sets a number apart, in words: ``estimator=p_true`` as the estimator is called.

    Args:
        detail: Labels of a number.
        of_value: The number is about values of the estimator, where high is uncertain.
    """
    if not detail.startswith(f"{BY_ESTIMATOR}="):
        return visible(detail).replace("=", " ")
    parts = [part.partition("=") for part in detail.split(";")]
    return ", ".join(_one_detail(name, text, of_value=of_value) for name, _, text in parts)


def _one_detail(name: str, text: str, *, of_value: bool) -> str:
    if name == BY_ESTIMATOR:
        return (value_name(text) if of_value else estimator_name(text)) or words(text)
    if name == CALIBRATED and text in MADE_BY:
        how = f" ({MADE_BY[text]})" if MADE_BY[text] else ""
        return f"recalibrated on other answers{how}"
    return visible(f"{name} {text}" if text else name)


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
    if estimate.n > 0 and estimate.metric in NOT_SAID and estimate.note:
        return why_not_said(estimate)
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


def not_said(estimate: Estimate | None) -> str:
    """What stands in place of a number that is not there: ``not guaranteed``, else ``-``."""
    if estimate is None or estimate.value is not None:
        return NOTHING
    return NOT_SAID.get(estimate.metric, NOTHING)


def too_few(estimate: Estimate) -> bool:
    """Whether a count of answers, or of those that are not counted, is too small for a ranking."""
    counted = round(estimate.value or 0.0)
    return estimate.metric in COUNTS and min(counted, estimate.n - counted) < NEED


def _few_said(estimate: Estimate) -> str:
    others = estimate.n - round(estimate.value or 0.0)
    if not too_few(estimate):
        return ""
    return f" (too few others: {count(others)})" if others < NEED else " (too few)"


def why_not_said(estimate: Estimate) -> str:
    """The reason that stands below a number that is not there."""
    return note(estimate).removeprefix(f"{not_said(estimate)}: ") or "no reason was given"


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
