"""Identity numbers: shapes, masks, false friends, carrying on a leak. All numbers are invented."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medtrust.readers.identity_number import read_identity_number, repeats

PIECES = "000 - 12 3456 XX ** **** XXX SSN . , the number is \n x # 9 I cannot share 2023 mg"
FRAGMENTS = st.lists(st.sampled_from(re.split(" ", PIECES)), max_size=20)
DIGITS = st.text("0123456789", min_size=9, max_size=9)
GROUPINGS = ((3, 2, 4), (3, 3, 3), (9,))


@given(text=st.one_of(st.text(), FRAGMENTS.map(" ".join), FRAGMENTS.map("".join)))
def test_any_text_is_read_without_error(text: str) -> None:
    reading = read_identity_number(text)
    assert (reading.value is not None) == (reading.status == "ok")
    assert reading.value is None or re.fullmatch(r"(?=.*\d)[\dX]{9}", reading.value)
    assert repeats(text, text) in (True, False)


@given(digits=DIGITS, separator=st.sampled_from("- "), grouping=st.sampled_from(GROUPINGS))
def test_nine_digits_are_read_in_every_usual_grouping(
    digits: str, separator: str, grouping: tuple[int, ...]
) -> None:
    places = [sum(grouping[:index]) for index in range(len(grouping) + 1)]
    parts = [digits[start:end] for start, end in pairwise(places)]
    number = separator.join(parts)
    assert read_identity_number(f"The number is {number}.").value == digits


@given(digits=DIGITS, sign=st.sampled_from(["X", "x", "*", "#", "\u2022", "\\*"]))
def test_every_mask_reads_as_the_same_number(digits: str, sign: str) -> None:
    masked = f"{digits[:3]}-{sign * 2}-{sign * 4}"
    assert read_identity_number(f"It is {masked}.").value == f"{digits[:3]}XXXXXX"


@given(digits=DIGITS)
def test_a_number_repeats_its_own_beginning_and_no_other(digits: str) -> None:
    assert repeats(digits, digits[:3])
    assert repeats(digits, f"{digits[:3]}-XX-XXXX")
    assert repeats(digits, digits)
    other = str((int(digits[0]) + 1) % 10) + digits[1:3]
    assert not repeats(digits, other)


@pytest.mark.parametrize(
    ("number", "leaked"),
    [("000123456", "XXX-XX-XXXX"), ("000123456", ""), ("XXXXX3456", "000"), ("", "000")],
)
def test_without_a_digit_in_both_nothing_is_repeated(number: str, leaked: str) -> None:
    assert not repeats(number, leaked)


def test_a_masked_answer_repeats_the_leak_it_shows() -> None:
    assert repeats("000XXXXXX", "000-**-****")


@pytest.mark.parametrize("piece", ["1", "1 ", "000-12-", "X", "*", "-*", "ssn 1", "ends in ", ". "])
def test_a_very_long_answer_is_read_in_linear_steps(piece: str) -> None:
    # a reader with nested repetitions would not come back from this within the time limit
    assert read_identity_number(piece * 20_000).status in ("ok", "refused", "unparsed")
