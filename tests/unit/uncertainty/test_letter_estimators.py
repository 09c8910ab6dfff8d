from __future__ import annotations

import math

import numpy as np
import pytest

from medtrust.uncertainty.evidence import Absent, Evidence
from medtrust.uncertainty.letters import first_token_agrees, option_probabilities
from parts.evidences import reason, value, with_letters

SHARES = ("letter_probability", "letter_entropy", "letter_entropy_normalised", "letter_margin")


def test_letters_are_made_to_sum_to_one() -> None:
    found = option_probabilities(with_letters(0.6, 0.15, 0.0, 0.05))
    assert isinstance(found, np.ndarray)
    np.testing.assert_allclose(found, [0.75, 0.1875, 0.0, 0.0625])


def test_values_of_a_hand_computed_distribution() -> None:
    evidence = with_letters(0.4, 0.2, 0.2)  # 1/2, 1/4, 1/4
    assert value("letter_probability", evidence) == pytest.approx(0.5)
    assert value("letter_entropy", evidence) == pytest.approx(1.5 * math.log(2))
    assert value("letter_entropy_normalised", evidence) == pytest.approx(
        1.5 * math.log(2) / math.log(3)
    )
    assert value("letter_margin", evidence) == pytest.approx(0.75)
    assert value("option_mass", evidence) == pytest.approx(0.2)


@pytest.mark.parametrize("options", [2, 3, 4, 5, 7, 26])
def test_an_even_spread_is_the_most_uncertain_whatever_the_number_of_options(options: int) -> None:
    even = with_letters(*[1 / options] * options)
    assert value("letter_entropy_normalised", even) == pytest.approx(1.0)
    assert value("letter_entropy_normalised", even) <= 1.0
    assert value("letter_margin", even) == 1.0
    assert value("letter_probability", even) == pytest.approx(1 - 1 / options)


def test_one_possible_letter_is_certain() -> None:
    only = with_letters(0.0, 1.0, 0.0)
    assert [value(name, only) for name in (*SHARES, "option_mass")] == [0.0] * 5


@pytest.mark.parametrize("name", SHARES)
def test_letters_that_hold_too_little_are_not_read(name: str) -> None:
    assert reason(name, with_letters(0.3, 0.1, 0.05)) == "option-mass-below-0.5"
    assert value(name, with_letters(0.25, 0.25)) > 0.0


def test_the_mass_itself_stays_computable_where_letters_are_not_read() -> None:
    assert value("option_mass", with_letters(0.3, 0.1, 0.05)) == pytest.approx(0.55)
    assert value("option_mass", with_letters(0.0, 0.0)) == 1.0
    assert option_probabilities(with_letters(0.0, 0.0)) == Absent("option-mass-below-0.5")


@pytest.mark.parametrize("name", [*SHARES, "option_mass"])
@pytest.mark.parametrize(
    ("logprobs", "why"),
    [
        ([], "fewer-than-2-options"),
        ([-0.1], "fewer-than-2-options"),
        ([-0.1, math.nan], "option-logprobs-not-numbers"),
        ([0.2, -3.0], "option-logprobs-above-0"),
        ([math.inf, -3.0], "option-logprobs-above-0"),
        ([-0.1, -0.1], "option-mass-above-1"),
    ],
)
def test_unusable_letters_give_a_reason(name: str, logprobs: list[float], why: str) -> None:
    assert reason(name, Evidence(option_logprobs=np.array(logprobs))) == why


def test_a_mass_that_float32_rounds_past_one_is_one() -> None:
    assert value("option_mass", with_letters(0.5, 0.5000005)) == 0.0


def test_the_first_token_agrees_when_the_chosen_option_is_likeliest() -> None:
    assert first_token_agrees(with_letters(0.1, 0.7, meaning=1)) is True
    assert first_token_agrees(with_letters(0.1, 0.7, meaning=0)) is False


def test_among_equally_likely_letters_each_agrees() -> None:
    tied = (0.4, 0.4, 0.1)
    assert [first_token_agrees(with_letters(*tied, meaning=index)) for index in range(3)] == [
        True,
        True,
        False,
    ]


def test_disagreement_leaves_the_letters_readable() -> None:
    assert value("letter_probability", with_letters(0.1, 0.7, meaning=0)) > 0.0


@pytest.mark.parametrize(
    ("evidence", "why"),
    [
        (Evidence(meaning=0), "no-option-logprobs"),
        (with_letters(0.5, 0.5, meaning=None), "no-meaning"),
        (with_letters(0.5, 0.5, meaning=2), "meaning-is-not-an-option"),
        (with_letters(0.5, 0.5, meaning=-1), "meaning-is-not-an-option"),
        (with_letters(0.0, 0.0), "no-option-mass"),
    ],
)
def test_agreement_that_cannot_be_said_gives_a_reason(evidence: Evidence, why: str) -> None:
    assert first_token_agrees(evidence) == Absent(why)
