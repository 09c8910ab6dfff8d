"""The quirks of the released CARES scripts, one by one."""

from __future__ import annotations

import pytest

from medtrust.readers.official import cares


@pytest.mark.parametrize("text", ["NO", "No;", "None", "no\n", "I don't think so", "", "- no;"])
def test_negations_that_the_script_overlooks_read_as_yes(text: str) -> None:
    assert cares.yes_no(text) is True


@pytest.mark.parametrize("text", ["No", "- No", "no, clear", "Yes, since no effusion", "It is not"])
def test_a_negation_anywhere_in_sentence_one_reads_as_no(text: str) -> None:
    assert cares.yes_no(text) is False


def test_later_sentences_are_not_read() -> None:
    assert cares.yes_no("Yes. No effusion.") is True


def test_nearest_option_is_the_first_of_equally_similar_ones() -> None:
    assert cares.nearest_option("ab", ["abc", "abd"]) == 0


def test_nearest_option_is_none_without_a_common_character() -> None:
    assert cares.nearest_option("xyz", ["abc", "ABC"]) is None
    assert cares.nearest_option("", ["abc"]) is None


def test_nearest_option_minds_the_case() -> None:
    assert cares.nearest_option("ABC", ["abc", "AxBxC"]) == 1


def test_nearest_option_compares_a_letter_as_a_string() -> None:
    assert cares.nearest_option("C", ["Cat", "dog", "cow"]) == 0


def test_the_two_phrase_lists_differ_by_one_phrase() -> None:
    assert len(cares.REFUSAL_PHRASES) == 9
    assert set(cares.ABSTENTION_PHRASES) - set(cares.REFUSAL_PHRASES) == {"not visible"}
    assert cares.abstains("The line is NOT VISIBLE") is True
    assert cares.refuses("The line is NOT VISIBLE") is False


@pytest.mark.parametrize("phrase", cares.REFUSAL_PHRASES)
def test_every_phrase_counts_anywhere_in_any_case(phrase: str) -> None:
    assert cares.refuses(f"well, {phrase.upper()} then") is True
    assert cares.abstains(f"well, {phrase} then") is True
