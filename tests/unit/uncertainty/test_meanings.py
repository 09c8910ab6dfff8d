from __future__ import annotations

import math
from dataclasses import replace

import pytest

from medtrust.uncertainty.evidence import Draw, Evidence
from medtrust.uncertainty.meanings import (
    class_log_masses,
    distinct_sequences,
    semantic_entropy_weighted,
    weighted_entropy,
)
from parts.evidences import chosen, reason, said, value

NEED_TWO = (
    "semantic_entropy",
    "semantic_entropy_normalised",
    "semantic_entropy_weighted",
    "self_consistency",
    "semantic_sets",
)


def sequences(*draws: tuple[str, int | None, float, int]) -> Evidence:
    return Evidence(draws=tuple(Draw(*draw) for draw in draws))


def test_draws_of_one_meaning_are_certain() -> None:
    agreed = chosen(0, 0, 0, 0)
    assert value("semantic_entropy", agreed) == 0.0
    assert value("semantic_entropy_normalised", agreed) == 0.0
    assert value("semantic_entropy_weighted", agreed) == 0.0
    assert value("self_consistency", agreed) == 0.0
    assert value("answer_agreement", agreed) == 0.0
    assert value("semantic_sets", agreed) == 1.0


def test_values_of_a_hand_computed_vote() -> None:
    vote = chosen(0, 0, 1, 2)
    assert value("semantic_entropy", vote) == pytest.approx(1.5 * math.log(2))
    assert value("semantic_entropy_normalised", vote) == pytest.approx(0.75)
    assert value("self_consistency", vote) == pytest.approx(0.5)
    assert value("semantic_sets", vote) == 3.0


def test_agreement_is_with_the_greedy_answer_not_with_the_majority() -> None:
    vote = chosen(1, 1, 1, 0)
    assert value("self_consistency", vote) == pytest.approx(0.25)
    assert value("answer_agreement", vote) == pytest.approx(0.75)
    assert value("answer_agreement", replace(vote, meaning=3)) == 1.0


def test_options_count_by_content_wherever_they_stood() -> None:
    # letters would differ from draw to draw: the meaning is the option
    shuffled = Evidence(meaning=2, text="Cyst.", draws=(Draw("Cyst.", 2), Draw("a cyst", 2)))
    assert value("semantic_entropy", shuffled) == 0.0
    assert value("answer_agreement", shuffled) == 0.0


def test_each_unreadable_text_is_a_meaning_of_its_own() -> None:
    assert value("semantic_sets", said("perhaps", "hard to say", "who knows")) == 3.0
    assert value("semantic_entropy_normalised", said("perhaps", "hard to say")) == 1.0


def test_unreadable_texts_that_differ_in_case_and_space_are_one() -> None:
    assert value("semantic_sets", said("No  idea", " no idea\n")) == 1.0


def test_an_unreadable_text_never_means_an_option() -> None:
    mixed = Evidence(draws=(Draw("melanoma", 0), Draw("melanoma", None), Draw("0", None)))
    assert value("semantic_sets", mixed) == 3.0


def test_an_unreadable_greedy_answer_agrees_with_draws_that_say_the_same() -> None:
    assert value("answer_agreement", said("no idea", "left", greedy="No idea")) == 0.5


def test_a_blank_greedy_answer_agrees_with_nothing() -> None:
    assert reason("answer_agreement", said("no idea", "")) == "no-text"


def test_draws_that_all_say_nothing_are_not_consistent() -> None:
    for name in (*NEED_TWO, "lexical_similarity", "eigenvalue_sum"):
        assert reason(name, said("", "  ", "\n")) == "draws-say-nothing"


def test_one_blank_draw_is_an_outcome_like_any_other() -> None:
    assert value("semantic_sets", said("", "left", "left")) == 2.0


@pytest.mark.parametrize("name", NEED_TWO)
def test_one_draw_agrees_with_itself_and_tells_nothing(name: str) -> None:
    assert reason(name, chosen(0)) == "fewer-than-2-draws"
    assert reason(name, Evidence(draws=())) == "no-draws"


def test_one_draw_may_agree_with_the_answer() -> None:
    assert value("answer_agreement", chosen(0)) == 0.0


def test_weights_are_probabilities_not_counts() -> None:
    # one sequence of 0.8 drawn once, one of 0.2 drawn once: not one half each
    drawn = sequences(("a", 0, math.log(0.8), 1), ("b", 1, math.log(0.2), 1))
    expected = -0.8 * math.log(0.8) - 0.2 * math.log(0.2)
    assert value("semantic_entropy_weighted", drawn) == pytest.approx(expected)


def test_an_equal_sequence_adds_no_mass_however_often_it_is_drawn() -> None:
    once = sequences(("a", 0, math.log(0.8), 1), ("b", 1, math.log(0.2), 1))
    often = sequences(*[("a", 0, math.log(0.8), 1)] * 8, *[("b", 1, math.log(0.2), 1)] * 2)
    assert value("semantic_entropy_weighted", often) == value("semantic_entropy_weighted", once)
    counted = semantic_entropy_weighted(often, equal_once=False)
    # 6.4 against 0.4 of "mass": what counting each draw makes of it, far too sure
    assert counted == pytest.approx(weighted_entropy([0, 1], [math.log(6.4), math.log(0.4)]))
    assert math.exp(class_log_masses([0] * 8, [math.log(0.8)] * 8)[0]) == pytest.approx(6.4)


def test_one_option_in_different_words_is_more_than_one_sequence() -> None:
    # both draws carry the option's text; length and log-probability tell that they were not equal
    drawn = [Draw("cyst", 0, -0.5, 1), Draw("cyst", 0, -0.5, 4), Draw("cyst", 0, -0.7, 1)]
    assert sorted(distinct_sequences(drawn)) == [0, 1, 2]


def test_one_sequence_computed_twice_is_one() -> None:
    drawn = [Draw("cyst", 0, -0.50003, 1), Draw("Cyst ", 0, -0.5, 1), Draw("cyst", 1, -0.5, 1)]
    assert sorted(distinct_sequences(drawn)) == [1, 2]


def test_long_draws_are_compared_by_token_unless_asked_otherwise() -> None:
    drawn = sequences(("a", 0, -4.0, 4), ("b", 1, -40.0, 40))
    assert value("semantic_entropy_weighted", drawn) == pytest.approx(math.log(2))
    raw = semantic_entropy_weighted(drawn, length_normalised=False)
    assert raw == pytest.approx(0.0, abs=1e-12)


def test_very_improbable_draws_do_not_vanish() -> None:
    drawn = sequences(("a", 0, -5000.0, 1), ("b", 1, -5000.0, 1))
    assert value("semantic_entropy_weighted", drawn) == pytest.approx(math.log(2))


def test_weights_that_were_not_stored_make_it_absent() -> None:
    assert reason("semantic_entropy_weighted", chosen(0, 1, logprob=None)) == "no-draw-logprobs"
    assert reason("semantic_entropy_weighted", chosen(0, 1, tokens=None)) == "no-draw-tokens"
    raw = semantic_entropy_weighted(chosen(0, 1, tokens=None), length_normalised=False)
    assert raw == pytest.approx(math.log(2))
