from __future__ import annotations

import math

import pytest

from parts.evidences import reason, tokens, value


def test_sequence_probability_is_one_minus_the_product_of_token_probabilities() -> None:
    evidence = tokens([math.log(0.9), math.log(0.5)])
    assert value("sequence_probability", evidence) == pytest.approx(1 - 0.45)


def test_perplexity_is_the_inverse_geometric_mean_probability() -> None:
    evidence = tokens([math.log(0.9), math.log(0.4)])
    assert value("perplexity", evidence) == pytest.approx(1 / math.sqrt(0.36))


def test_entropies_are_averaged_over_tokens() -> None:
    assert value("mean_token_entropy", tokens([], [0.2, 0.6, 0.1])) == pytest.approx(0.3)


def test_a_certain_answer_has_the_lowest_values() -> None:
    certain = tokens([0.0, 0.0], [0.0, 0.0])
    assert value("sequence_probability", certain) == 0.0
    assert value("perplexity", certain) == 1.0
    assert value("mean_token_entropy", certain) == 0.0


def test_a_nearly_certain_answer_keeps_its_digits() -> None:
    assert value("sequence_probability", tokens([-1e-12])) == pytest.approx(1e-12, rel=1e-9)


def test_what_float32_leaves_above_zero_counts_as_zero() -> None:
    assert value("sequence_probability", tokens([1e-7])) == 0.0
    assert value("mean_token_entropy", tokens([], [-1e-7])) == 0.0


@pytest.mark.parametrize("name", ["sequence_probability", "perplexity"])
@pytest.mark.parametrize(
    ("logprobs", "why"),
    [
        ([], "no-tokens"),
        ([-0.1, math.nan], "token-logprobs-not-finite"),
        ([-math.inf], "token-logprobs-not-finite"),
        ([0.1, -3.0], "token-logprobs-above-0"),
    ],
)
def test_unusable_log_probabilities_give_a_reason(
    name: str, logprobs: list[float], why: str
) -> None:
    assert reason(name, tokens(logprobs)) == why


@pytest.mark.parametrize(
    ("entropies", "why"),
    [
        ([], "no-tokens"),
        ([math.nan], "token-entropies-not-finite"),
        ([math.inf], "token-entropies-not-finite"),
        ([0.5, -0.1], "token-entropies-below-0"),
    ],
)
def test_unusable_entropies_give_a_reason(entropies: list[float], why: str) -> None:
    assert reason("mean_token_entropy", tokens([], entropies)) == why


def test_a_perplexity_beyond_all_numbers_is_absent_not_infinite() -> None:
    assert reason("perplexity", tokens([-1000.0])) == "perplexity-too-large"
