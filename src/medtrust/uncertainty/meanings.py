"""Uncertainty from what sampled answers mean: semantic entropies, consistency, agreement.

Answers to a question with options are clustered by the option they choose, exactly; no entailment
model is needed. A draw from which no choice could be read means what it says: each distinct text
is a meaning of its own, so that unreadable answers look uncertain, never certain.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence

from medtrust.uncertainty.draws import Meaning, meaning_counts, meaning_of, plain, sampled
from medtrust.uncertainty.entropy import (
    entropy,
    entropy_of_counts,
    log_sum_exp,
    normalised,
    shares_of,
)
from medtrust.uncertainty.evidence import Absent, Draw, Evidence
from medtrust.uncertainty.likelihoods import draw_logprobs

SAME_SEQUENCE = 1e-3
"""Two draws of one text and length whose log-probabilities differ by at most this are one token
sequence, computed twice: batching alone moves a log-probability by about 1e-4."""


def semantic_entropy(evidence: Evidence) -> float | Absent:
    """Entropy of the shares of meanings among the draws.

    Returns:
        Nats, in [0, log of the number of draws], or why there is none.

    Source: discrete semantic entropy, Farquhar et al. 2024, doi 10.1038/s41586-024-07421-0.
    """
    draws = sampled(evidence)
    return draws if isinstance(draws, Absent) else entropy_of_counts(meaning_counts(draws).values())


def semantic_entropy_normalised(evidence: Evidence) -> float | Absent:
    """Semantic entropy over the logarithm of the number of draws.

    Returns:
        Value in [0, 1], or why there is none.

    Source: as `semantic_entropy`; the division makes numbers of draws comparable, and is ours.
    """
    draws = sampled(evidence)
    if isinstance(draws, Absent):
        return draws
    return normalised(entropy_of_counts(meaning_counts(draws).values()), len(draws))


def semantic_entropy_weighted(
    evidence: Evidence, *, length_normalised: bool = True, equal_once: bool = True
) -> float | Absent:
    """Entropy of meanings weighted by the probabilities of the draws, not by their counts.

    The table of estimators uses the defaults: log-probabilities divided by the number of tokens, as
    in the paper, since otherwise the shortest draw decides alone; and each token sequence counted
    once. A sequence that was drawn twice is no more probable for it: counting it again can give a
    meaning more than all probability there is. Evidence does not hold token sequences; draws of
    one text, one length and (within `SAME_SEQUENCE`) one log-probability are taken for one.

    Args:
        evidence: The stored answer; all draws must answer the same prompt.
        length_normalised: Divide each log-probability by the number of tokens.
        equal_once: Count equal sequences once; False counts every draw.

    Returns:
        Nats, in [0, log of the number of draws], or why there is none.

    Source: Farquhar et al. 2024, doi 10.1038/s41586-024-07421-0, the Rao-Blackwellised estimate,
    where every draw is counted.
    """
    logprobs = draw_logprobs(evidence, length_normalised=length_normalised, at_least=2)
    draws = sampled(evidence)
    if isinstance(logprobs, Absent):
        return logprobs
    if isinstance(draws, Absent):
        return draws
    members = [
        (meaning_of(draw.text, draw.meaning), value)
        for draw, value in zip(draws, logprobs, strict=True)
    ]
    if equal_once:
        members = [members[index] for index in distinct_sequences(draws)]
    return weighted_entropy([meaning for meaning, _ in members], [value for _, value in members])


def class_log_masses(
    meanings: Sequence[Hashable], logprobs: Sequence[float]
) -> dict[Hashable, float]:
    """Logarithm of the summed probabilities of the members of each meaning, members as given.

    Args:
        meanings: Meaning of each member, length n.
        logprobs: Log-probability of each member, length n.

    Returns:
        Log-mass by meaning. A mass above 1 is possible where members are not distinct.
    """
    members: dict[Hashable, list[float]] = defaultdict(list)
    for meaning, logprob in zip(meanings, logprobs, strict=True):
        members[meaning].append(logprob)
    return {meaning: log_sum_exp(values) for meaning, values in members.items()}


def weighted_entropy(meanings: Sequence[Hashable], logprobs: Sequence[float]) -> float:
    """Entropy of the masses of meanings, made to sum to 1, members as given.

    Args:
        meanings: Meaning of each member, length n, at least one.
        logprobs: Finite log-probability of each member, length n.

    Returns:
        Nats, in [0, log of the number of meanings].

    Source: Farquhar et al. 2024, doi 10.1038/s41586-024-07421-0.
    """
    return entropy(shares_of(class_log_masses(meanings, logprobs).values()))


def distinct_sequences(draws: Sequence[Draw]) -> list[int]:
    """Indices of draws such that each token sequence is there once.

    Args:
        draws: Sampled answers with log-probabilities.

    Returns:
        For every text, length and log-probability (within `SAME_SEQUENCE` below the highest of
        its group) the index of its likeliest draw.
    """
    groups: dict[tuple[Meaning, str, int | None], list[tuple[float, int]]] = defaultdict(list)
    for index, draw in enumerate(draws):
        key = (meaning_of(draw.text, draw.meaning), plain(draw.text), draw.tokens)
        groups[key].append((draw.logprob or 0.0, index))
    kept = []
    for group in groups.values():
        representative = math.inf
        for logprob, index in sorted(group, reverse=True):
            if representative - logprob > SAME_SEQUENCE:
                representative = logprob
                kept.append(index)
    return kept


def self_consistency(evidence: Evidence) -> float | Absent:
    """One minus the share of the most frequent meaning among the draws.

    Returns:
        Value in [0, 1 - 1/draws], or why there is none. It says nothing about the greedy answer,
        which may not be the most frequent: it is no probability that that one is right.

    Source: Wang et al. 2023, arXiv 2203.11171.
    """
    draws = sampled(evidence)
    if isinstance(draws, Absent):
        return draws
    return 1.0 - max(meaning_counts(draws).values()) / len(draws)


def answer_agreement(evidence: Evidence) -> float | Absent:
    """One minus the share of draws that mean what the greedy answer means.

    Returns:
        Value in [0, 1], or why there is none; one draw is enough.

    Source: Wang et al. 2023, arXiv 2203.11171, with the greedy answer in place of the vote.
    """
    draws = sampled(evidence, at_least=1)
    if isinstance(draws, Absent):
        return draws
    if evidence.meaning is None and not evidence.text.strip():
        return evidence.why_not("text")
    counts: Mapping[Meaning, int] = meaning_counts(draws)
    return 1.0 - counts.get(meaning_of(evidence.text, evidence.meaning), 0) / len(draws)


def semantic_sets(evidence: Evidence) -> float | Absent:
    """Number of different meanings among the draws.

    Returns:
        Whole number in [1, draws], or why there is none.

    Source: Lin et al. 2024, arXiv 2305.19187, number of semantic sets, with options as sets.
    """
    draws = sampled(evidence)
    return draws if isinstance(draws, Absent) else float(len(meaning_counts(draws)))
