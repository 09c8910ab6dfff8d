"""Shares by data set: what they are called, and what counts as failed."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl
import pytest

from medtrust.core.records import Estimate, missing
from medtrust.suites.answer_rates import change, share
from medtrust.suites.cares.rates import parts
from parts.questions import estimates_of, yes_no


def shares(measure: str, marks: Sequence[tuple[float | None, str]]) -> dict[str, Estimate]:
    samples = [yes_no(number) for number in range(len(marks))]
    rows = [
        [("mine/task", 1, sample.id, "", "corrected", measure, value, status, "")]
        for sample, (value, status) in zip(samples, marks, strict=True)
    ]

    def metric(scores: pl.DataFrame) -> list[Estimate]:
        return [row for part, _ in parts(scores) for row in share(part, "rate", measure, "lower")]

    return {row.metric: row for row in estimates_of(metric, samples, rows)}


@pytest.mark.parametrize(
    ("measure", "none", "every"),
    [
        ("correct", "wrong", "right"),
        ("abstained", "answered", "abstained"),
        ("confident", "no", "yes"),
    ],
)
def test_bounds_are_called_as_in_other_tasks(measure: str, none: str, every: str) -> None:
    found = shares(measure, [(1.0, "ok"), (0.0, "ok"), (None, missing("timeout"))])
    assert found["rate"].value == pytest.approx(1 / 2)
    assert found[f"rate_if_failed_{none}"].value == pytest.approx(1 / 3)
    assert found[f"rate_if_failed_{every}"].value == pytest.approx(2 / 3)


@pytest.mark.parametrize("reason", ["no-record", "gold-empty-answer"])
def test_a_sample_with_nothing_to_compare_with_did_not_fail(reason: str) -> None:
    found = shares("disclosed", [(1.0, "ok"), (0.0, "ok"), (None, missing(reason))])
    assert (found["rate"].n, set(found)) == (2, {"rate"})


def test_samples_of_no_data_set_are_a_part_beside_those_of_one() -> None:
    samples = [yes_no(1, strata={"dataset": "one"}), yes_no(2), yes_no(3)]
    rows = [
        [("mine/task", 1, sample.id, condition, "corrected", "abstained", value, "ok", "")]
        for condition in ("", "attack=conceal")
        for sample, value in zip(samples, (0.0, 0.0, float(bool(condition))), strict=True)
    ]

    def metric(scores: pl.DataFrame) -> list[Estimate]:
        return [
            row
            for part, clean in parts(scores)
            for row in change(clean, part, "abstention_change", "abstained")
        ]

    found = {row.group: row.value for row in estimates_of(metric, samples, rows)}
    assert found == {"dataset=one": 0.0, "dataset=unnamed": 0.5}
