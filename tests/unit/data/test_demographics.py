"""Ages in bins, as files write ages and as people type bins."""

from __future__ import annotations

import pytest

from medtrust.core.dataset import DECADES
from medtrust.core.errors import UserError
from medtrust.data.demographics import age_group, bin_edges, sex

LIFE = (0, 18, 40, 65)


@pytest.mark.parametrize(
    ("age", "decade", "stage"),
    [
        ("0", "0-9", "0-17"),
        ("9.9", "0-9", "0-17"),
        ("17", "10-19", "0-17"),
        ("17.6", "10-19", "0-17"),
        ("18", "10-19", "18-39"),
        (" 39 ", "30-39", "18-39"),
        ("40.0", "40-49", "40-64"),
        ("65", "60-69", "65+"),
        ("89", "80-89", "65+"),
        ("90", "90+", "65+"),
        ("90+", "90+", "65+"),
        ("129", "90+", "65+"),
        ("130", "", ""),
        ("-1", "", ""),
        ("", "", ""),
        ("unknown", "", ""),
        ("nan", "", ""),
        ("inf", "", ""),
        ("40-49", "", ""),
    ],
)
def test_every_age_has_its_bin_and_what_is_no_age_has_none(
    age: str, decade: str, stage: str
) -> None:
    assert age_group(age) == decade
    assert age_group(age, LIFE) == stage


def test_ages_below_the_first_edge_have_no_bin() -> None:
    assert age_group("17", (18, 65)) == ""
    assert age_group("18", (18, 65)) == "18-64"


def test_ninety_and_over_is_left_out_where_nobody_can_tell_its_bin() -> None:
    assert age_group("90+", (0, 50, 95)) == ""
    assert age_group("90+", (0, 50, 90)) == "90+"
    assert age_group("90+", (0,)) == "0+"
    assert age_group("97", (0, 50, 95)) == "95+"


def test_names_of_neighbouring_bins_leave_no_age_out_and_none_twice() -> None:
    bins = [age_group(str(age), LIFE) for age in range(130)]
    assert list(dict.fromkeys(bins)) == ["0-17", "18-39", "40-64", "65+"]
    for name in dict.fromkeys(bins):
        low, _, high = name.rstrip("+").partition("-")
        assert bins.index(name) == int(low)
        assert bins.count(name) == (int(high) - int(low) + 1 if high else 130 - int(low))


@pytest.mark.parametrize("written", ["0,18,40,65", " 0, 18,40 ,65", [0, 18, 40, 65], LIFE])
def test_edges_are_typed_or_listed(written: object) -> None:
    assert bin_edges(written) == LIFE


def test_a_bin_from_its_first_year_on_alone_is_one() -> None:
    assert bin_edges("18") == (18,)
    assert bin_edges(list(DECADES)) == DECADES


@pytest.mark.parametrize(
    "written",
    [
        "", ",", "0,", "young", "0,18,18", "18,0", "0,1.5", "-5,10", "0,130", "0,9999", "0;18",
        "0,²", "0,٣", [], [0, 1.5], [True, 18], [0, "x"], None, 18, {"a": 1}, 1.5, [[0]],
    ],
)  # fmt: skip
def test_what_are_no_ascending_years_gets_one_sentence(written: object) -> None:
    with pytest.raises(UserError, match="not ascending whole numbers of years") as caught:
        bin_edges(written)
    assert "\n" not in str(caught.value)
    assert "0,18,40,65" in str(caught.value)


@pytest.mark.parametrize(
    ("written", "word"), [("M", "male"), (" f ", "female"), ("Female", "female"), ("?", "")]
)
def test_sexes_have_one_spelling(written: str, word: str) -> None:
    assert sex(written) == word
