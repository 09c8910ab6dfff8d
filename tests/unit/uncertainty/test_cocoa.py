from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from medtrust.uncertainty.evidence import Draw, Evidence
from parts.evidences import reason, value

ANSWER = Evidence(
    text="left lobe",
    token_logprobs=np.array([-0.5, -1.5]),
    token_entropies=np.array([0.2, 0.6]),
    draws=(Draw("left lobe"), Draw("left lung"), Draw("right"), Draw("right")),
)
DISSIMILARITY = (0 + 0.5 + 1 + 1) / 4
NAMES = ("cocoa_probability", "cocoa_perplexity", "cocoa_entropy")


def test_each_variant_is_its_own_score_times_the_dissimilarity() -> None:
    assert value("cocoa_probability", ANSWER) == pytest.approx(2.0 * DISSIMILARITY)
    assert value("cocoa_perplexity", ANSWER) == pytest.approx(1.0 * DISSIMILARITY)
    assert value("cocoa_entropy", ANSWER) == pytest.approx(0.4 * DISSIMILARITY)


@pytest.mark.parametrize("name", NAMES)
def test_an_answer_that_every_draw_repeats_is_certain(name: str) -> None:
    repeated = replace(ANSWER, draws=(Draw("Left lobe"), Draw("left  lobe")))
    assert value(name, repeated) == 0.0


@pytest.mark.parametrize("name", NAMES)
def test_a_missing_factor_never_counts_as_zero(name: str) -> None:
    assert reason(name, replace(ANSWER, draws=())) == "no-draws"
    assert reason(name, replace(ANSWER, text=" ")) == "no-text"
    assert reason(name, replace(ANSWER, draws=(Draw("", 0),))) == "draws-without-text"
    broken = replace(ANSWER, token_logprobs=np.array([np.nan]), token_entropies=np.array([np.nan]))
    assert reason(name, broken).endswith("-not-finite")


@pytest.mark.parametrize("name", NAMES)
def test_one_draw_is_enough_to_compare_with(name: str) -> None:
    assert value(name, replace(ANSWER, draws=(Draw("right"),))) > 0.0
