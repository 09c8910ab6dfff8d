"""The text measures that the release carries along, one oddity at a time."""

from __future__ import annotations

import math

import pytest

from medtrust.metrics.two_by_two import Share
from medtrust.readers.official.cares_text import (
    bleu_1,
    closed_set_match,
    exact_match,
    normalised,
    token_f1,
    token_overlap,
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The Heart, an organ", "heart organ"),
        ("None of Ten", "0 of 10"),
        ("wont dont", "won't don't"),
        ("couldnt've couldn'tve", "couldn't've couldn't've"),
        ("somebody'd", "somebodyd"),
        ("lets Im", "lets im"),
        ("left/right", "left right"),
        ("left/right /", "leftright"),
        ("x-ray 1,000", "xray 1000"),
        ("1.5 mm.", "1.5 mm"),
        ("3. 4.", "3 4"),
        ("." * 33, "."),
        ("", ""),
    ],
)
def test_texts_are_normalised_as_released(text: str, expected: str) -> None:
    assert normalised(text) == expected


def test_words_met_before_do_not_change_how_later_texts_read() -> None:
    before = normalised("two masses, none large")
    normalised("masses large two none " * 3)
    assert normalised("two masses, none large") == before == "2 masses 0 large"


def test_exact_match_is_a_share_of_the_candidates_words() -> None:
    assert exact_match("mass", "a mass in the lung") == 1.0
    assert exact_match("mass mass", "mass") == 0.5
    assert exact_match("the", "mass") == 0.0


def test_repeating_a_shared_word_raises_every_part_of_the_overlap() -> None:
    plain = token_overlap("mass left", "mass right")
    repeated = token_overlap("mass mass mass left", "mass right")
    assert plain == (0.5, 0.5, 0.5)
    assert repeated == pytest.approx((0.75, 0.75, 0.75))


@pytest.mark.parametrize(("candidate", "reference"), [("", "mass"), ("mass", ""), ("mass", "rib")])
def test_nothing_shared_is_no_overlap(candidate: str, reference: str) -> None:
    assert token_overlap(candidate, reference) == (0.0, 0.0, 0.0)
    assert token_f1(candidate, reference) == 0.0


def test_bleu_counts_a_word_no_more_often_than_the_reference_has_it() -> None:
    assert bleu_1("mass mass mass mass", "mass mass").value == pytest.approx(0.5)


def test_bleu_compares_lengths_in_characters() -> None:
    assert bleu_1("mass", "a mass").value == pytest.approx(math.exp(1 - 6 / 4))
    assert bleu_1("aa bb", "bb a a").value == pytest.approx(0.5 * math.exp(1 - 6 / 5))


def test_bleu_does_not_normalise() -> None:
    assert bleu_1("Mass.", "mass").value == 1.0  # no word is shared, and that counts as perfect


def test_bleu_of_texts_without_a_common_word_is_the_bare_penalty() -> None:
    assert bleu_1("completely different words", "mass").value == 1.0
    assert bleu_1("rib", "mass").value == pytest.approx(math.exp(1 - 4 / 3))


@pytest.mark.parametrize("candidate", ["", "  "])
def test_bleu_of_a_candidate_without_words_is_missing(candidate: str) -> None:
    assert bleu_1(candidate, "mass") == Share(
        None, "the candidate has no words: the script divides by zero"
    )


def test_a_closed_set_picks_the_first_candidate_that_is_covered_best() -> None:
    options: list[str | int] = ["lung", "left lung", 2]
    assert closed_set_match("the left lung", "lung", options) == 1.0
    assert closed_set_match("the left lung", "left lung", options) == 0.0
    assert closed_set_match("it shows a rib", "lung", options) == 1.0
    assert closed_set_match("two", "2", options) == 1.0


def test_a_candidate_without_words_is_never_covered() -> None:
    assert closed_set_match("rib", "rib", ["the", "rib"]) == 1.0


def test_a_closed_set_needs_candidates() -> None:
    with pytest.raises(ValueError, match="no candidate"):
        closed_set_match("lung", "lung", [])
