"""Stored answers to estimate uncertainty from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from medtrust.uncertainty.estimators import ESTIMATORS, apply
from medtrust.uncertainty.evidence import Absent, Draw, Evidence

OPTIONS = ("melanoma", "benign naevus", "basal cell carcinoma", "a vascular lesion")


def chosen(*meanings: int | None, logprob: float | None = -1.0, tokens: int | None = 2) -> Evidence:
    """An answer with draws that choose among `OPTIONS`; None is the unreadable "no idea"."""
    draws = tuple(
        Draw("no idea" if meaning is None else OPTIONS[meaning], meaning, logprob, tokens)
        for meaning in meanings
    )
    return Evidence(text=OPTIONS[0], meaning=0, draws=draws)


def said(*texts: str, greedy: str = "") -> Evidence:
    """An answer whose draws are texts from which no option could be read."""
    return Evidence(text=greedy, draws=tuple(Draw(text) for text in texts))


def with_letters(*probabilities: float, meaning: int | None = 0) -> Evidence:
    """An answer whose first token is each letter with these probabilities."""
    with np.errstate(divide="ignore"):
        return Evidence(meaning=meaning, option_logprobs=np.log(np.array(probabilities)))


def complete() -> Evidence:
    """An answer with everything that any estimator needs."""
    return replace(
        chosen(0, 0, 1, 0, 2),
        token_logprobs=np.array([-0.1, -0.3]),
        token_entropies=np.array([0.4, 0.2]),
        option_logprobs=np.log(np.array([0.6, 0.2, 0.1, 0.05])),
        p_true=0.8,
        stated_one_turn=0.9,
        stated_two_turns=0.7,
        perturbed=(0, 0, 1, None, 0),
    )


def value(name: str, evidence: Evidence) -> float:
    """What an estimator of the table gives, which must be a number."""
    found = apply(ESTIMATORS[name], evidence)
    assert isinstance(found, float), found
    return found


def reason(name: str, evidence: Evidence) -> str:
    """Why an estimator of the table gives none, which it must not."""
    found = apply(ESTIMATORS[name], evidence)
    assert isinstance(found, Absent), found
    return found.reason


def tokens(logprobs: Sequence[float], entropies: Sequence[float] | None = None) -> Evidence:
    """A greedy answer by its tokens."""
    return Evidence(
        token_logprobs=np.array(logprobs, dtype=np.float64),
        token_entropies=None if entropies is None else np.array(entropies, dtype=np.float64),
    )
