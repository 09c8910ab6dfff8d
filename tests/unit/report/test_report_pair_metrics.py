"""Pair metrics in the report: words for each, and the published boards beside our numbers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from medtrust.core.records import Estimate
from medtrust.report import beside_published, names, wording
from medtrust.report.beside_published import published_table
from medtrust.report.companions import companions_of
from medtrust.report.findings import Finding, Place
from medtrust.report.leads import leading
from medtrust.suites.pair_metrics import pair_metrics
from parts.questions import choice, estimates_of, scored

TASK = "mediconfusion/multiple_choice"


@pytest.fixture(scope="module")
def estimates() -> list[Estimate]:
    """Of 40 pairs with two categories under all arms, as the task would name them."""
    rng = np.random.default_rng(5)
    samples = [
        choice(
            f"{pair}-{member}", (pair + member) % 2, ("left", "right"), pair=str(pair),
            strata={"categories": ("Spinal", "Cardiac|Vascular")[pair % 2]},
        )
        for pair in range(40)
        for member in (0, 1)
    ]  # fmt: skip
    rows = []
    for condition in ("", "image=none", "image=other", "options=swapped"):
        for sample in samples:
            rows.append(scored(sample, float(rng.integers(0, 2)), condition=condition))
            rows.append(
                [("mine/task", 1, sample.id, condition, "corrected", "shown_first", 1.0, "ok", "")]
            )
    found = estimates_of(pair_metrics(multi=("categories",)), samples, rows)
    return [replace(estimate, task=TASK) for estimate in found]


def place(estimate: Estimate) -> Place:
    name, _, value = estimate.group.partition("=")
    return Place(strata=((name, value),)) if value else Place()


def test_every_metric_and_arm_has_words_of_its_own(estimates: list[Estimate]) -> None:
    assert len({estimate.metric for estimate in estimates}) == 16
    for estimate in estimates:
        assert estimate.metric in names.METRICS
        assert estimate.condition in names.CONDITIONS


def test_differences_are_written_in_points_with_their_sign(estimates: list[Estimate]) -> None:
    (bias,) = [e for e in estimates if e.metric == "position_bias" and e.condition == ""]
    assert wording.value(bias) == "+50.0 points"
    (change,) = [
        e for e in estimates if e.metric == "set_accuracy_change" and e.condition == "image=none"
    ]
    assert wording.value(change).endswith("points")


def test_set_accuracy_leads_with_guessing_and_its_parts_beside_it(
    estimates: list[Estimate],
) -> None:
    led = leading([Finding(estimate, place(estimate)) for estimate in estimates])
    assert {(f.estimate.metric, f.estimate.condition) for f in led} == {("set_accuracy", "")}
    assert len(led) == 4
    assert companions_of(TASK, "set_accuracy")[:3] == (
        "random_baseline", "individual_accuracy", "confusion",
    )  # fmt: skip


def test_the_boards_stand_beside_the_numbers_of_all_pairs_only(estimates: list[Estimate]) -> None:
    found = published_table(TASK, [Finding(estimate, place(estimate)) for estimate in estimates])
    assert found is not None
    assert len(found.models) == 17
    assert [row.what for row in found.rows] == [
        "both of a pair right", "pairs given one answer", "single answers right",
    ]  # fmt: skip
    for row in found.rows:
        assert row.data == "all"
        (own,) = row.own
        assert (own.estimate.group, own.estimate.condition) == ("", "")


def test_the_impossible_row_is_marked_and_the_mode_said_once(estimates: list[Estimate]) -> None:
    found = published_table(TASK, [Finding(estimate, Place()) for estimate in estimates])
    assert found is not None
    sets, *_ = found.rows
    doubted = [n.model for n in sets.numbers if n and beside_published.doubtful(n)]
    assert doubted == ["Med-Flamingo"]
    assert beside_published.how_printed([sets]) == "printed in percent, mode not stated"
    plain = [n for n in sets.numbers if n and n.model == "Claude 3 Opus"]
    assert beside_published.single_doubt(plain[0], sets) == ""


def test_arms_and_parts_have_no_published_row(estimates: list[Estimate]) -> None:
    other = [e for e in estimates if e.condition or e.group]
    assert published_table(TASK, [Finding(e, place(e)) for e in other]) is None
