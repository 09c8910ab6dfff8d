"""Slices of a score table, and what they hand to the array functions."""

from __future__ import annotations

import polars as pl

from medtrust.core.records import REFUSED, missing
from medtrust.measure import describe, widen
from medtrust.metrics.intervals import rate
from medtrust.metrics.score_table import Slice, clusters_of, encode, floats, paired, slices
from parts.questions import choice, score_frame, scored, unanswered, yes_no


def test_codes_are_dense_sorted_and_minus_one_for_null() -> None:
    assert encode(pl.Series(["b", "a", None, "b"])).tolist() == [1, 0, -1, 1]
    assert encode(pl.Series([2.0, 1.0, None])).tolist() == [1, 0, -1]
    assert encode(pl.Series(["b", "a", None], dtype=pl.Categorical())).tolist() == [1, 0, -1]
    assert encode(pl.Series([], dtype=pl.String())).tolist() == []
    assert encode(pl.Series([None, None], dtype=pl.String())).tolist() == [-1, -1]


def table() -> list[Slice]:
    samples = [
        yes_no(1, groups={"sex": "female"}, strata={"view": "front"}, cluster="p"),
        yes_no(2, groups={"sex": "male"}, strata={"view": "front"}, cluster="p"),
        yes_no(3, strata={"view": "side"}),
        choice(4),
    ]
    rows = [
        *scored(samples[0], 1.0),
        *scored(samples[1], None, REFUSED),
        *unanswered(samples[2]),
        *scored(samples[3], 2.0),
        *scored(samples[0], 1.0, reading="official"),
        *scored(samples[0], 0.0, condition="image=blank"),
        *scored(samples[2], 1.0, condition="image=blank"),
    ]
    return list(slices(widen(score_frame(rows), describe(samples))))


def test_every_condition_and_reading_is_a_slice_with_one_row_per_sample() -> None:
    found = {(part.condition, part.reading): part.frame.height for part in table()}
    assert found == {("", "corrected"): 4, ("", "official"): 1, ("image=blank", "corrected"): 2}
    assert {(part.task, part.version, part.label) for part in table()} == {("mine/task", 1, "")}


def clean() -> Slice:
    return next(part for part in table() if not part.condition and part.reading == "corrected")


def test_rows_with_a_value_are_scored_and_all_are_counted_by_status() -> None:
    assert clean().scored("correct")["sample"].to_list() == ["mine:1", "mine:2", "mine:4"]
    assert clean().counts("correct") == {"ok": 2, "refused": 1, missing("timeout"): 1}
    assert floats(clean().scored("correct"), "correct").tolist() == [1.0, 0.0, 0.0]


def test_a_measure_that_is_not_there_has_no_counts() -> None:
    assert clean().counts("judge_score") == {}


def test_values_are_sorted_and_leave_out_null() -> None:
    assert clean().values("group:sex") == ["female", "male"]
    assert clean().values("stratum:view") == ["front", "side"]
    assert clean().values("group:age") == []


def test_a_part_is_labelled_by_what_it_was_chosen() -> None:
    part = clean().where("stratum:view", "front").where("group:sex", "male")
    assert part.label == "view=front;sex=male"
    assert part.frame["sample"].to_list() == ["mine:2"]


def test_samples_share_a_cluster_only_where_they_say_so() -> None:
    codes = clusters_of(clean().frame)
    assert codes[0] == codes[1]
    assert len(set(codes.tolist())) == 3


def test_only_samples_scored_on_both_sides_are_paired() -> None:
    after = next(part for part in table() if part.condition)
    both = paired(clean(), after, "correct")
    assert both["sample"].to_list() == ["mine:1"]
    assert both.select("before", "after").row(0) == (1.0, 0.0)
    assert paired(after, clean(), "correct").select("before", "after").row(0) == (0.0, 1.0)


def test_an_interval_becomes_a_record_of_its_slice() -> None:
    part = clean().where("stratum:view", "front")
    interval = rate(floats(part.scored("correct"), "correct"))
    row = part.estimate(
        "accuracy", interval, measure="correct", direction="higher", label="x=1", note="mine"
    )
    assert (row.task, row.version, row.metric, row.group) == (
        "mine/task", 1, "accuracy", "view=front;x=1",
    )  # fmt: skip
    assert (row.value, row.low, row.high, row.n) == (
        interval.value, interval.low, interval.high, 2,
    )  # fmt: skip
    assert dict(row.counts) == {"ok": 1, "refused": 1}
    assert (row.note, row.method, row.unit, row.direction) == (
        "mine", "wilson", "fraction", "higher",
    )  # fmt: skip
