from __future__ import annotations

import pytest
from rapidfuzz.distance import LCSseq

from medtrust.uncertainty.evidence import Draw, Evidence
from medtrust.uncertainty.similarity import (
    mean_dissimilarity,
    similarity,
    words,
)
from parts.evidences import chosen, reason, said, value

SENTENCES = (
    "There is a small nodule in the left upper lobe",
    "A nodule is seen in the upper lobe on the left",
    "No nodule.",
    "the the the lobe",
    "effusion",
)


def longest_common(first: tuple[str, ...], second: tuple[str, ...]) -> int:
    """Length of the longest common subsequence, by the table of the textbook."""
    row = [0] * (len(second) + 1)
    for word in first:
        previous = 0
        for column, other in enumerate(second, start=1):
            kept = row[column]
            row[column] = previous + 1 if word == other else max(row[column], row[column - 1])
            previous = kept
    return row[-1]


@pytest.mark.parametrize("first", SENTENCES)
@pytest.mark.parametrize("second", SENTENCES)
def test_similarity_is_the_f1_value_of_the_longest_common_subsequence(
    first: str, second: str
) -> None:
    common = longest_common(words(first), words(second))
    precision, recall = common / len(words(first)), common / len(words(second))
    f1 = 2 * precision * recall / (precision + recall) if common else 0.0
    assert similarity(first, second) == pytest.approx(f1, abs=1e-12)
    assert LCSseq.similarity(words(first), words(second)) == common


def test_similarity_of_a_hand_counted_pair() -> None:
    # "a ... nodule ... in the upper lobe" is common, six words of ten and of eleven
    assert similarity(SENTENCES[0], SENTENCES[1]) == pytest.approx(2 * 6 / (10 + 11))


def test_words_are_folded_and_lose_punctuation_around_them() -> None:
    assert words('The "Left" lobe, (upper).') == ("the", "left", "lobe", "upper")


@pytest.mark.parametrize(("first", "second"), [("HER2+", "HER2-"), ("<5", ">5"), ("T1", "T2")])
def test_signs_that_carry_the_meaning_keep_texts_apart(first: str, second: str) -> None:
    assert similarity(first, second) == 0.0


def test_there_is_no_stemming() -> None:
    assert similarity("opacity", "opacities") == 0.0


def test_punctuation_alone_is_something_said() -> None:
    assert words("?") == ("?",)
    assert similarity("?", "left") == 0.0
    assert words("") == ()
    assert similarity("", "left") == 0.0


def test_lexical_similarity_averages_over_pairs() -> None:
    # pairs: equal 1, twice "left lobe" against "left lung" 1/2
    drawn = said("left lobe", "left lobe", "left lung")
    assert value("lexical_similarity", drawn) == pytest.approx(1 - (1 + 0.5 + 0.5) / 3)


def test_equal_draws_are_certain_and_disjoint_ones_are_not() -> None:
    assert value("lexical_similarity", said("Left lobe", "left  lobe", "left lobe")) == 0.0
    assert value("lexical_similarity", said("left", "right", "both")) == 1.0


def test_the_consistency_term_compares_the_answer_with_each_draw() -> None:
    evidence = said("left lobe", "left lung", "right", greedy="Left lobe")
    assert mean_dissimilarity(evidence) == pytest.approx((0 + 0.5 + 1) / 3)


def test_too_few_draws_give_a_reason() -> None:
    assert reason("lexical_similarity", chosen(0)) == "fewer-than-2-draws"


@pytest.mark.parametrize("name", ["lexical_similarity", "degree_matrix", "eccentricity"])
def test_chosen_options_without_their_texts_are_not_alike(name: str) -> None:
    for other in (Draw("", 1), Draw("cyst", 1)):
        unstored = Evidence(draws=(Draw("", 0), other))
        assert reason(name, unstored) == "draws-without-text"


def test_texts_of_the_same_words_are_equal_draws() -> None:
    drawn = said("The left eye.", "the left eye", '"The left eye"')
    assert [value(name, drawn) for name in ("lexical_similarity", "degree_matrix")] == [0.0, 0.0]
    assert value("eccentricity", drawn) == 0.0
    assert value("eigenvalue_sum", drawn) == 1.0


@pytest.mark.parametrize(
    "name", ["lexical_similarity", "degree_matrix", "eigenvalue_sum", "eccentricity"]
)
def test_equal_spreads_are_equal_values_whichever_text_has_the_majority(name: str) -> None:
    # a tie between two answers must not be broken by rounding
    for texts in (("left lobe", "right lobe"), ("a", "b"), ("a b c", "c b a")):
        first = said(*[texts[0]] * 7, *[texts[1]] * 3)
        second = said(*[texts[0]] * 3, *[texts[1]] * 7)
        assert value(name, first) == value(name, second)
