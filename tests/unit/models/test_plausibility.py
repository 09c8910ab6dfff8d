from __future__ import annotations

import numpy as np
import pytest

from medtrust.core.records import Answer, Signal, Usage
from medtrust.models.plausibility import adds_up_to_more_than_one, logprob_defect

GOOD = np.array([-0.5, -0.1, -2.0])


def said(n_tokens: int | None = 3, *, reasoning: str = "") -> Answer:
    tokens = np.array(["It", " is", " so"])
    return Answer(
        "It is so", signals={"tokens": tokens}, usage=Usage(9, n_tokens), reasoning=reasoning
    )


@pytest.mark.parametrize(
    ("values", "defect"),
    [
        (GOOD, ""),
        (np.array([]), "not one number"),
        (GOOD[None], "not one number"),
        (np.array([-0.5, 0.5]), "above 0"),
        (np.array([-0.5, np.nan]), "above 0"),
        (np.array([-0.5, -np.inf]), "above 0"),
        (np.zeros(3), "all are 0"),
        (np.full(3, -0.7), "all are the same"),
        (np.array([0.0, -0.1, -2.0]), ""),
    ],
)
def test_numbers_that_cannot_be_log_probabilities_are_told(values: Signal, defect: str) -> None:
    found = logprob_defect(values, said())
    assert defect in found
    assert bool(found) == bool(defect)


def test_one_certain_token_is_believed() -> None:
    answer = Answer("Yes", signals={"tokens": np.array(["Yes"])})
    assert logprob_defect(np.zeros(1), answer) == ""


@pytest.mark.parametrize(
    ("n_tokens", "wrong"), [(None, False), (3, False), (4, False), (5, False), (6, True), (0, True)]
)
def test_their_number_must_be_near_the_number_of_tokens(n_tokens: int | None, wrong: bool) -> None:
    assert bool(logprob_defect(GOOD, said(n_tokens))) == wrong


def test_tokens_of_thinking_are_not_missed() -> None:
    assert logprob_defect(GOOD, said(300, reasoning="a long thought")) == ""


def test_alternatives_hold_at_most_all_of_the_probability() -> None:
    halves = np.log([[0.5, 0.5, 0.0001], [0.9, 0.05, 0.01]])
    assert not adds_up_to_more_than_one(halves)
    halves[1, 1] = np.log(0.5)
    assert adds_up_to_more_than_one(halves)
    assert not adds_up_to_more_than_one(np.array([[-0.1, -np.inf]]))
