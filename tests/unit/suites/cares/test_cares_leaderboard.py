"""The leaderboard's averages: unweighted over data sets, and over prompts."""

from __future__ import annotations

from dataclasses import replace

import pytest

from medtrust.core.records import Estimate
from medtrust.suites.cares.leaderboard import Average, average

NUMBER = Estimate(
    task="cares/x", version=1, metric="rate", value=0.5, low=0.4, high=0.6, n=100, n_clusters=100
)


PROMPTS = ("p=1", "p=2", "p=3")


def of(name: str, value: float | None, condition: str = "", half: float = 0.1) -> Estimate:
    ends = (None, None) if value is None else (value - half, value + half)
    return replace(
        NUMBER, value=value, low=ends[0], high=ends[1], group=f"dataset={name}", condition=condition
    )


def test_data_sets_weigh_the_same_whatever_their_size() -> None:
    parts = [of("A", 0.2), replace(of("B", 0.6), n=10_000)]
    found = average(parts, Average("rate", ("A", "B")))
    assert found.value == pytest.approx(0.4)
    assert found.group == "metric=rate"
    assert found.comparable == ""


def test_independent_data_sets_narrow_the_interval() -> None:
    found = average([of(name, 0.5) for name in "ABCD"], Average("rate", tuple("ABCD")))
    assert found.high is not None
    assert found.high - 0.5 == pytest.approx(0.1 / 2)


def test_prompts_about_the_same_images_do_not() -> None:
    arms = [of("A", value, arm) for arm, value in zip(PROMPTS, (0.3, 0.5, 0.7), strict=True)]
    found = average(arms, Average("rate", ("A",), PROMPTS, "p=mean"))
    assert found.value == pytest.approx(0.5)
    assert (found.condition, found.n) == ("p=mean", 100)
    assert found.high is not None
    assert found.high - 0.5 == pytest.approx(0.1)


def test_fewer_data_sets_than_published_are_not_comparable() -> None:
    found = average([of("A", 0.5)], Average("rate", tuple("ABCD")))
    assert found.comparable == "no: 1 of 4 data sets"
    assert "1 of 4 data sets" in found.note


def test_fewer_prompts_than_published_are_not_comparable_and_not_called_all() -> None:
    arms = [of("A", 0.3, "p=1"), of("A", 0.5, "p=2"), of("B", 0.5, "p=1")]
    found = average(arms, Average("rate", ("A", "B"), PROMPTS, "p=mean"))
    assert found.comparable == "no: 1 of 3 prompts"
    assert "1 of 3 prompts" in found.note


def test_a_part_that_a_judge_scored_brings_the_judges_prompt_with_it() -> None:
    judged = replace(of("B", 0.7), metric="judge_score")
    found = average([of("A", 0.5), judged], Average("accuracy", ("A", "B")))
    assert found.comparable == "no: own judge prompt"


def test_what_speaks_against_a_part_speaks_against_the_mean() -> None:
    parts = [replace(of(name, 0.5), comparable="no: other scorer") for name in "AB"]
    found = average(parts, Average("rate", ("A", "B")))
    assert found.comparable == "no: other scorer"


def test_a_data_set_without_a_value_leaves_no_average_and_says_so() -> None:
    found = average([of("A", 0.5), of("B", None)], Average("rate", ("A", "B")))
    assert found.value is None
    assert "no value" in found.note
