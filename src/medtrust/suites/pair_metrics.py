"""What is said about confusable pairs: rates, baselines, shares by stratum, changes between arms.

A pair carries the number, not its members. It counts under every value of a stratum that either of
its images has; where images have several values at once, as categories do, this is a rule of our
own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from medtrust.core.conditions import CLEAN
from medtrust.core.records import Estimate
from medtrust.core.task import Metric
from medtrust.metrics.arrays import BoolArray, IntArray
from medtrust.metrics.intervals import Interval, rate
from medtrust.metrics.pair_counts import count_pairs
from medtrust.metrics.paired import paired_difference
from medtrust.metrics.pairs import (
    below_random,
    confusion,
    confusion_of_all,
    guessed_set_accuracy,
    individual_accuracy,
    invalid_rate,
    position_bias,
    precision,
    set_accuracy,
)
from medtrust.metrics.score_table import (
    Direction,
    Slice,
    clusters_of,
    floats,
    slices,
)
from medtrust.suites.answer_rates import DRAWS, FEW, SEED
from medtrust.suites.pair_table import Pairs, common, cut_pairs, pairs_of

SWAPPED: Final = "options=swapped"
ARMS: Final = {
    "image=none": "asked without the image",
    "image=other": "asked with the image of another pair",
}
"""Blind controls: what stands in the note of their set accuracy."""

OWN_RULE: Final = "no: own rule of which pairs are in a part"
"""Pairs with either image in it; the release counts images tagged."""


def pair_metrics(by: tuple[str, ...] = (), multi: tuple[str, ...] = ()) -> Metric:
    """Metrics of confusable pairs in every arm and reading; by stratum in the clean arm.

    Measures: ``correct``, ``predicted``, ``gold``, and ``shown_first`` where the place of the
    chosen option is known. Pairs with a member that has no score are left out, and that is said.

    Args:
        by: Strata whose values get numbers of their own, where there are at least two values.
        multi: Strata that hold several values joined by ``|``; ``categories`` gives parts such as
            ``category=Cardiac``.
    """
    return _PairMetrics(by, multi)


@dataclass(frozen=True, slots=True)
class _PairMetrics:
    """Arguments as in `pair_metrics`."""

    by: tuple[str, ...]
    multi: tuple[str, ...]

    def __call__(self, scores: pl.DataFrame) -> Iterator[Estimate]:
        """Every number of a score table."""
        if "pair" not in scores.columns or "correct" not in scores.columns:
            return
        paired = scores.filter(pl.col("pair").is_not_null())
        clean: dict[str, Slice] = {}
        # the clean arm first: the others are compared with it
        for part in sorted(slices(paired), key=lambda part: part.condition != CLEAN):
            if part.frame.get_column("correct:status").is_null().all():
                continue
            yield from _about_all(part)
            if part.condition != CLEAN:
                if part.reading in clean:
                    yield from _against_clean(clean[part.reading], part)
                continue
            clean[part.reading] = part
            for stratum in (*self.by, *self.multi):
                for value_part in cut_pairs(part, stratum, several=stratum in self.multi):
                    own_rule = OWN_RULE if stratum in self.multi else ""
                    pairs = pairs_of(value_part.frame)
                    yield from _rates(value_part, pairs, comparable=own_rule)


def _about_all(part: Slice) -> Iterator[Estimate]:
    """Numbers of all pairs of an arm together."""
    pairs = pairs_of(part.frame)
    yield from _rates(part, pairs)
    if not pairs.n:
        return
    yield from _baselines(part, pairs)
    yield _upper_bound(part, pairs)
    if pairs.two_options:
        yield _identity(part, pairs)
    if "shown_first" in part.frame.columns:
        chosen = part.scored("shown_first")
        bias = position_bias(floats(chosen, "shown_first"), clusters=clusters_of(chosen))
        yield part.estimate("position_bias", bias, measure="shown_first")


def _rates(part: Slice, pairs: Pairs, *, comparable: str = "") -> Iterator[Estimate]:
    """Rates of a part, set accuracy beside that of guessing first."""
    few = "too few to say" if 0 < pairs.n < FEW else ""
    left_out = (
        f"{pairs.n_left_out} pairs left out: a member has no answer" if pairs.n_left_out else ""
    )
    note = _joined(few, left_out)
    correct, answers, clusters = pairs.correct, pairs.answers, pairs.clusters
    yield part.estimate(
        "set_accuracy",
        set_accuracy(correct, clusters=clusters),
        measure="correct", direction="higher", comparable=comparable,
        note=_joined(note, ARMS.get(part.condition, "")),
    )  # fmt: skip
    guessed = _exact(pairs, guessed_set_accuracy(pairs.n_options))
    yield part.estimate(
        "random_baseline", guessed, measure="gold", note="each member guessed evenly"
    )
    yield part.estimate(
        "individual_accuracy",
        individual_accuracy(correct, clusters=clusters),
        measure="correct", direction="higher", comparable=comparable, note=note,
    )  # fmt: skip
    yield part.estimate(
        "confusion",
        confusion(answers, clusters=clusters),
        measure="predicted", direction="lower", comparable=comparable,
        note=_joined("of the pairs with two valid answers", few),
    )  # fmt: skip
    yield part.estimate(
        "confusion_of_all",
        confusion_of_all(answers, clusters=clusters),
        measure="predicted", direction="lower", comparable=comparable,
        note=_joined("of all pairs", note),
    )  # fmt: skip
    yield part.estimate(
        "precision",
        precision(correct, answers, clusters=clusters),
        measure="correct", direction="higher", comparable=comparable,
        note=_joined("of the pairs with two different valid answers", few),
    )  # fmt: skip
    yield part.estimate(
        "invalid_rate",
        invalid_rate(answers, clusters=clusters),
        measure="predicted", direction="lower", comparable=comparable, note=note,
    )  # fmt: skip


def _baselines(part: Slice, pairs: Pairs) -> Iterator[Estimate]:
    """What guessing, and answering without the image, would get."""
    one_of = float(np.mean(1.0 / pairs.n_options))
    guess = "each member guessed evenly"
    for name in ("random_individual_accuracy", "random_confusion"):
        yield part.estimate(name, _exact(pairs, one_of), measure="gold", note=guess)
    note = "the same answer to both members"
    if pairs.two_options:
        note += ": half of the single answers are right, and every pair is confused"
    yield part.estimate("blind_baseline", _exact(pairs, 0.0), measure="gold", note=note)


def _exact(pairs: Pairs, value: float | None) -> Interval:
    n_clusters = len(np.unique(pairs.clusters))
    return Interval(value, None, None, 0.95, "exact", pairs.n, n_clusters)


def _upper_bound(part: Slice, pairs: Pairs) -> Estimate:
    """How high set accuracy could be at most, and whether that is below guessing."""
    baseline = guessed_set_accuracy(pairs.n_options)
    found = below_random(
        pairs.correct, pairs.clusters, baseline=0.25 if baseline is None else baseline
    )
    interval = found.interval
    bound = Interval(
        found.bound, None, None, found.confidence, f"{interval.method}-upper-end",
        interval.n, interval.n_clusters, interval.note,
    )  # fmt: skip
    said = {True: "below guessing", False: "not shown to be below guessing"}
    verdict = "" if found.below is None else f"{said[found.below]} ({found.baseline:.4g})"
    independent = (
        "" if found.p_if_independent is None
        else f"p = {found.p_if_independent:.2g} were all pairs independent (exact binomial)"
    )  # fmt: skip
    return part.estimate(
        "set_accuracy_upper_bound", bound, measure="correct", direction="higher",
        p_value=found.p_value, note=_joined(verdict, independent),
    )  # fmt: skip


def _identity(part: Slice, pairs: Pairs) -> Estimate:
    """Individual accuracy - confusion / 2 - set accuracy: a check, not a result."""
    counts = count_pairs(pairs.correct, pairs.answers)
    if not counts.holds:
        note = "broken: marks and answers contradict each other"
    elif counts.invalid:
        note = f"{counts.invalid} answers are not valid, so it need not be 0"
    else:
        note = "holds exactly: no answer is invalid"
    return part.estimate(
        "identity_residual", _exact(pairs, counts.residual), measure="correct", note=note
    )


def _against_clean(clean: Slice, part: Slice) -> Iterator[Estimate]:
    """Changes against the clean arm, by pairs with both members scored in both arms."""
    before, after = common(pairs_of(clean.frame), pairs_of(part.frame))
    yield _change(
        part, "set_accuracy_change", "correct", "higher",
        before.correct.min(axis=1), after.correct.min(axis=1), before.clusters,
    )  # fmt: skip
    valid = (before.answers >= 0).all(axis=1) & (after.answers >= 0).all(axis=1)
    same = [(p.answers[valid, 0] == p.answers[valid, 1]) for p in (before, after)]
    yield _change(
        part, "confusion_change", "predicted", "lower", same[0], same[1], before.clusters[valid],
        note="of the pairs with two valid answers in both arms",
    )  # fmt: skip
    if part.condition == SWAPPED:
        yield _swap_consistency(clean, part)


def _change(
    part: Slice, metric: str, measure: str, direction: Direction,
    before: BoolArray, after: BoolArray, clusters: IntArray, *, note: str = "",
) -> Estimate:  # fmt: skip
    found = paired_difference(
        before, after, clusters=clusters, rng=np.random.default_rng(SEED), draws=DRAWS
    )
    return part.estimate(
        metric, found.interval, measure=measure, direction=direction,
        note=_joined(found.p_method, note, "too few to say" if 0 < len(before) < FEW else ""),
        p_value=found.p_value,
    )  # fmt: skip


def _swap_consistency(clean: Slice, swapped: Slice) -> Estimate:
    """Share of single questions that got the same option, wherever it stood, in both arms."""
    first = clean.scored("predicted").select("sample", "cluster", before="predicted")
    second = swapped.scored("predicted").select("sample", after="predicted")
    both = first.join(second, on="sample", how="inner", maintain_order="left")
    same = (both.get_column("before") == both.get_column("after")).to_numpy()
    return swapped.estimate(
        "swap_consistency", rate(same, clusters=clusters_of(both)), measure="predicted",
        direction="higher", note="of single questions with a valid answer in both arms",
    )  # fmt: skip


def _joined(*notes: str) -> str:
    return "; ".join(note for note in notes if note)
