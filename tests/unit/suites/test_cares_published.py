"""The published CARES tables agree with themselves, but for the misprints that are marked."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from medtrust.core.conditions import canonical_condition
from medtrust.core.published import PublishedNumber
from medtrust.core.registry import load
from medtrust.suites.cares.published import MISPRINT, MODELS, numbers

AVERAGED = [
    ("table-15", "leaderboard", "accuracy", 7),
    ("table-15", "table-15", "accuracy", 7),
    ("table-1", "leaderboard", "uncertainty_accuracy", 4),
    ("table-1", "table-1", "uncertainty_accuracy", 4),
    ("table-1", "leaderboard", "over_confident_ratio", 4),
    ("table-1", "table-1", "over_confident_ratio", 4),
    ("table-3", "leaderboard", "toxicity_gap", 7),
    ("table-3", "leaderboard", "abstention_change", 7),
    ("figure-4b", "leaderboard", "accuracy_equality_difference", 4),
    ("table-5", "leaderboard", "accuracy", 2),
    ("table-5", "leaderboard", "abstention_rate", 2),
    ("figure-5", "leaderboard", "abstention_rate", 3),
    ("table-6", "leaderboard", "abstention_rate", 2),
]
"""Table of the rows, table of the average, metric of the average, how many rows (spec 6.11)."""


def found(**wanted: str) -> list[PublishedNumber]:
    return [
        number
        for number in numbers()
        if all(getattr(number, name) == text for name, text in wanted.items())
    ]


def one(**wanted: str) -> PublishedNumber:
    (number,) = found(**wanted)
    return number


def step(printed: str) -> float:
    """The last printed digit as a fraction of 100."""
    return 0.01 * 10.0 ** -len(printed.partition(".")[2])


def rows_of(average: PublishedNumber, table: str) -> list[PublishedNumber]:
    metrics = {average.metric} | ({"judge_score"} if table == "table-15" else set())
    return [
        number
        for number in found(table=table, task=average.task, model=average.model)
        if number.metric in metrics
        and (number.condition, number.group) != (average.condition, average.group)
    ]


@pytest.mark.parametrize(("table", "of", "metric", "n"), AVERAGED)
@pytest.mark.parametrize("model", MODELS)
def test_averages_are_those_of_their_rows_but_for_the_marked_misprints(
    table: str, of: str, metric: str, n: int, model: str
) -> None:
    task = found(table=table, metric=metric)[0].task
    averages = [
        number
        for number in found(table=of, task=task, metric=metric, model=model)
        if number.group in {"mean=datasets", "mean=datasets;sex", ""}
    ]
    (average,) = averages
    rows = rows_of(average, table)
    assert len(rows) == n
    if average.value is None:
        assert all(row.value is None for row in rows)
        return
    mean = sum(row.value or 0.0 for row in rows) / n
    off = abs(mean - average.value)
    # the leaderboard rounds what the table rounded before
    twice = 0.000_05 if of == "leaderboard" else 0.0
    agrees = off <= step(average.printed) / 2 + twice + 1e-9
    if average.note.startswith(MISPRINT):
        assert not agrees
        told = float(average.note.rpartition(" ")[2])
        assert told == pytest.approx(100 * mean, abs=0.0051)
    else:
        assert agrees, (mean, average)


def test_exactly_two_averages_are_misprinted_wherever_they_are_printed() -> None:
    marked = {
        (number.table, number.metric, number.model)
        for number in numbers()
        if number.note.startswith(MISPRINT)
    }
    assert marked == {
        (table, metric, model)
        for table in ("leaderboard", "table-1")
        for metric, model in (
            ("uncertainty_accuracy", "LLaVA-Med"),
            ("over_confident_ratio", "Qwen-VL-Chat"),
        )
    }


@pytest.mark.parametrize("model", MODELS)
def test_accuracy_under_jailbreaking_and_its_drop_add_up_to_factuality(model: str) -> None:
    under = one(table="table-2", metric="accuracy", model=model)
    change = one(table="table-2", metric="accuracy_change", model=model)
    before = one(table="table-15", group="mean=datasets", model=model)
    assert under.value is not None
    assert change.value is not None
    assert change.value < 0
    assert under.value - change.value == pytest.approx(before.value, abs=0.000_101)


@pytest.mark.parametrize("model", MODELS[:4])
@pytest.mark.parametrize("group", ["dataset=IU-Xray", "dataset=OL3I"])
def test_accuracy_under_noise_and_its_drop_add_up_to_factuality(model: str, group: str) -> None:
    under = one(table="table-5", metric="accuracy", group=group, model=model)
    change = one(table="table-5", metric="accuracy_change", group=group, model=model)
    before = one(table="table-15", group=group, model=model)
    assert under.value is not None
    assert change.value is not None
    assert under.value - change.value == pytest.approx(before.value, abs=0.000_101)


def test_the_uncertainty_of_a_model_whose_right_and_sure_exceed_all_answers_is_marked() -> None:
    """The cells 67.35 and 74.29 fit the counts of each other's model only."""
    swapped = [number for number in numbers() if "swapped" in number.note]
    assert [(number.model, number.printed) for number in swapped] == [
        ("MedVInT", "67.35"),
        ("RadFM", "74.29"),
    ]
    accuracy = one(table="table-1", metric="uncertainty_accuracy", group="dataset=HAM10000",
                   model="RadFM")  # fmt: skip
    assert (accuracy.value or 0.0) + (swapped[1].value or 0.0) > 1


def test_rows_that_were_probably_copied_are_equal_and_marked() -> None:
    copied = [number for number in numbers() if "copied" in number.note]
    pmcoa, omni = (
        {(n.metric, n.model, n.value) for n in copied if n.group == f"dataset={name}"}
        for name in ("PMC-OA", "OmniMedVQA")
    )
    assert pmcoa == omni
    assert {(metric, model) for metric, model, _ in pmcoa} == {
        ("toxicity_gap", "Qwen-VL-Chat"),
        ("abstention_change", "Qwen-VL-Chat"),
        ("abstention_change", "LLaVA-v1.6"),
    }


def test_every_value_is_its_printed_number() -> None:
    for number in numbers():
        if number.printed == "-":
            assert number.value is None
            assert number.note
            continue
        whole = 1 if number.unit == "fraction" else 100
        assert number.value is not None
        assert abs(number.value) == pytest.approx(float(number.printed) / whole, abs=1e-12)
        assert (number.value < 0) == (number.metric == "accuracy_change")
        assert -1 <= number.value <= 1


def test_no_cell_stands_twice_and_every_row_has_all_six_models() -> None:
    def key(number: PublishedNumber) -> tuple[str, ...]:
        return number.table, number.task, number.condition, number.group, number.metric

    rows: dict[tuple[str, ...], list[str]] = {}
    for number in numbers():
        if not number.read_by_eye:
            rows.setdefault(key(number), []).append(number.model)
    assert all(models == list(MODELS) for models in rows.values())
    assert len(rows) == 70


def test_numbers_read_by_eye_are_whole_percentages_and_say_about() -> None:
    by_eye = [number for number in numbers() if number.read_by_eye]
    assert len(by_eye) == 7
    assert all(number.printed.isdecimal() for number in by_eye)
    assert all(number.note.startswith("about") for number in by_eye)


def test_conditions_are_canonical() -> None:
    for number in numbers():
        assert canonical_condition(number.condition) == number.condition


def test_they_are_found_by_the_name_of_the_suite() -> None:
    given: Callable[[], tuple[PublishedNumber, ...]] = load("published", "cares")
    assert given() == numbers()
