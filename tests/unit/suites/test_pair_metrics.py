"""Metrics of confusable pairs on score tables that can be counted by hand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from scipy.stats import binom

from medtrust.core.records import Estimate, Sample
from medtrust.suites.pair_metrics import pair_metrics
from medtrust.suites.pair_table import singular
from parts.questions import choice, counted, estimates_of, groups, named, scored, unanswered

SIDES = ("left", "right")
Rows = list[tuple[object, ...]]


def pair(number: int, **more: Any) -> tuple[Sample, Sample]:
    """Right answers are (0, 1) in even pairs and (1, 0) in odd ones; ``strata`` may be two."""
    strata = more.pop("strata", {})
    both = strata if isinstance(strata, tuple) else (strata, strata)
    cluster = more.pop("cluster", f"component {number}")
    first, second = (
        choice(
            f"{number}-{member}", (number + member) % 2, SIDES,
            pair=str(number), cluster=cluster, strata=both[member], **more,
        )
        for member in (0, 1)
    )  # fmt: skip
    return first, second


def pairs(count: int, **more: Any) -> list[Sample]:
    return [member for number in range(count) for member in pair(number, **more)]


def rows(samples: Sequence[Sample], said: str, condition: str = "", **more: Any) -> list[Rows]:
    """Answers as letters: r(ight), w(rong), 0 and 1 for a side, u(nparsed), f(ailed)."""
    found: list[Rows] = []
    for sample, letter in zip(samples, said.replace(" ", ""), strict=True):
        assert isinstance(sample.answer, int)
        if letter == "f":
            found.append(unanswered(sample, condition=condition, **more))
        elif letter == "u":
            found.append(scored(sample, None, "unparsed", condition=condition, **more))
        else:
            chosen = {"0": 0, "1": 1, "r": sample.answer, "w": 1 - sample.answer}[letter]
            found.append(scored(sample, float(chosen), condition=condition, **more))
    return found


def first_shown(samples: Sequence[Sample], values: Sequence[float], condition: str = "") -> Rows:
    return [
        ("mine/task", 1, sample.id, condition, "corrected", "shown_first", value, "ok", "")
        for sample, value in zip(samples, values, strict=True)
    ]


def found(
    samples: Sequence[Sample],
    said: str,
    by: tuple[str, ...] = (),
    multi: tuple[str, ...] = (),
) -> list[Estimate]:
    return estimates_of(pair_metrics(by, multi), samples, rows(samples, said))


def test_the_numbers_of_five_pairs() -> None:
    # both right, confused, confused, both wrong, one right beside one that could not be read
    five = found(pairs(5), "rr 00 11 ww ru")
    values = {row.metric: (row.value, row.n) for row in five if row.group == ""}
    assert values == {
        "set_accuracy": (0.2, 5),
        "random_baseline": (0.25, 5),
        "random_individual_accuracy": (0.5, 5),
        "random_confusion": (0.5, 5),
        "blind_baseline": (0.0, 5),
        "individual_accuracy": (0.5, 10),
        "confusion": (0.5, 4),
        "confusion_of_all": (0.4, 5),
        "precision": (0.5, 2),
        "invalid_rate": (0.1, 10),
        "identity_residual": (pytest.approx(0.5 - 0.25 - 0.2), 5),
        "set_accuracy_upper_bound": (pytest.approx(0.6245, abs=5e-4), 5),
    }
    assert counted(named(five, "set_accuracy")) == {"ok": 9, "unparsed": 1}
    assert named(five, "identity_residual").note == "1 answers are not valid, so it need not be 0"


def test_the_identity_holds_exactly_where_all_answers_are_valid() -> None:
    row = named(found(pairs(7), "rr001111wwrr01"), "identity_residual")
    assert (row.value, row.note) == (0.0, "holds exactly: no answer is invalid")


def test_marks_that_contradict_the_answers_are_flagged() -> None:
    samples = pairs(2)
    table = rows(samples, "rrww")
    table[0] = [(*row[:6], 0.0, *row[7:]) if row[5] == "correct" else row for row in table[0]]
    broken = named(estimates_of(pair_metrics(), samples, table), "identity_residual")
    assert broken.note == "broken: marks and answers contradict each other"


def test_whoever_never_looks_is_surely_below_guessing() -> None:
    samples = pairs(60)
    row = named(found(samples, "0" * 120), "set_accuracy_upper_bound")
    assert row.value is not None
    assert row.value < 0.25
    assert row.p_value is not None
    assert row.p_value < 0.025
    assert row.note.startswith("below guessing (0.25); p = 3.2e-08 were all pairs independent")
    assert row.level == 0.975
    assert binom.cdf(0, 60, 0.25) == pytest.approx(3.2e-8, rel=0.01)


def test_whoever_guesses_is_not_called_below_guessing() -> None:
    row = named(found(pairs(60), "rr0011ww" * 15), "set_accuracy_upper_bound")
    assert row.note.startswith("not shown to be below guessing")
    assert row.p_value == pytest.approx(0.5)


def test_one_component_has_values_but_no_interval_and_no_verdict() -> None:
    one = found(pairs(40, cluster="one"), "rr0011ww" * 10)
    for metric in ("set_accuracy", "individual_accuracy", "confusion", "precision"):
        row = named(one, metric)
        assert row.value is not None
        assert (row.low, row.note.split(";")[0]) == (None, "one cluster: no interval")
    bound = named(one, "set_accuracy_upper_bound")
    assert (bound.value, bound.p_value) == (None, None)
    assert bound.note.startswith("one cluster: no interval")


def test_failed_members_leave_their_pair_out_and_that_is_said() -> None:
    some = found(pairs(3), "rr rf 00")
    row = named(some, "set_accuracy")
    assert (row.value, row.n) == (0.5, 2)
    assert "1 pairs left out: a member has no answer" in row.note
    assert counted(row) == {"ok": 5, "missing:timeout": 1}


def test_a_run_without_any_answered_pair_has_no_value_and_no_baselines() -> None:
    none = found(pairs(2), "ffff")
    row = named(none, "set_accuracy")
    assert (row.value, row.n) == (None, 0)
    assert row.note.startswith("no samples; 2 pairs left out")
    assert groups(none, "blind_baseline") == set()


def test_data_without_pairs_have_no_numbers() -> None:
    alone = [choice(number, 0, SIDES) for number in range(2)]
    assert found(alone, "rr") == []


def test_a_pair_counts_under_every_value_that_either_image_has() -> None:
    samples = [
        *pair(0, strata=({"categories": "Cardiac|Vascular"}, {"categories": "Cardiac"})),
        *pair(1, strata=({"categories": "Cardiac"}, {"categories": "Spinal"})),
        *pair(2, strata={"categories": "Spinal"}),
    ]
    some = found(samples, "rr0011", multi=("categories",))
    sizes = {row.group: row.n for row in some if row.metric == "set_accuracy"}
    assert sizes == {"": 3, "category=Cardiac": 2, "category=Spinal": 2, "category=Vascular": 1}
    assert named(some, "set_accuracy", "category=Cardiac").value == 0.5
    assert named(some, "confusion", "category=Spinal").value == 1
    row = named(some, "set_accuracy", "category=Vascular")
    assert row.note == "one cluster: no interval; too few to say"
    assert row.comparable.startswith("no: ")
    assert counted(row) == {"ok": 2}


def test_a_pair_of_two_splits_counts_whole_under_both() -> None:
    samples = [
        *pair(0, strata=({"split": "train"}, {"split": "test"})),
        *pair(1, strata={"split": "train"}),
    ]
    some = found(samples, "rr00", by=("split",))
    assert named(some, "set_accuracy", "split=train").n == 2
    row = named(some, "set_accuracy", "split=test")
    assert (row.value, row.n, "left out" in row.note) == (1.0, 1, False)
    assert row.comparable == ""


def test_a_stratum_with_one_value_or_none_has_no_numbers_of_its_own() -> None:
    some = found(pairs(2, strata={"dataset": "One"}), "rr00", by=("dataset", "absent"))
    assert groups(some, "set_accuracy") == {""}


@pytest.mark.parametrize(
    ("stratum", "value"), [("categories", "category"), ("patterns", "pattern"), ("x", "x")]
)
def test_one_value_of_several_is_named_in_the_singular(stratum: str, value: str) -> None:
    assert singular(stratum) == value


def arms(clean: str, other: str, condition: str) -> list[Estimate]:
    samples = pairs(len(clean.replace(" ", "")) // 2)
    return estimates_of(
        pair_metrics(), samples, [*rows(samples, clean), *rows(samples, other, condition)]
    )


def test_changes_are_by_pair_against_the_clean_arm() -> None:
    #             lost    kept    gained  failed there
    both = arms("rr rr 00 rr", "00 rr rr rf", "image=other")  # fmt: skip
    change = named(both, "set_accuracy_change", condition="image=other")
    assert (change.value, change.n, change.p_value) == (0.0, 3, 1.0)
    assert change.note == "sign-flip-exact; too few to say"
    confused = named(both, "confusion_change", condition="image=other")
    assert (confused.value, confused.n) == (0.0, 3)
    assert groups(both, "swap_consistency") == set()
    note = named(both, "set_accuracy", condition="image=other").note
    assert note.endswith("asked with the image of another pair")


def test_pairs_that_turn_blind_without_the_image_are_found() -> None:
    both = arms("rr" * 40, "00" * 40, "image=none")
    change = named(both, "set_accuracy_change", condition="image=none")
    assert (change.value, change.direction) == (-1.0, "higher")
    assert change.p_value is not None
    assert change.p_value < 0.001
    confused = named(both, "confusion_change", condition="image=none")
    assert (confused.value, confused.direction) == (1.0, "lower")
    assert named(both, "set_accuracy", condition="image=none").note == "asked without the image"


def test_confusion_changes_among_pairs_valid_in_both_arms_only() -> None:
    both = arms("00 00 ru", "01 uu 00", "image=none")
    confused = named(both, "confusion_change", condition="image=none")
    assert (confused.value, confused.n) == (-1.0, 1)


def test_arms_without_a_clean_one_are_not_compared() -> None:
    samples = pairs(2)
    only = estimates_of(pair_metrics(), samples, rows(samples, "rrrr", "image=none"))
    assert groups(only, "set_accuracy_change") == set()
    assert named(only, "set_accuracy", condition="image=none").value == 1


def test_swapped_options_keep_the_answer_or_do_not() -> None:
    # the same option in both arms: yes, yes, no, yes; one is unreadable in an arm, one failed
    both = arms("rr 01 rr", "rr 11 uf", "options=swapped")
    row = named(both, "swap_consistency", condition="options=swapped")
    assert (row.value, row.n, row.direction) == (0.75, 4, "higher")
    assert row.low is not None


def test_whoever_always_takes_the_first_place_is_found_by_place_and_by_swapping() -> None:
    samples = pairs(40)
    table = [
        *rows(samples, "0" * 80), first_shown(samples, [1.0] * 80),
        *rows(samples, "1" * 80, "options=swapped"),
        first_shown(samples, [1.0] * 80, "options=swapped"),
    ]  # fmt: skip
    both = estimates_of(pair_metrics(), samples, table)
    for condition in ("", "options=swapped"):
        bias = named(both, "position_bias", condition=condition)
        assert (bias.value, bias.n, bias.high) == (0.5, 80, 0.5)
    assert named(both, "swap_consistency", condition="options=swapped").value == 0
    assert named(both, "set_accuracy", condition="options=swapped").value == 0


def test_both_readings_have_all_numbers_and_only_arms_of_the_same_are_compared() -> None:
    samples = pairs(2)
    table = [
        *rows(samples, "rr00"), *rows(samples, "ww00", reading="official"),
        *rows(samples, "rr00", "options=swapped"),
        *rows(samples, "rrrr", "options=swapped", reading="official"),
    ]  # fmt: skip
    both = estimates_of(pair_metrics(), samples, table)
    for reading, value, change in (("corrected", 0.5, 0.0), ("official", 0.0, 1.0)):
        assert named(both, "set_accuracy", reading=reading).value == value
        row = named(both, "set_accuracy_change", condition="options=swapped", reading=reading)
        assert row.value == change


def test_a_reading_without_marks_has_no_numbers() -> None:
    samples = pairs(2)
    other: Rows = [("mine/task", 1, samples[0].id, "", "official", "gold", 0.0, "ok", "")]
    some = estimates_of(pair_metrics(), samples, [*rows(samples, "rr00"), other])
    assert {row.reading for row in some} == {"corrected"}
