"""What the first token says about each option."""

from __future__ import annotations

import math

import numpy as np
import pytest

from medtrust.core.records import Answer, Signal
from medtrust.readers.first_token import letter_logprobs, share_of_first, yes_no_logprobs


def told(*first: tuple[str, float]) -> Answer:
    """An answer of a server that tells the likeliest first tokens."""
    signals: dict[str, Signal] = {
        "top_tokens": np.array([[token for token, _ in first]]),
        "top_logprobs": np.array([[math.log(share) for _, share in first]], dtype=np.float32),
    }
    return Answer("B", signals=signals)


def test_a_local_model_tells_of_every_letter() -> None:
    logprobs = np.full(26, -np.inf, dtype=np.float32)
    logprobs[:3] = np.log([0.5, 0.3, 0.1])
    found = letter_logprobs(Answer("A", signals={"letter_logprobs": logprobs}), 2)
    assert found is not None
    assert np.exp(found) == pytest.approx([0.5, 0.3], rel=1e-6)


def test_a_server_tells_of_its_likeliest_tokens_in_all_spellings() -> None:
    found = letter_logprobs(told(("B", 0.5), (" B", 0.2), ("(A", 0.1), ("The", 0.18)), 3)
    assert found is not None
    assert np.exp(found) == pytest.approx([0.1, 0.7, 0.0], rel=1e-6)


def test_a_letter_in_a_word_is_no_letter() -> None:
    found = letter_logprobs(told(("Based", 0.68), ("b", 0.2), ("A", 0.1)), 2)
    assert found is not None
    assert np.exp(found) == pytest.approx([0.1, 0.0], rel=1e-6)


def test_yes_and_no_are_read_in_any_case() -> None:
    found = yes_no_logprobs(told(("Yes", 0.6), ("yes", 0.1), ("No", 0.2), ("Not", 0.1)))
    assert found is not None
    assert np.exp(found) == pytest.approx([0.2, 0.7], rel=1e-6)


def test_a_letter_that_was_not_told_is_impossible_only_where_little_is_left_for_it() -> None:
    """With one token of 0.55 told, nobody knows whether another letter has the rest."""
    assert letter_logprobs(told(("A", 0.55)), 4) is None
    found = letter_logprobs(told(("A", 0.97)), 4)
    assert found is not None
    assert np.exp(found) == pytest.approx([0.97, 0, 0, 0], rel=1e-6)


@pytest.mark.parametrize(
    "signals",
    [
        {},
        {"top_tokens": np.empty((0, 0), dtype=np.str_), "top_logprobs": np.empty((0, 0))},
        {"letter_logprobs": np.array([math.nan, -1.0])},
        {"letter_logprobs": np.array([-0.1, -0.1])},
    ],
    ids=["nothing", "no token", "no number", "more than everything"],
)
def test_what_is_no_distribution_is_not_known(signals: dict[str, Signal]) -> None:
    assert letter_logprobs(Answer("A", signals=signals), 2) is None


def test_the_share_of_the_first_of_two() -> None:
    assert share_of_first(np.array([1.3, 0.4])) == pytest.approx(0.7109495026250039)
    assert share_of_first(np.array([-np.inf, -1.0])) == 0
    assert share_of_first(np.array([-1.0, -np.inf])) == 1
    assert share_of_first(np.array([-np.inf, -np.inf])) is None
    assert share_of_first(None) is None
