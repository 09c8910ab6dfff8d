from __future__ import annotations

import numpy as np
import pytest

from medtrust.core.records import Answer
from medtrust.readers.letter_scores import option_logprobs


def scored(probabilities: list[float], same: list[int] | None = None) -> Answer:
    signals = {"continuation_logprobs": np.log(probabilities)}
    if same is not None:
        signals["continuation_same_as"] = np.array(same, dtype=np.int32)
    return Answer("", signals=signals)


def test_an_option_has_the_probability_of_all_its_variants_together() -> None:
    found = option_logprobs(scored([0.2, 0.1, 0.05, 0.3, 0.02, 0.01]), 2)
    assert found is not None
    np.testing.assert_allclose(np.exp(found), [0.35, 0.33])


def test_variants_that_are_the_same_tokens_are_counted_once() -> None:
    found = option_logprobs(scored([0.6, 0.6, 0.05, 0.3, 0.3, 0.01], [0, 0, 2, 3, 3, 5]), 2)
    assert found is not None
    np.testing.assert_allclose(np.exp(found), [0.65, 0.31])
    assert np.exp(found).sum() <= 1


def test_without_scores_there_is_nothing_to_read() -> None:
    assert option_logprobs(Answer("A"), 2) is None


@pytest.mark.parametrize("n_options", [0, 2])
def test_scores_of_other_options_are_refused(n_options: int) -> None:
    with pytest.raises(ValueError, match="cannot belong"):
        option_logprobs(scored([0.2, 0.1, 0.05]), n_options)
