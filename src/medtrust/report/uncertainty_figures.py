"""The figures of the uncertainty suite, drawn from a run's scores and estimates.

Four of them: is the model as sure as it is right, what deferring buys, is uncertainty worst where
the model is, and what hiding the right option does. Each says its n and what it leaves out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING, Final

import polars as pl

from medtrust.core.conditions import CLEAN
from medtrust.core.records import Estimate
from medtrust.report import wording
from medtrust.report.figures import (
    Axis,
    Line,
    Point,
    Row,
    Value,
    curve,
    dumbbell,
    line_chart,
    scatter,
)
from medtrust.report.findings import Finding
from medtrust.report.uncertainty_answers import Answers, answers_of, clusters, floats
from medtrust.report.uncertainty_names import HIDDEN, LEADING, TASK, estimator_name, value_name

if TYPE_CHECKING:
    from medtrust.metrics.intervals import Interval
    from medtrust.run import Run

ARMS: Final = {CLEAN: "as it stands", HIDDEN: "right option hidden"}
BEST: Final = 4
"""Estimators on the risk-coverage figure, of which no two are from the same signals."""

FIRST_KEPT: Final = 20
"""Fewer answers than this are too few to call their share of errors a risk."""

_KINDS: Final = {
    "token_entropies": "token_logprobs",
    "stated_one_turn": "p_true",
    "stated_two_turns": "p_true",
}
"""Signals that are of a kind with another one: tokens of the answer, asking the model."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A drawn figure.

    Attributes:
        folded: Whether the page shows it only when it is opened.
    """

    title: str
    svg: str
    folded: bool = False


def uncertainty_figures(run: Run, findings: Sequence[Finding]) -> list[Figure]:
    """All figures there is something to draw in.

    Args:
        run: A run with scores.
        findings: Its estimates.
    """
    own = [finding for finding in findings if finding.estimate.task == TASK]
    ranked = _ranked(own)
    if not ranked:
        return []
    arms = {condition: answers_of(run, condition, list(ranked)) for condition in ARMS}
    ranked = {name: found for name, found in ranked.items() if arms[CLEAN].known(name).height}
    return [
        *_hidden(arms),
        *_risk_coverage(arms[CLEAN], ranked),
        *_accuracy_against_auroc(own, ranked),
        *_reliability(arms, own),
    ]


def _ranked(own: Iterable[Finding]) -> dict[str, Estimate]:
    """The AUROC on all plain questions of each estimator, best first; those without one last."""
    found = {
        finding.estimator: finding.estimate
        for finding in own
        if finding.estimate.metric == "error_auroc"
        and finding.estimate.condition == CLEAN
        and not finding.place.strata
    }
    values = {name: -1.0 if e.value is None else e.value for name, e in found.items()}
    return {name: found[name] for name in sorted(found, key=lambda name: -values[name])}


def _risk_coverage(answers: Answers, ranked: dict[str, Estimate]) -> Iterator[Figure]:
    """Errors among the answers kept, the most uncertain left out first."""
    from medtrust.metrics.selective import risk_coverage_curve

    best = _one_of_each_kind(ranked)
    lines = []
    for name in best:
        known = answers.known(name)
        found = risk_coverage_curve(floats(known, name), floats(known, "correct") < 0.5)
        start = min(FIRST_KEPT, known.height) - 1
        title = f"{_named(name)} (n = {wording.count(known.height)})"
        lines.append(curve(title, found.coverage[start:], found.risk[start:]))
    read = answers.read
    wrong = floats(read, "correct") < 0.5
    if not lines or not wrong.size:
        return
    oracle = risk_coverage_curve(wrong.astype(float), wrong)
    share = float(wrong.mean())
    lines += [
        curve("best possible", oracle.coverage, oracle.risk, style="dotted"),
        Line("at random", (Point(0.0, share), Point(1.0, share)), "dotted"),
    ]
    n = wording.count(read.height)
    with_value = sum(wording.shown(estimate) for estimate in ranked.values())
    many = (
        f"{len(best)} of {with_value} estimators: the first was chosen in advance, the others "
        "have the highest AUROC of their kind, which flatters them. "
        if with_value > len(best)
        else ""
    )
    title = "What deferring the most uncertain answers to a clinician buys"
    yield Figure(title, line_chart(
        lines, title=title, x=Axis("share of the answers that is kept", 0.0, 1.0),
        y=Axis("errors among the answers kept", 0.0),
        note=f"n = {n} answers to the plain question. {many}Drawn from the {FIRST_KEPT} most "
        f"certain answers on. Left out of the first: {answers.left_out(best[0])}.",
    ))  # fmt: skip


def _one_of_each_kind(ranked: dict[str, Estimate]) -> list[str]:
    """The leading estimator, then the best of each other kind of signal: kin look alike."""
    from medtrust.uncertainty.estimators import ESTIMATORS

    shown = [name for name, estimate in ranked.items() if wording.shown(estimate)]
    leading = [name for name in LEADING if name in shown][:1]
    by_kind: dict[str, str] = {}
    for name in [*leading, *shown]:
        needs = ESTIMATORS[name].needs if name in ESTIMATORS else (name,)
        kind = "draws" if "draws" in needs else _KINDS.get(needs[0], needs[0])
        by_kind.setdefault(kind, name)
    return list(by_kind.values())[:BEST]


def _reliability(arms: dict[str, Answers], own: Sequence[Finding]) -> Iterator[Figure]:
    """Confidence against accuracy for estimators that are probabilities, in both arms."""
    calibrated = dict.fromkeys(
        finding.estimator
        for finding in own
        if finding.estimate.metric.startswith("ece_")
        and finding.place.detail == f"estimator={finding.estimator}"
        and wording.shown(finding.estimate)
        and not finding.place.strata
    )
    order = {name: place for place, name in enumerate(LEADING)}
    for place, name in enumerate(sorted(calibrated, key=lambda n: order.get(n, len(order)))):
        svg = _reliability_of(name, arms)
        if svg is not None:
            title = f"Is it as sure as it is right? {_named(name, start=True)}"
            yield Figure(title, svg, folded=place > 0)


def _reliability_of(name: str, arms: dict[str, Answers]) -> str | None:
    from medtrust.metrics.calibration import reliability_bins

    lines = [Line("as sure as right", (Point(0.0, 0.0), Point(1.0, 1.0)), "dotted")]
    notes = []
    for condition, answers in arms.items():
        known = answers.known(name)
        if not known.height:
            continue
        found = reliability_bins(
            1.0 - floats(known, name), floats(known, "correct"), clusters=clusters(known)
        )
        points = tuple(
            Point(
                float(found.confidence[at]),
                float(found.accuracy[at]),
                _finite(found.accuracy_low[at]),
                _finite(found.accuracy_high[at]),
                n=int(found.n[at]),
            )
            for at in range(found.n.size)
        )
        lines.append(Line(ARMS[condition], points, marks=True, sizes=True))
        size = wording.count(known.height)
        notes.append(
            f"{_capital(ARMS[condition])}: n = {size}, left out: {answers.left_out(name)}."
        )
    if len(lines) == 1:
        return None
    return line_chart(
        lines,
        title=f"Is it as sure as it is right? {_named(name, start=True)}",
        x=Axis("mean confidence in bins of equal width", 0.0, 1.0),
        y=Axis("share of right answers, with 95 % intervals; below the line is too sure", 0.0, 1.0),
        note=" ".join(notes),
    )


def _hidden(arms: dict[str, Answers]) -> Iterator[Figure]:
    """Accuracy and uncertainty on the same questions, with and without the right option."""
    from medtrust.metrics.intervals import mean, rate
    from medtrust.uncertainty.estimators import ESTIMATORS

    before, after = arms[CLEAN].read, arms[HIDDEN].read
    both = before.join(after, on="sample", how="inner", suffix=":after", maintain_order="left")
    if not both.height:
        return
    codes = clusters(both)
    rows = [
        Row(
            "accuracy",
            _value(rate(floats(both, "correct"), clusters=codes)),
            _value(rate(floats(both, "correct:after"), clusters=codes)),
            "share of right answers",
        )
    ]
    elsewhere = []
    for name, estimator in ESTIMATORS.items():
        if not {name, f"{name}:after"} <= set(both.columns):
            continue
        known = both.filter(pl.col(name).is_not_null(), pl.col(f"{name}:after").is_not_null())
        if not known.height:
            continue
        if (estimator.low, estimator.high) != (0.0, 1.0):
            elsewhere.append(_valued(name))
            continue
        ends = [
            _value(mean(floats(known, column), clusters=clusters(known), bounds=(0.0, 1.0)))
            for column in (name, f"{name}:after")
        ]
        rows.append(Row(_valued(name), ends[0], ends[1], "mean uncertainty (0 % is certain)"))
    questions = arms[CLEAN].frame.height
    out = questions - both.height
    note = (
        f"n = {wording.count(both.height)} questions answered both ways, of "
        f"{wording.count(questions)} asked"
    )
    note += (
        f"; {wording.count(out)} are left out (refused, unreadable or not put so)." if out else "."
    )
    if elsewhere:
        note += f" Not on a scale from 0 to 1, so only in the tables: {', '.join(elsewhere)}."
    title = "What hiding the right option does to answers and to uncertainty"
    yield Figure(title, dumbbell(
        rows, title=title, x=Axis("right answers; uncertainty, high = uncertain", 0.0, 1.0),
        first=ARMS[CLEAN], second=ARMS[HIDDEN], note=note,
    ))  # fmt: skip


def _accuracy_against_auroc(
    own: Sequence[Finding], ranked: dict[str, Estimate]
) -> Iterator[Figure]:
    """One point for each part of the data: is uncertainty worst where the model is?"""
    leading = next((name for name in LEADING if wording.shown(ranked.get(name))), "")
    if not leading:
        return
    plain = [finding for finding in own if finding.estimate.condition == CLEAN]
    accuracy = {
        finding.place.strata: finding.estimate
        for finding in plain
        if finding.estimate.metric == "accuracy" and not finding.place.detail
        and not finding.place.attribute
    }  # fmt: skip
    points, unsaid = [], 0
    for finding in plain:
        estimate, strata = finding.estimate, finding.place.strata
        if estimate.metric != "error_auroc" or finding.estimator != leading or len(strata) != 1:
            continue
        beside = accuracy.get(strata)
        if beside is None or beside.value is None or estimate.value is None:
            unsaid += 1
            continue
        points.append(
            Point(
                beside.value, estimate.value, estimate.low, estimate.high, _part(*strata[0]),
                estimate.n, beside.low, beside.high, wording.property_name(strata[0][0]),
            )
        )  # fmt: skip
    if len(points) < 2:
        return
    ends = (min(p.x for p in points), max(p.x for p in points))
    blind = Line("blind order", tuple(Point(end, 0.5) for end in ends), "dotted")
    out = f" {wording.count(unsaid)} too small to say are left out." if unsaid else ""
    n = wording.count(ranked[leading].n)
    title = "Is uncertainty worst where the model is?"
    yield Figure(title, scatter(
        points, title=title, x=Axis("accuracy"), lines=[blind],
        y=Axis(f"AUROC for errors of the {_named(leading)}", 0.5, unit="number"),
        note=f"Each point is a part of the data, n = {n} answers in all, with 95 % intervals; "
        f"parts by different properties overlap.{out}",
    ))  # fmt: skip


def _part(name: str, value: str) -> str:
    return f"{value} options" if name == "options" else value


def _value(interval: Interval) -> Value | None:
    if interval.value is None:
        return None
    return Value(interval.value, interval.low, interval.high, interval.n)


def _finite(number: float) -> float | None:
    return float(number) if isfinite(number) else None


def _named(name: str, *, start: bool = False) -> str:
    text = estimator_name(name) or wording.words(name)
    return _capital(text) if start else text


def _valued(name: str) -> str:
    """What a mean of its values is: a short name may say the opposite."""
    return value_name(name) or wording.words(name)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
