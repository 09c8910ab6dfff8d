from __future__ import annotations

import math

import pytest

from medtrust.uncertainty.evidence import Draw, Evidence
from parts.evidences import chosen, reason, value

BOTH = ("predictive_entropy", "predictive_entropy_length_normalised")


def drawn(*draws: tuple[float | None, int | None]) -> Evidence:
    return Evidence(draws=tuple(Draw("text", None, *draw) for draw in draws))


def test_predictive_entropy_is_the_mean_surprise() -> None:
    assert value("predictive_entropy", drawn((-1.0, 2), (-3.0, 4))) == pytest.approx(2.0)


def test_length_normalisation_divides_each_draw_by_its_own_tokens() -> None:
    evidence = drawn((-1.0, 2), (-3.0, 4))
    assert value("predictive_entropy_length_normalised", evidence) == pytest.approx(0.625)


def test_the_raw_value_needs_no_lengths() -> None:
    evidence = drawn((-1.0, None), (-3.0, 4))
    assert value("predictive_entropy", evidence) == pytest.approx(2.0)
    assert reason("predictive_entropy_length_normalised", evidence) == "no-draw-tokens"


def test_one_draw_is_an_estimate_of_a_mean() -> None:
    assert value("predictive_entropy", drawn((-1.5, 3))) == 1.5


@pytest.mark.parametrize("name", BOTH)
@pytest.mark.parametrize(
    ("logprob", "why"),
    [
        (None, "no-draw-logprobs"),
        (math.nan, "draw-logprobs-not-finite"),
        (-math.inf, "draw-logprobs-not-finite"),
        (0.5, "draw-logprobs-above-0"),
    ],
)
def test_one_unusable_draw_makes_the_mean_absent(
    name: str, logprob: float | None, why: str
) -> None:
    assert reason(name, drawn((-1.0, 2), (logprob, 2))) == why


def test_a_draw_of_no_tokens_cannot_be_normalised() -> None:
    evidence = drawn((-1.0, 0), (-1.0, 1))
    assert reason("predictive_entropy_length_normalised", evidence) == "draw-without-tokens"


def test_the_reason_for_missing_log_probabilities_of_draws_can_be_told() -> None:
    silent = chosen(0, 1, logprob=None)
    told = Evidence(draws=silent.draws, absent={"draw_logprobs": "server-gives-none"})
    assert reason("predictive_entropy", told) == "server-gives-none"


@pytest.mark.parametrize("name", BOTH)
def test_no_draws_at_all_is_a_reason(name: str) -> None:
    assert reason(name, Evidence(draws=())) == "no-draws"
