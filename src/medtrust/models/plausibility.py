"""Whether log-probabilities that a model gave can be what they claim to be."""

from __future__ import annotations

import numpy as np

from medtrust.core.records import Answer, Signal


def logprob_defect(values: Signal, answer: Answer) -> str:
    """Why token log-probabilities cannot be right, or empty.

    Args:
        values: One number a token, natural log, of a text sampled at temperature 1.
        answer: Whose tokens they should be.
    """
    numbers = np.asarray(values, dtype=np.float64)
    if numbers.ndim != 1 or numbers.size == 0:
        return "there is not one number a token"
    if not np.all(np.isfinite(numbers)) or np.any(numbers > 0):
        return "some are above 0 or no numbers"
    if numbers.size > 1 and np.ptp(numbers) == 0:
        what = "0, as if a sampled text had been certain" if numbers[0] == 0 else "the same"
        return f"all are {what}"
    return _count_defect(numbers.size, answer)


def _count_defect(n_numbers: int, answer: Answer) -> str:
    tokens = answer.signals.get("tokens")
    if tokens is not None and _spelled(tokens).strip() != answer.text.strip():
        return "their tokens do not spell the answer"
    counted = answer.usage.completion_tokens
    # Servers count end-of-text tokens or leave them out, and count thinking, which is cut off here.
    if counted is not None and not answer.reasoning and abs(n_numbers - counted) > 2:
        return f"there are {n_numbers} for {counted} tokens"
    return ""


def _spelled(tokens: Signal) -> str:
    return "".join(str(token) for token in tokens)


def adds_up_to_more_than_one(top_logprobs: Signal) -> bool:
    """Whether the alternatives to any token have more probability than there is.

    Args:
        top_logprobs: Natural log, shape (tokens, alternatives), padded with minus infinity.
    """
    # 1 % is left for servers that round.
    return bool(np.any(np.exp(np.asarray(top_logprobs, dtype=np.float64)).sum(axis=1) > 1.01))
