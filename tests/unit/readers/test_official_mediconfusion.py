"""Properties of the released readings of MediConfusion; every quirk has a golden case besides."""

from __future__ import annotations

import math
from itertools import product

import pytest

from medtrust.readers.official import mediconfusion as official


@pytest.mark.parametrize("letter", ["A", "B"])
@pytest.mark.parametrize("form", ["{}", "{}:", ".{}", ".{}:", "{}.", '{}")', '("{}":', '("{}")'])
def test_both_letters_are_found_in_every_spelling_among_words(form: str, letter: str) -> None:
    text = f"It is\n{form.format(letter)} indeed"
    assert official.letter_scores(text) == ((10, 0) if letter == "A" else (0, 10))


def test_swapping_the_letters_of_a_text_swaps_its_scores() -> None:
    for text in ("A", "B: yes", "A or B", "(A)", "", 'the ("B").'):
        swapped = text.translate(str.maketrans("AB", "BA"))
        assert official.letter_scores(swapped) == official.letter_scores(text)[::-1]


def test_a_choice_needs_the_whole_threshold() -> None:
    for a, b, threshold in product(range(11), range(11), range(1, 6)):
        expected = "A" if a - b >= threshold else "B" if b - a >= threshold else "-"
        assert official.choice(a, b, threshold=threshold) == expected
    assert official.choice(6, 3) == "A"
    assert official.choice(5, 3) == "-"


def test_greedy_choice_is_never_invalid() -> None:
    assert official.greedy_choice(-0.1, -2.0) == "A"
    assert official.greedy_choice(-2.0, -0.1) == "B"
    assert official.greedy_choice(math.nan, -0.1) == "A"
    assert official.greedy_choice(-math.inf, -math.inf) == "A"


def test_prefix_choice_compares_probabilities_not_logarithms() -> None:
    assert official.prefix_choice(-0.1, -0.2) == "A"
    assert official.prefix_choice(-0.2, -0.1) == "B"
    assert official.prefix_choice(-800.0, -900.0) == "B"
    assert official.prefix_choice(-math.inf, -math.inf) == "B"
    assert official.prefix_choice(1e6, -0.1) == "A"


def test_a_judge_reply_of_the_asked_form_is_taken_with_its_reason() -> None:
    assert official.judge_scores("A: 8\nB: 2\nYour explanation: near") == (8, 2, "near")
    assert official.judge_scores("A: 8\n\nB: 2\n\nfree words\nmore") == (8, 2, "free words")


def test_no_reply_of_the_judge_scores_nothing() -> None:
    assert official.judge_scores(None) == (0, 0, "")


def test_the_judge_sees_blocks_and_neither_image_nor_key() -> None:
    text = official.judge_text("Do {so}.", "Q?", ("one", "two"), "said", role="Helper")
    assert text == (
        "[Question]\nQ?\n\n[Answer A]\none\n\n[Answer B]\ntwo\n\n[Helper]\nsaid\n\n"
        "[End of Helper]\n\n[System]\nDo {so}.\n\n"
    )
