from __future__ import annotations

from dataclasses import replace

import pytest

from medtrust.core.records import Estimate
from medtrust.report import wording

ACCURACY = Estimate(
    task="t", version=1, metric="accuracy", value=0.7329, low=0.712, high=0.753, n=2000,
    n_clusters=1000, counts={"ok": 1990, "refused": 10},
)  # fmt: skip


def test_a_fraction_is_a_percentage_with_one_decimal_and_its_interval() -> None:
    assert wording.value_with_interval(ACCURACY) == "73.3 % [71.2, 75.3]"


def test_zero_is_a_number_and_not_nothing() -> None:
    nothing_right = replace(ACCURACY, value=0.0, low=0.0, high=0.002)
    assert wording.value_with_interval(nothing_right) == "0.0 % [0.0, 0.2]"


def test_a_tiny_negative_change_is_not_minus_zero() -> None:
    change = replace(ACCURACY, metric="accuracy_change", value=-0.0001, low=-0.01, high=0.0004)
    assert wording.value_with_interval(change) == "0.0 points [-1.0, 0.0]"


@pytest.mark.parametrize(
    ("value", "said"), [(0.012, "+1.2 points"), (-0.107, "-10.7 points"), (0.0002, "0.0 points")]
)
def test_changes_carry_their_sign(value: float, said: str) -> None:
    assert wording.value(replace(ACCURACY, metric="accuracy_change", value=value)) == said


def test_a_null_is_a_dash_with_the_reasons_of_what_is_missing() -> None:
    null = replace(
        ACCURACY, value=None, low=None, high=None, n=0, note="no samples",
        counts={"missing:no-judge": 2838},
    )  # fmt: skip
    assert wording.value_with_interval(null) == "-"
    assert wording.why_nothing(null) == "no judge (2,838)"


def test_a_null_without_missing_units_gives_its_note() -> None:
    null = replace(ACCURACY, value=None, counts={}, note="fewer than two groups can be compared")
    assert wording.why_nothing(null) == "fewer than two groups can be compared"


def test_a_number_without_its_n_is_not_shown() -> None:
    naked = replace(ACCURACY, n=0, n_clusters=0)
    assert not wording.shown(naked)
    assert wording.value_with_interval(naked) == "-"
    assert "without its n" in wording.why_nothing(naked)


def test_a_value_without_an_interval_says_why() -> None:
    alone = replace(ACCURACY, low=None, high=None, note="one cluster: no interval")
    assert wording.value_with_interval(alone) == "73.3 %"
    assert wording.why_nothing(alone) == "one cluster: no interval"


def test_other_units_are_not_percentages() -> None:
    seconds = replace(ACCURACY, metric="latency", unit="s", value=1.2345, low=1.0, high=2.0)
    assert wording.value_with_interval(seconds) == "1.23 s [1, 2]"


def test_clusters_stand_beside_n_only_where_they_are_fewer() -> None:
    assert wording.size(ACCURACY) == "2,000 (1,000)"
    assert wording.size(replace(ACCURACY, n_clusters=2000)) == "2,000"


@pytest.mark.parametrize("steering", ["\x1b[31m", "\u202e", "\u2066", "\x00", "\u200b", "\u2028"])
def test_characters_that_steer_are_replaced(steering: str) -> None:
    told = wording.visible(f"a{steering}b")
    assert steering[0] not in told
    assert told.startswith("a\N{REPLACEMENT CHARACTER}")


def test_lines_are_joined() -> None:
    assert wording.visible("a\nb\r\tc") == "a b  c"


BOUNDS = (
    replace(ACCURACY, metric="accuracy_if_failed_wrong", value=0.712, n=2012),
    replace(ACCURACY, metric="accuracy_if_failed_right", value=0.75, n=2012),
)
SAID = (
    "12 without an answer; had they been answered (n = 2,012), the value would lie between "
    "71.2 % and 75.0 %"
)


def test_a_footnote_says_how_far_failed_requests_could_move_a_value() -> None:
    assert wording.footnote(ACCURACY, BOUNDS) == SAID
    assert wording.footnote(ACCURACY) == ""
    few = replace(ACCURACY, note="too few to say")
    assert wording.footnote(few, BOUNDS) == f"{SAID}; too few to say"
    assert wording.footnote(few) == ""


def test_a_value_without_an_interval_says_why_and_how_far_it_could_move() -> None:
    alone = replace(ACCURACY, low=None, high=None, note="one cluster: no interval")
    assert wording.footnote(alone, BOUNDS) == f"one cluster: no interval; {SAID}"


def test_a_number_that_is_not_shown_is_not_bounded_either() -> None:
    assert (
        wording.footnote(replace(ACCURACY, value=None, note="no samples"), BOUNDS) == "no samples"
    )
    assert "without its n" in wording.footnote(replace(ACCURACY, n=0), BOUNDS)


@pytest.mark.parametrize(
    ("p_value", "said"),
    [(0.0004, "p < 0.001"), (0.001, "p = 0.001"), (0.0204, "p = 0.020"), (1.0, "p = 1.000")],
)
def test_a_p_value_has_three_decimals_and_is_never_zero(p_value: float, said: str) -> None:
    assert wording.p_value(p_value) == said


def test_a_test_stands_with_its_method() -> None:
    change = replace(ACCURACY, metric="accuracy_change", p_value=0.02, note="sign-flip")
    assert wording.tested(change) == "p = 0.020 (sign-flip)"
    assert wording.tested(replace(change, note="")) == "p = 0.020"
    alone = replace(change, p_value=None, note="one cluster: no interval")
    assert wording.tested(alone) == "one cluster: no interval"


def test_groups_sort_as_people_count() -> None:
    names = ["90+", "10-19", "5", "female", "0-9"]
    assert sorted(names, key=wording.natural) == ["0-9", "5", "10-19", "90+", "female"]


@pytest.mark.parametrize(
    ("condition", "said"),
    [
        ("", "as it stands"),
        ("noise=gaussian-0.2", "noise of 0.2 of the range"),
        ("noise=gaussian-3", "noise of 3 of the range"),
        ("image=blank;noise=gaussian-0.05", "image blanked, noise of 0.05 of the range"),
        ("noise=gaussian-x", "noise=gaussian-x"),
        ("nota=unheard-of", "nota=unheard-of"),
        ("nota=add", '"none of the others" as one option more'),
    ],
)
def test_a_condition_is_put_in_words(condition: str, said: str) -> None:
    assert wording.condition_name(condition) == said


@pytest.mark.parametrize("metric", ["overconfidence", "abstention_contrast"])
def test_differences_with_a_direction_carry_their_sign(metric: str) -> None:
    assert wording.value(replace(ACCURACY, metric=metric, value=0.222)) == "+22.2 points"
    assert wording.value(replace(ACCURACY, metric=metric, value=-0.05)) == "-5.0 points"
