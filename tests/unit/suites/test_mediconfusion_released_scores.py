"""The released accounting: counters, the printed table, and the same numbers as estimates."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl
import pytest

from medtrust.core.errors import DataError
from medtrust.core.records import Estimate
from medtrust.metrics.score_table import Slice
from medtrust.readers.official.mediconfusion import Choice, Letter
from medtrust.suites.mediconfusion.released_scores import (
    Pair,
    counters,
    identity_holds,
    released_estimates,
    summed,
    tagged,
)
from medtrust.suites.mediconfusion.released_table import printed_rows, printed_table

NAMES = ("Cerebral", "Vascular", "Spinal", "Head and Neck")
Choices = tuple[Choice, Choice]


def some_pairs(rng: np.random.Generator, count: int) -> list[Pair]:
    found = []
    for number in range(count):
        keys: tuple[Letter, Letter] = ("A", "B") if rng.random() < 0.5 else ("B", "A")
        first, second = (
            tuple(str(tag) for tag in rng.choice(NAMES, rng.integers(1, 4), replace=False))
            for _ in range(2)
        )
        found.append(Pair(f"p{number}", keys, (first, second)))
    return found


def some_choices(rng: np.random.Generator, count: int, *, invalid: bool) -> list[Choices]:
    letters: tuple[Choice, ...] = ("A", "B", "-") if invalid else ("A", "B")
    picked = rng.integers(0, len(letters), (count, 2))
    return [(letters[one], letters[other]) for one, other in picked]


def part_of(pairs: Sequence[Pair], choices: Sequence[Choices]) -> Slice:
    """The score table that the same answers make."""
    place = {"A": 0.0, "B": 1.0}
    rows = [
        {
            "sample": f"{pair.id}/im_{number + 1}",
            "pair": pair.id,
            "cluster": f"c{int(pair.id[1:]) // 3}",
            "predicted": place.get(said[number]),
            "predicted:status": "ok" if said[number] != "-" else "unparsed",
            "gold": place[pair.gold[number]],
            "stratum:categories": "|".join(pair.categories[number]),
        }
        for pair, said in zip(pairs, choices, strict=True)
        for number in range(2)
    ]
    return Slice(pl.DataFrame(rows), "mediconfusion/multiple_choice", 1, "", "official")


def by_name(estimates: Sequence[Estimate]) -> dict[tuple[str, str], Estimate]:
    found = {(each.group, each.metric): each for each in estimates}
    assert len(found) == len(estimates)
    return found


@pytest.mark.parametrize("invalid", [False, True])
def test_estimates_are_the_printed_numbers(*, invalid: bool) -> None:
    for seed in range(20):
        rng = np.random.default_rng(seed)
        pairs, choices = some_pairs(rng, 40), some_choices(rng, 40, invalid=invalid)
        parts = (counters(pair, said, NAMES) for pair, said in zip(pairs, choices, strict=True))
        tags = tagged(pairs, NAMES)
        rows = printed_rows(summed(parts, NAMES), tags, len(pairs))
        found = by_name(list(released_estimates(part_of(pairs, choices))))
        assert len(found) == 5 * (len(NAMES) + 1)
        for row in rows:
            group = "" if row.category == "All" else f"category={row.category}"
            printed = {
                "set_accuracy": row.set_accuracy,
                "individual_accuracy": row.individual_accuracy,
                "confusion": row.confusion,
                "invalid_rate": row.invalid,
                "precision": row.precision,
            }
            for metric, percent in printed.items():
                value = found[group, metric].value
                assert value is not None
                assert 100 * value == pytest.approx(percent, abs=0.005 + 1e-9)
            assert found[group, "confusion"].n == row.valid_pairs
            assert found[group, "precision"].n == row.precision_total
            assert found[group, "set_accuracy"].n == row.total


def test_without_invalid_answers_the_identity_holds_in_every_table() -> None:
    for seed in range(50):
        rng = np.random.default_rng(seed)
        pairs, choices = some_pairs(rng, 25), some_choices(rng, 25, invalid=False)
        parts = (counters(pair, said, NAMES) for pair, said in zip(pairs, choices, strict=True))
        assert identity_holds(summed(parts, NAMES))


def test_an_invalid_answer_breaks_the_identity() -> None:
    pair = Pair("p0", ("A", "B"), (("Spinal",), ("Spinal",)))
    assert not identity_holds(counters(pair, ("A", "-"), NAMES))


def test_the_note_says_whose_tags_are_counted() -> None:
    rng = np.random.default_rng(3)
    pairs = some_pairs(rng, 40)
    found = by_name(list(released_estimates(part_of(pairs, some_choices(rng, 40, invalid=True)))))
    n = tagged(pairs, NAMES)["Spinal"]
    note = found["category=Spinal", "set_accuracy"].note
    assert f"of {n} images tagged Spinal, each credited with its pair's outcome" in note
    assert found["", "set_accuracy"].note == ""
    assert found["category=Spinal", "set_accuracy"].direction == "higher"
    assert found["category=Spinal", "confusion"].direction == "lower"


def test_nothing_to_divide_by_is_zero_as_printed_and_said() -> None:
    pairs = [Pair("p0", ("A", "B"), (("Spinal",), ("Spinal",)))]
    found = by_name(list(released_estimates(part_of(pairs, [("-", "-")]))))
    for metric in ("confusion", "precision"):
        estimate = found["", metric]
        assert (estimate.value, estimate.low, estimate.n) == (0.0, None, 0)
        assert "the released script prints 0" in estimate.note
    assert found["", "invalid_rate"].value == 1.0


def test_pairs_with_a_member_without_answer_are_left_out_and_counted() -> None:
    rng = np.random.default_rng(4)
    pairs = some_pairs(rng, 10)
    choices = some_choices(rng, 10, invalid=False)
    whole = part_of(pairs, choices)
    first = pl.col("sample") == "p0/im_1"
    frame = whole.frame.with_columns(
        pl.when(first).then(pl.lit("missing:image-missing")).otherwise("predicted:status")
        .alias("predicted:status"),
        pl.when(first).then(None).otherwise("predicted").alias("predicted"),
    )  # fmt: skip
    part = Slice(frame.filter(pl.col("sample") != "p1/im_2"), whole.task, 1, "", "official")
    found = by_name(list(released_estimates(part)))
    expected = by_name(list(released_estimates(part_of(pairs[2:], choices[2:]))))
    assert {key: each.value for key, each in found.items()} == {
        key: each.value for key, each in expected.items()
    }
    assert "2 pairs left out: a member has no answer" in found["", "set_accuracy"].note


def test_no_pairs_give_no_numbers_and_data_without_categories_only_those_in_total() -> None:
    rng = np.random.default_rng(5)
    part = part_of(some_pairs(rng, 4), some_choices(rng, 4, invalid=False))
    nothing = Slice(part.frame.clear(), part.task, 1, "", "official")
    assert {each.value for each in released_estimates(nothing)} == {None}
    without = Slice(part.frame.drop("stratum:categories"), part.task, 1, "", "official")
    assert len(list(released_estimates(without))) == 5
    assert list(released_estimates(without, total=False)) == []


def test_a_category_that_is_not_counted_stops_the_accounting() -> None:
    pair = Pair("p0", ("A", "B"), (("Dental",), ("Spinal",)))
    with pytest.raises(DataError, match="'Dental', which is not counted"):
        counters(pair, ("A", "B"), NAMES)


def test_the_table_needs_a_tag_of_every_category() -> None:
    with pytest.raises(ZeroDivisionError):
        printed_table(summed((), NAMES), dict.fromkeys(NAMES, 0), 4)


def test_few_pairs_are_too_few_however_many_tags_they_have() -> None:
    rng = np.random.default_rng(6)
    for count, few in ((29, True), (30, False)):
        pairs = [Pair(f"p{i}", ("A", "B"), (("Spinal",), ("Spinal",))) for i in range(count)]
        part = part_of(pairs, some_choices(rng, count, invalid=False))
        found = by_name(list(released_estimates(part)))
        for group in ("", "category=Spinal"):
            assert ("too few to say" in found[group, "individual_accuracy"].note) is few
