"""How alike texts are by the words they share in order.

The measure is the F1 value of the longest common subsequence of words (ROUGE-L). rapidfuzz knows it
as normalised Indel similarity: with only insertions and deletions, turning one sequence into the
other takes len1 + len2 - 2 LCS steps, and one minus that over len1 + len2 is 2 LCS / (len1 + len2).

Two choices differ from the usual ROUGE package. There is no stemming: "opacity" and "opacities" are
different words. And signs inside a word stay, because "HER2+" and "HER2-", "<5" and ">5" are not
alike; only punctuation around a word falls away. Words are all it sees: "left effusion" and "right
effusion" are half alike to it, which is why meanings are read apart.
"""

from __future__ import annotations

import math
from collections import Counter
from functools import lru_cache

import numpy as np
from rapidfuzz.distance import Indel

from medtrust.uncertainty.draws import sampled
from medtrust.uncertainty.evidence import Absent, Draw, Evidence, FloatArray

AROUND_WORDS = ".,;:!?\"'()[]{}*"
EXACT_DIGITS = 12
"""Measures of texts are rounded here: seven draws against three is as uncertain as three against
seven, and stays a tie when sums in another order differ in the sixteenth digit."""


def words(text: str) -> tuple[str, ...]:
    """The words of a text, folded in case, without punctuation around them.

    A text of punctuation alone keeps it: it is something said, unlike a blank.
    """
    parts = text.casefold().split()
    return tuple(filter(None, (part.strip(AROUND_WORDS) for part in parts))) or tuple(parts)


def similarity(first: str, second: str) -> float:
    """F1 value of the longest common subsequence of words.

    Args:
        first: A text.
        second: Another; the order does not matter.

    Returns:
        Value in [0, 1]; 1 for equal texts, 0 where no word is shared.

    Source: ROUGE-L, Lin 2004, ACL anthology W04-1013, with equal weight of precision and recall.
    """
    return 1.0 if first == second else _similarity(*sorted((first, second)))


# sized for the questions around the present one: their arms share option texts
@lru_cache(maxsize=4096)
def _similarity(first: str, second: str) -> float:
    return Indel.normalized_similarity(_words(first), _words(second))


_words = lru_cache(maxsize=1024)(words)


# the estimators of one evidence run after each other and share these; older ones are not kept
@lru_cache(maxsize=16)
def text_counts(draws: tuple[Draw, ...]) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """The texts of draws by their words, in alphabetical order, and how many draws say each."""
    counts = sorted(Counter(" ".join(words(draw.text)) for draw in draws).items())
    return tuple(text for text, _ in counts), tuple(count for _, count in counts)


def similarities(texts: tuple[str, ...]) -> FloatArray:
    """Similarity of each text to each, shape (texts, texts), with ones on the diagonal."""
    count = len(texts)
    matrix = [[1.0] * count for _ in range(count)]
    for row, first in enumerate(texts):
        for column in range(row):
            matrix[row][column] = matrix[column][row] = similarity(first, texts[column])
    return np.array(matrix)


similarities_kept = lru_cache(maxsize=16)(similarities)


def with_texts(draws: tuple[Draw, ...]) -> tuple[Draw, ...] | Absent:
    """The draws, unless their texts were not stored: a chosen option and no words."""
    if any(draw.meaning is not None and not draw.text.strip() for draw in draws):
        return Absent("draws-without-text")
    return draws


def lexical_similarity(evidence: Evidence) -> float | Absent:
    """One minus the mean similarity of two different draws.

    Each pair of distinct texts is compared once and counted as often as it occurs.

    Returns:
        Value in [0, 1], or why there is none.

    Source: Fomicheva et al. 2020, arXiv 2005.10608, as a measure over draws; Kuhn et al. 2023,
    arXiv 2302.09664, with ROUGE-L.
    """
    draws = sampled(evidence)
    draws = draws if isinstance(draws, Absent) else with_texts(draws)
    if isinstance(draws, Absent):
        return draws
    texts, numbers = text_counts(draws)
    if len(texts) == 1:
        return 0.0
    counts = np.array(numbers, dtype=np.float64)
    total = len(draws)
    alike = float(counts @ similarities_kept(texts) @ counts) - total
    return round(max(0.0, 1.0 - alike / (total * (total - 1))), EXACT_DIGITS)


def mean_dissimilarity(evidence: Evidence) -> float | Absent:
    """One minus the mean similarity of the greedy answer to the draws.

    Returns:
        Value in [0, 1], or why there is none; one draw is enough.

    Source: Vashurin et al. 2025, arXiv 2502.04964, the consistency term, with similarity of words.
    """
    draws = sampled(evidence, at_least=1)
    draws = draws if isinstance(draws, Absent) else with_texts(draws)
    if isinstance(draws, Absent):
        return draws
    said = " ".join(words(evidence.text))
    if not said:
        return evidence.why_not("text")
    texts, counts = text_counts(draws)
    apart = math.fsum(
        count * (1.0 - similarity(said, text)) for text, count in zip(texts, counts, strict=True)
    )
    return round(apart / len(draws), EXACT_DIGITS)
