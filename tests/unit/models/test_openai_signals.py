from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from medtrust.models.openai.signals import SignalError, read_signals

ALL = frozenset({"token_logprobs", "top_logprobs"})


def entry(token: str, logprob: Any = -0.5, *top: tuple[str, float]) -> dict[str, Any]:
    alternatives = [{"token": word, "logprob": value} for word, value in top]
    return {"token": token, "logprob": logprob, "top_logprobs": alternatives}


def test_token_logprobs_are_float32_with_their_tokens_beside_them() -> None:
    given = {"content": [entry("Yes", -0.25), entry(".", -1.5)]}
    found = read_signals(given, frozenset({"token_logprobs"}), reasoning="", text="Yes.")
    assert sorted(found) == ["token_logprobs", "tokens"]
    assert found["token_logprobs"].dtype == np.float32
    assert found["token_logprobs"].tolist() == [-0.25, -1.5]
    assert found["tokens"].tolist() == ["Yes", "."]
    assert not found["tokens"].dtype.hasobject


def test_rows_of_alternatives_are_padded_with_minus_infinity() -> None:
    given = {"content": [entry("A", -0.1, ("A", -0.1), ("B", -2.5)), entry("!", -0.2, ("!", -0.2))]}
    found = read_signals(given, ALL, reasoning="", text="A!")
    assert found["top_logprobs"].shape == (2, 2)
    assert found["top_logprobs"].dtype == np.float32
    assert found["top_logprobs"][1].tolist() == pytest.approx([-0.2, -np.inf])
    assert found["top_tokens"].tolist() == [["A", "B"], ["!", ""]]


def test_without_alternatives_the_token_logprobs_still_count() -> None:
    found = read_signals({"content": [entry("A")]}, ALL, reasoning="", text="A")
    assert sorted(found) == ["token_logprobs", "tokens"]


@pytest.mark.parametrize("given", [None, {}, {"content": None}, {"content": []}, [], "logprobs"])
def test_what_is_not_there_is_left_out(given: Any) -> None:
    assert read_signals(given, ALL, reasoning="", text="A") == {}


def test_an_empty_answer_has_no_tokens_and_that_is_a_measurement() -> None:
    found = read_signals({"content": []}, ALL, reasoning="", text="")
    assert found["token_logprobs"].shape == (0,)
    assert found["tokens"].shape == (0,)


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        (0.7, "above 0"),
        (float("nan"), "not numbers"),
        (None, "not numbers"),
        ("-1", "not numbers"),
        (True, "not numbers"),
    ],
)
def test_numbers_that_are_no_log_probabilities_are_refused(value: Any, sentence: str) -> None:
    with pytest.raises(SignalError, match=sentence):
        read_signals({"content": [entry("A", value)]}, ALL, reasoning="", text="A")


def test_a_rounding_error_above_zero_is_zero() -> None:
    found = read_signals({"content": [entry("A", 1e-7)]}, ALL, reasoning="", text="A")
    assert found["token_logprobs"].tolist() == [0.0]


@pytest.mark.parametrize("content", [["A"], [{"logprob": -1}], [{"token": 3, "logprob": -1}]])
def test_entries_without_tokens_are_refused(content: list[Any]) -> None:
    with pytest.raises(SignalError, match="no tokens"):
        read_signals({"content": content}, ALL, reasoning="", text="A")


def test_the_tokens_of_the_thinking_are_cut_off() -> None:
    words = ["<think>", "Yes", "?", "</think>", "\n\n", "Y", "es"]
    given = {"content": [entry(word, -float(i)) for i, word in enumerate(words)]}
    found = read_signals(given, ALL, reasoning="Yes?", text="Yes")
    assert found["tokens"].tolist() == ["Y", "es"]
    assert found["token_logprobs"].tolist() == [-5.0, -6.0]


def test_thinking_that_cannot_be_told_apart_gives_no_signals() -> None:
    given = {"content": [entry("\\xe2\\x80"), entry("\\x99")]}
    with pytest.raises(SignalError, match="thinking"):
        read_signals(given, ALL, reasoning="hm", text="\u2019")
