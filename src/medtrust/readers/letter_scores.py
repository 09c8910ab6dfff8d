"""Reading scored letters: one log-probability per option out of those of its variants."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from medtrust.core.records import Answer

SIGNAL: Final = "continuation_logprobs"
SAME: Final = "continuation_same_as"


def option_logprobs(answer: Answer, n_options: int) -> NDArray[np.float64] | None:
    """Log-probability that the answer begins with each option's letter.

    Variants that are the same tokens for this model are counted once, so the sum over options
    never exceeds 1.

    Args:
        answer: Of a request made by `probes.letters.score_letters`.
        n_options: Options that were shown.

    Returns:
        Natural log, shape (n_options,), NaN where that of a variant is not known; None when the
        model gave no scores.

    Raises:
        ValueError: If the scores are not equally many for each option.
    """
    scores = answer.signals.get(SIGNAL)
    if scores is None:
        return None
    if n_options < 1 or scores.size % n_options:
        raise ValueError(f"{scores.size} scores cannot belong to {n_options} options")
    values = np.array(scores, dtype=np.float64)
    same = answer.signals.get(SAME)
    if same is not None:
        values[np.asarray(same) != np.arange(values.size)] = -np.inf
    with np.errstate(invalid="ignore"):
        found: NDArray[np.float64] = np.logaddexp.reduce(values.reshape(n_options, -1), axis=1)
    return found
