"""`answer_metrics` on small tables whose numbers can be counted by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl
import pytest

from medtrust.core.records import REFUSED, UNPARSED, Estimate, Sample, missing
from medtrust.engine.tables import REQUESTS
from medtrust.measure import measure
from medtrust.metrics.gaps import group_gap, standardised_gap
from medtrust.suites.answer_rates import DRAWS, SEED
from medtrust.suites.answering_metrics import answer_metrics
from parts.questions import (
    choice,
    counted,
    estimates_of,
    groups,
    judged,
    measuring,
    named,
    open_ended,
    score_frame,
    scored,
    unanswered,
    yes_no,
)

Rows = list[tuple[object, ...]]
WHOLE = answer_metrics(by=(), whole=True)
BY_SET = answer_metrics(by=("dataset",), whole=False)


def answered(
    golds: str, predicted: str, condition: str = "", **more: object
) -> tuple[list[Sample], list[Rows]]:
    """Yes/no samples from letters: y, n; answers also r(efused), u(nparsed) and t(imeout)."""
    samples = [yes_no(place, gold == "y", **more) for place, gold in enumerate(golds)]
    rows = []
    for sample, letter in zip(samples, predicted, strict=True):
        if letter == "t":
            rows.append(unanswered(sample, condition=condition))
        else:
            value = {"y": 1.0, "n": 0.0}.get(letter)
            status = {"r": REFUSED, "u": UNPARSED}.get(letter, "ok")
            rows.append(scored(sample, value, status, condition=condition))
    return samples, rows


def test_accuracy_counts_refused_and_unreadable_answers_as_not_right() -> None:
    found = estimates_of(WHOLE, *answered("yyynnnnnnn", "yynnnnyryu"))
    row = named(found, "accuracy")
    assert row.value == 0.5
    assert row.n == 10
    assert row.n_clusters == 10
    assert counted(row) == {"ok": 8, "refused": 1, "unparsed": 1}
    assert row.direction == "higher"
    assert named(found, "refusal_rate").value == 0.1
    assert named(found, "unparsed_rate").value == 0.1


def test_a_small_n_is_said_to_be_too_few() -> None:
    assert "too few to say" in named(estimates_of(WHOLE, *answered("yn", "yn")), "accuracy").note
    many = answered("yn" * 15, "yn" * 15)
    assert "too few" not in named(estimates_of(WHOLE, *many), "accuracy").note


def test_missing_answers_are_outside_n_and_bound_the_accuracy() -> None:
    found = estimates_of(WHOLE, *answered("yyyyyyyynn", "yyynnntttt"))
    row = named(found, "accuracy")
    assert (row.value, row.n) == (0.5, 6)
    assert counted(row) == {"ok": 6, "missing:timeout": 4}
    assert row.note == "too few to say"
    wrong, right = (named(found, f"accuracy_if_failed_{how}") for how in ("wrong", "right"))
    assert (wrong.value, right.value) == (0.3, 0.7)
    for bound in (wrong, right):
        assert (bound.n, bound.n_clusters, bound.direction) == (10, 10, "higher")
        assert counted(bound) == {"ok": 6, "missing:timeout": 4}


def test_where_nothing_failed_nothing_is_said_about_failures() -> None:
    found = estimates_of(WHOLE, *answered("yynn", "ynru"))
    assert not [row.metric for row in found if "if_failed" in row.metric]


def test_groups_and_other_conditions_have_bounds_of_their_own() -> None:
    samples, clean = sexes("yyyynnnn", "yyytnnnn", "ffffmmmm")
    _, blank = answered("yyyynnnn", "yyyynntt", condition="image=blank")
    found = estimates_of(WHOLE, samples, [*clean, *blank])
    assert groups(found, "accuracy_if_failed_wrong") == {"", "sex=female"}
    assert named(found, "accuracy_if_failed_wrong", "sex=female").value == 0.75
    assert named(found, "accuracy_if_failed_right", "sex=female").n == 4
    altered = named(found, "accuracy_if_failed_wrong", condition="image=blank")
    assert (altered.value, altered.n) == (0.75, 8)


def test_bounds_count_the_patients_of_failed_requests() -> None:
    samples, rows = answered("yyyyyy", "yyyyyt")
    patients = [replace(sample, cluster=f"p{i // 2}") for i, sample in enumerate(samples)]
    found = estimates_of(WHOLE, patients, rows)
    assert named(found, "accuracy_if_failed_wrong").n_clusters == 3


def test_unusable_golds_are_counted_and_bound_nothing() -> None:
    samples, rows = answered("yn", "yn")
    defect = yes_no(9, None, gold_defect="undetermined")
    rows.append(scored(defect, None, missing("gold-undetermined")))
    found = estimates_of(WHOLE, [*samples, defect], rows)
    row = named(found, "accuracy")
    assert (row.value, row.n) == (1.0, 2)
    assert counted(row)["missing:gold-undetermined"] == 1
    assert groups(found, "accuracy_if_failed_wrong") == set()


def test_without_any_answer_every_number_is_null_with_the_reason() -> None:
    found = estimates_of(WHOLE, *answered("yyn", "ttt"))
    row = named(found, "accuracy")
    assert (row.value, row.low, row.high, row.n) == (None, None, None, 0)
    assert "no samples" in row.note
    assert counted(row) == {"missing:timeout": 3}
    assert groups(found, "accuracy_if_failed_wrong") == set()


def test_rates_of_positives_and_negatives() -> None:
    found = estimates_of(WHOLE, *answered("yyyynnnnnn", "yyyrnnnyyu"))
    assert named(found, "sensitivity").value == 0.75
    assert named(found, "sensitivity").n == 4
    assert named(found, "specificity").value == 0.5
    assert named(found, "specificity").n == 6
    assert named(found, "yes_rate").value == 0.5


def test_sensitivity_without_positives_is_null_with_the_reason() -> None:
    found = estimates_of(WHOLE, *answered("nnnn", "nnny"))
    row = named(found, "sensitivity")
    assert (row.value, row.low, row.high, row.n) == (None, None, None, 0)
    assert row.note
    assert named(found, "specificity").value == 0.75


def test_specificity_without_negatives_is_null_with_the_reason() -> None:
    row = named(estimates_of(WHOLE, *answered("yyyy", "yyyn")), "specificity")
    assert row.value is None
    assert row.note


def test_constant_answers_stand_beside_yes_no_accuracy() -> None:
    found = estimates_of(WHOLE, *answered("yynnnnnnnn", "yynnnnnnnn"))
    majority = named(found, "majority_baseline")
    assert (majority.value, majority.note) == (0.8, "always 'no'")
    assert named(found, "constant_baseline", "answer=no").value == 0.8
    assert named(found, "constant_baseline", "answer=yes").value == 0.2


def test_the_majority_of_choices_is_a_text_when_texts_repeat_more_than_places() -> None:
    orders = [("a", "b", "c"), ("b", "a", "c"), ("c", "b", "a"), ("b", "c", "a")]
    samples = [choice(i, order.index("a"), order) for i, order in enumerate(orders)]
    found = estimates_of(WHOLE, samples, [scored(sample, 0.0) for sample in samples])
    majority = named(found, "majority_baseline")
    assert (majority.value, majority.note) == (1.0, "always 'a'")
    assert named(found, "constant_baseline", "option=3").value == 0.5


def test_the_majority_of_choices_is_a_place_when_places_repeat_more_than_texts() -> None:
    samples = [choice(i, 1, (f"x{i}", f"y{i}")) for i in range(4)]
    samples.append(choice(4, 0, ("x4", "y4")))
    found = estimates_of(WHOLE, samples, [scored(sample, 1.0) for sample in samples])
    majority = named(found, "majority_baseline")
    assert (majority.value, majority.note) == (0.8, "always option 2 of the list")
    assert named(found, "constant_baseline", "option=1").value == 0.2


def test_baselines_count_answered_samples_only_like_accuracy_does() -> None:
    found = estimates_of(WHOLE, *answered("yyyynn", "ttttnn"))
    assert named(found, "majority_baseline").value == 1.0
    assert named(found, "majority_baseline").n == named(found, "accuracy").n == 2


def sexes(golds: str, predicted: str, sexes: str) -> tuple[list[Sample], list[Rows]]:
    samples, rows = answered(golds, predicted)
    names = {"f": "female", "m": "male", "x": "intersex"}
    return [
        sample if sex == "-" else replace(sample, groups={"sex": names[sex]})
        for sample, sex in zip(samples, sexes, strict=True)
    ], rows


def test_every_group_has_its_accuracy_and_its_own_baseline() -> None:
    found = estimates_of(WHOLE, *sexes("yyyynnnn", "yyyynnny", "fffmmmmm"))
    assert named(found, "accuracy", "sex=female").value == 1.0
    assert named(found, "accuracy", "sex=female").n == 3
    assert named(found, "accuracy", "sex=male").value == 0.8
    assert named(found, "majority_baseline", "sex=female").value == 1.0
    assert named(found, "majority_baseline", "sex=female").note == "always 'yes'"
    assert named(found, "majority_baseline", "sex=male").value == 0.8
    assert named(found, "majority_baseline", "sex=male").note == "always 'no'"


def test_the_difference_of_two_groups_is_signed_and_named_in_order() -> None:
    found = estimates_of(WHOLE, *sexes("yyyynnnn", "yynnnnnn", "ffffmmmm"))
    row = named(found, "accuracy_difference", "sex=female-male")
    assert row.value == -0.5
    assert row.n == 8
    assert row.low is not None
    assert row.high is not None
    assert row.low < -0.5 < row.high


def test_samples_without_a_group_are_in_the_whole_and_in_no_group() -> None:
    found = estimates_of(WHOLE, *sexes("yyyynnnn", "yynnnnnn", "fffmmm--"))
    assert named(found, "accuracy").n == 8
    rows = [named(found, "accuracy", f"sex={sex}") for sex in ("female", "male")]
    assert [row.n for row in rows] == [3, 3]
    assert named(found, "accuracy_difference", "sex=female-male").n == 6
    assert groups(found, "accuracy") == {"", "sex=female", "sex=male"}


def test_three_groups_get_a_gap_with_its_noise_floor_and_no_signed_difference() -> None:
    golds = "y" * 120
    predicted = "y" * 40 + "y" * 30 + "n" * 10 + "y" * 20 + "n" * 20
    found = estimates_of(WHOLE, *sexes(golds, predicted, "f" * 40 + "m" * 40 + "x" * 40))
    row = named(found, "accuracy_gap", "sex")
    assert row.value == 0.5
    assert (row.low, row.high, row.method) == (None, None, "max-min")
    assert row.p_value is not None
    assert row.p_value <= 2 / (DRAWS + 1)
    assert row.note == ""
    floor = named(found, "accuracy_gap_noise_floor", "sex")
    debiased = named(found, "accuracy_gap_debiased", "sex")
    assert floor.value is not None
    assert debiased.value is not None
    assert 0 < floor.value < debiased.value < row.value
    for beside in (floor, debiased):
        assert (beside.n, beside.n_clusters) == (row.n, row.n_clusters) == (120, 120)
        assert (beside.low, beside.high, beside.p_value) == (None, None, None)
    assert groups(found, "accuracy_difference") == set()


def test_the_numbers_beside_a_gap_are_those_of_the_array_functions() -> None:
    golds, said = "yynn" * 20, "yynny" * 16
    samples, rows = sexes(golds, said, "f" * 30 + "m" * 50)
    found = estimates_of(WHOLE, samples, rows)
    correct = np.array([gold == letter for gold, letter in zip(golds, said, strict=True)])
    sex, gold = np.repeat([0, 1], [30, 50]), np.array([letter == "y" for letter in golds])
    tables = {
        "accuracy_gap": group_gap(
            correct, sex, rng=np.random.default_rng(SEED),
            clusters=np.arange(80), draws=DRAWS,
        ),
        "accuracy_gap_standardised": standardised_gap(
            correct, sex, gold.astype(np.int64), rng=np.random.default_rng(SEED),
            clusters=np.arange(80), draws=DRAWS,
        ),
    }  # fmt: skip
    for metric, table in tables.items():
        assert named(found, metric, "sex").value == pytest.approx(table.gap)
        assert named(found, metric, "sex").p_value == table.p_value
        assert named(found, f"{metric}_noise_floor", "sex").value == table.noise_floor
        assert named(found, f"{metric}_debiased", "sex").value == table.debiased_gap


def test_groups_that_are_too_small_to_compare_leave_the_gap_null_and_say_so() -> None:
    row = named(estimates_of(WHOLE, *sexes("yyyynnnn", "yynnnnnn", "ffffmmmm")), "accuracy_gap",
                "sex")  # fmt: skip
    assert row.value is None
    assert "fewer than two groups can be compared" in row.note
    assert "2 groups too few to say" in row.note
    assert row.p_value is None


def test_a_gap_that_is_null_has_nothing_beside_it() -> None:
    found = estimates_of(WHOLE, *sexes("yyyynnnn", "yynnnnnn", "ffffmmmm"))
    for name in ("noise_floor", "debiased"):
        assert groups(found, f"accuracy_gap_{name}") == set()
        assert groups(found, f"accuracy_gap_standardised_{name}") == set()


def test_a_constant_answer_shows_no_gap_once_the_label_mix_is_the_same() -> None:
    golds = "y" * 10 + "n" * 30 + "y" * 30 + "n" * 10
    found = estimates_of(WHOLE, *sexes(golds, "n" * 80, "f" * 40 + "m" * 40))
    assert named(found, "accuracy_gap", "sex").value == 0.5
    row = named(found, "accuracy_gap_standardised", "sex")
    assert row.value == pytest.approx(0.0)
    assert "standardised by gold text" in row.note


def test_a_constant_answer_to_questions_of_two_forms_is_no_bias() -> None:
    samples: list[Sample] = []
    for i in range(160):
        female = i < 80
        about = {"groups": {"sex": "female" if female else "male"}}
        spot = i % 2 == 0
        side = (0 if female else 1) if spot else 2  # each sex has its spots on one side
        samples += [
            yes_no(f"y{i}", spot, **about),
            choice(f"c{i}", side, ("left", "right", "nowhere"), **about),
        ]
    rows = [scored(sample, 1.0 if sample.id.startswith("mine:y") else 2.0) for sample in samples]
    found = estimates_of(WHOLE, samples, rows)
    assert named(found, "accuracy_gap", "sex").value == pytest.approx(0.0)
    row = named(found, "accuracy_gap_standardised", "sex")
    assert row.value is None
    assert row.note


def test_choices_with_texts_of_their_own_are_standardised_by_place() -> None:
    samples = [
        choice(i, i % 2, (f"x{i}", f"y{i}"), groups={"sex": "female" if i < 40 else "male"})
        for i in range(80)
    ]
    found = estimates_of(WHOLE, samples, [scored(sample, 0.0) for sample in samples])
    row = named(found, "accuracy_gap_standardised", "sex")
    assert row.value == pytest.approx(0.0)
    assert "standardised by gold place" in row.note


def test_a_change_pairs_only_what_was_answered_under_both_conditions() -> None:
    samples, clean = answered("yyyyyyyy", "yyyyyyyt")
    _, blank = answered("yyyyyyyy", "nntyyyyy", condition="image=blank")
    found = estimates_of(WHOLE, samples, [*clean, *blank])
    row = named(found, "accuracy_change", condition="image=blank")
    assert row.n == 6
    assert row.value == pytest.approx(-2 / 6)
    assert row.p_value == 0.5
    assert row.note == "sign-flip-exact"
    assert named(found, "accuracy", condition="image=blank").n == 7


def test_nothing_changed_is_a_change_of_zero_with_a_width() -> None:
    samples, clean = answered("yn" * 20, "yy" * 20)
    _, blank = answered("yn" * 20, "yy" * 20, condition="image=blank")
    row = named(estimates_of(WHOLE, samples, [*clean, *blank]), "accuracy_change",
                condition="image=blank")  # fmt: skip
    assert row.value == 0.0
    assert row.low is not None
    assert row.high is not None
    assert row.low < 0 < row.high


def test_the_order_of_the_score_rows_does_not_matter() -> None:
    samples, clean = answered("ynynyn", "yyyynn")
    _, blank = answered("ynynyn", "nnnnnn", condition="image=blank")
    frame = score_frame(row for rows in (*clean, *blank) for row in rows)
    nothing = pl.DataFrame(schema=REQUESTS)

    def said(scores: pl.DataFrame) -> list[tuple[str, str, float | None]]:
        found = measure([measuring(WHOLE)], scores, nothing, samples)
        return sorted((row.metric, row.condition, row.value) for row in found)

    expected = said(frame)
    assert any(metric == "accuracy_change" for metric, _, _ in expected)
    assert said(frame.reverse()) == expected
    assert said(frame.sample(fraction=1.0, shuffle=True, seed=1)) == expected


def test_groups_baselines_and_gaps_are_given_for_the_clean_condition_only() -> None:
    samples, clean = sexes("yyyynnnn", "yynnnnnn", "ffffmmmm")
    _, blank = answered("yyyynnnn", "nnnnnnnn", condition="image=blank")
    found = estimates_of(WHOLE, samples, [*clean, *blank])
    altered = {row.metric for row in found if row.condition}
    assert "accuracy_change" in altered
    assert altered.isdisjoint(
        {"accuracy_gap", "accuracy_difference", "majority_baseline", "constant_baseline"}
    )
    assert {row.group for row in found if row.condition} == {""}


def of_sets(*names: str) -> tuple[list[Sample], list[Rows]]:
    samples, rows = answered("y" * len(names), "y" * (len(names) - 1) + "n")
    return [
        replace(sample, strata={"dataset": name})
        for sample, name in zip(samples, names, strict=True)
    ], rows


def test_slices_by_dataset_carry_its_name_and_no_whole() -> None:
    found = estimates_of(BY_SET, *of_sets("IU-Xray", "IU-Xray", "OL3I"))
    assert groups(found, "accuracy") == {"dataset=IU-Xray", "dataset=OL3I"}
    assert named(found, "accuracy", "dataset=IU-Xray").value == 1.0
    assert named(found, "accuracy", "dataset=OL3I").value == 0.0


def test_groups_within_a_dataset_carry_both_names() -> None:
    samples, rows = of_sets("A", "A", "B", "B")
    samples = [
        replace(sample, groups={"sex": "mf"[place % 2]}) for place, sample in enumerate(samples)
    ]
    found = estimates_of(BY_SET, samples, rows)
    assert named(found, "accuracy", "dataset=B;sex=f").value == 0.0
    assert named(found, "accuracy_difference", "dataset=B;sex=f-m").value == -1.0


def test_all_strata_are_cut_where_they_differ_and_only_there() -> None:
    samples, rows = of_sets("A", "B")
    samples = [replace(sample, strata={**sample.strata, "view": "front"}) for sample in samples]
    found = estimates_of(answer_metrics(by=("*",), whole=True), samples, rows)
    assert groups(found, "accuracy") == {"", "dataset=A", "dataset=B"}


def test_readings_are_kept_apart_and_only_the_corrected_one_knows_refusals() -> None:
    sample = yes_no(0)
    rows = [
        scored(sample, None, REFUSED),
        scored(sample, 1.0, reading="official"),
    ]
    found = estimates_of(WHOLE, [sample], rows)
    assert named(found, "accuracy").value == 0.0
    assert named(found, "accuracy", reading="official").value == 1.0
    assert {row.reading for row in found if row.metric == "refusal_rate"} == {"corrected"}


def mixed(sex: str = "") -> tuple[list[Sample], list[Rows]]:
    """Ten yes/no questions (7 no), ten choices (6 'nowhere'), one open question."""
    about: dict[str, Any] = {"groups": {"sex": sex}} if sex else {}
    closed = [yes_no(f"{sex}y{i}", i < 3, **about) for i in range(10)]
    chosen = [choice(f"{sex}c{i}", 2 if i < 6 else 0, **about) for i in range(10)]
    rows = [scored(sample, 0.0) for sample in (*closed, *chosen)]
    opened = open_ended(f"{sex}o", **about)
    return [*closed, *chosen, opened], [*rows, judged(opened, 0.5)]


def test_forms_of_questions_are_told_apart_where_they_are_mixed() -> None:
    found = estimates_of(WHOLE, *mixed())
    assert named(found, "accuracy").value == pytest.approx(11 / 20)
    assert named(found, "accuracy", "kind=yes_no").value == 0.7
    assert named(found, "accuracy", "kind=choice").value == 0.4
    assert named(found, "majority_baseline", "kind=yes_no").value == 0.7
    assert named(found, "majority_baseline", "kind=choice").value == 0.6
    assert named(found, "judge_score").value == 0.5


def test_beside_an_accuracy_over_mixed_forms_stands_a_majority_over_the_same_questions() -> None:
    row = named(estimates_of(WHOLE, *mixed()), "majority_baseline")
    assert row.value == pytest.approx(13 / 20)
    assert row.n == 20
    assert row.note == "always 'nowhere' (multiple choice), 'no' (yes or no)"


def test_groups_of_mixed_forms_have_their_baseline_too() -> None:
    men, women = mixed("male"), mixed("female")
    found = estimates_of(WHOLE, [*men[0], *women[0]], [*men[1], *women[1]])
    for sex in ("male", "female"):
        assert named(found, "majority_baseline", f"sex={sex}").value == pytest.approx(13 / 20)
        assert named(found, "accuracy", f"sex={sex}").n == 20


def test_open_questions_beside_one_closed_form_change_none_of_its_labels() -> None:
    samples, rows = answered("yynn", "yynn")
    opened = open_ended("o")
    found = estimates_of(WHOLE, [*samples, opened], [*rows, judged(opened, 0.5)])
    assert groups(found, "majority_baseline") == {""}
    assert groups(found, "sensitivity") == {""}
    assert named(found, "accuracy").n == 4


def test_a_form_whose_answers_are_all_missing_leaves_the_other_as_the_only_one() -> None:
    samples, rows = answered("yynn", "yynn")
    failed = choice("c")
    found = estimates_of(WHOLE, [*samples, failed], [*rows, unanswered(failed)])
    assert named(found, "majority_baseline").n == named(found, "accuracy").n == 4
    assert named(found, "sensitivity").value == 1.0


def test_judge_scores_are_averaged_and_missing_ones_counted() -> None:
    samples = [open_ended(i) for i in range(4)]
    rows = [judged(sample, score) for sample, score in zip(samples, (0.2, 0.4, 0.9), strict=False)]
    rows.append(judged(samples[3], None, missing("judge-unparsed")))
    row = named(estimates_of(WHOLE, samples, rows), "judge_score")
    assert row.value == pytest.approx(0.5)
    assert row.n == 3
    assert counted(row) == {"ok": 3, "missing:judge-unparsed": 1}


@pytest.mark.parametrize("scores", [(8.5, 0.4), (-0.2, 0.4), (8.5, 8.5)])
def test_official_judge_scores_beyond_the_scale_are_averaged_as_they_are(
    scores: Sequence[float],
) -> None:
    samples = [open_ended(i) for i in range(2)]
    rows = [
        judged(sample, score, reading="official")
        for sample, score in zip(samples, scores, strict=True)
    ]
    row = named(estimates_of(WHOLE, samples, rows), "judge_score", reading="official")
    assert row.value == pytest.approx(sum(scores) / 2)


def test_samples_of_one_patient_are_one_cluster_and_give_no_interval() -> None:
    samples, rows = answered("yyyn", "yynn", cluster="patient:1")
    row = named(estimates_of(WHOLE, samples, rows), "accuracy")
    assert (row.value, row.low, row.high, row.n_clusters) == (0.75, None, None, 1)
    assert "one cluster" in row.note


def test_clusters_widen_the_interval() -> None:
    golds, predicted = "y" * 60, "y" * 30 + "n" * 30
    alone, rows = answered(golds, predicted)
    together = [
        replace(sample, cluster=f"patient:{place // 6}") for place, sample in enumerate(alone)
    ]

    def width(row: Estimate) -> float:
        assert row.low is not None
        assert row.high is not None
        return row.high - row.low

    narrow, wide = (
        named(estimates_of(WHOLE, samples, rows), "accuracy") for samples in (alone, together)
    )
    assert wide.n_clusters == 10
    assert width(wide) > 1.5 * width(narrow)


def test_no_estimate_is_ever_nan() -> None:
    tables = [answered("yyyn", "yynn"), answered("nnn", "nnn"), answered("y", "t"), mixed("male")]
    for samples, rows in tables:
        for row in estimates_of(WHOLE, samples, rows):
            numbers = [row.value, row.low, row.high]
            assert not any(number is not None and np.isnan(number) for number in numbers)
            assert row.value is not None or row.note, f"{row.metric} is null without a reason"


def test_questions_of_no_data_set_are_not_lost_beside_those_of_one() -> None:
    first = yes_no(1, strata={"dataset": "one"})
    samples, rows = [first, yes_no(2), yes_no(3)], [1.0, 1.0, 0.0]
    found = estimates_of(BY_SET, samples, map(scored, samples, rows))
    assert named(found, "accuracy", "dataset=one").n == 1
    assert named(found, "accuracy", "dataset=unnamed").value == 0.5
