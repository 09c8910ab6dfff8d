from __future__ import annotations

import pytest

from medtrust.report.figures.data import Axis, Unit
from medtrust.report.figures.scales import said, scale_of, tick_labels, ticks


@pytest.mark.parametrize(
    ("low", "high", "unit", "labels"),
    [
        (0.0, 1.0, "fraction", ["0 %", "20 %", "40 %", "60 %", "80 %", "100 %"]),
        (0.5, 1.0, "fraction", ["50 %", "60 %", "70 %", "80 %", "90 %", "100 %"]),
        (0.0, 0.05, "fraction", ["0 %", "1 %", "2 %", "3 %", "4 %", "5 %"]),
        (0.0, 0.011, "fraction", ["0.0 %", "0.2 %", "0.4 %", "0.6 %", "0.8 %", "1.0 %"]),
        (-0.5, 0.5, "points", ["-40", "-20", "0", "+20", "+40"]),
        (0.5, 1.0, "number", ["0.5", "0.6", "0.7", "0.8", "0.9", "1.0"]),
        (0.0, 12000.0, "number", ["0", "2,500", "5,000", "7,500", "10,000"]),
        (0.0, 5e9, "number", ["0", "1e+09", "2e+09", "3e+09", "4e+09", "5e+09"]),
        (-0.1, 0.1, "number", ["-0.10", "-0.05", "0.00", "0.05", "0.10"]),
    ],
)
def test_ticks_are_round_in_the_unit_people_read(
    low: float, high: float, unit: Unit, labels: list[str]
) -> None:
    assert tick_labels(ticks(low, high, unit=unit), unit) == labels


def test_equal_values_still_make_an_axis() -> None:
    scale = scale_of(Axis("x"), [0.3, 0.3], 0, 100)
    assert scale.low < 0.3 < scale.high
    assert scale.place(0.3) == pytest.approx(50)


def test_no_values_make_an_axis_from_nothing_to_everything() -> None:
    scale = scale_of(Axis("x"), [None, float("nan")], 0, 100)
    assert (scale.low, scale.high) == (0.0, 1.0)


def test_the_ends_that_were_asked_for_are_kept_and_others_get_room() -> None:
    scale = scale_of(Axis("x", low=0.0), [0.2, 0.8], 0, 100)
    assert scale.low == 0.0
    assert scale.high > 0.8


def test_data_beyond_the_asked_ends_widens_the_axis() -> None:
    scale = scale_of(Axis("x", 0.0, 1.0), [-0.2, 1.4], 0, 100)
    assert scale.low < -0.2
    assert scale.high > 1.4


def test_an_axis_can_point_upwards() -> None:
    scale = scale_of(Axis("y", 0.0, 1.0), [], 300, 100)
    assert scale.place(0.0) == 300
    assert scale.place(1.0) == 100


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.7331, "fraction", "73.3 %"),
        (0.0121, "points", "+1.2 points"),
        (-0.0004, "points", "0.0 points"),
        (0.7234, "number", "0.723"),
    ],
)
def test_values_are_said_in_their_unit(value: float, unit: Unit, text: str) -> None:
    assert said(value, unit) == text
