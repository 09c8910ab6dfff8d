"""The table of uncertainty estimators, and the one call that applies it.

Every estimator is a pure function of one `Evidence`: high means uncertain, and what cannot be
computed is `Absent` with its reason, never a number.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeAlias

from medtrust.core.errors import UnknownNameError
from medtrust.uncertainty import (
    cocoa,
    further_passes,
    graph,
    images,
    letters,
    likelihoods,
    meanings,
    similarity,
    token_probabilities,
)
from medtrust.uncertainty.evidence import Absent, Evidence

EstimatorFunction: TypeAlias = Callable[[Evidence], float | Absent]


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimator:
    """One way to turn stored signals into uncertainty.

    Attributes:
        name: Measure name in the score table.
        needs: Attributes of `Evidence` that must not be None; the function is not called otherwise.
        is_probability: Whether one minus the value is a probability that the greedy answer is
            right. Calibration errors of anything else are refused until it is recalibrated.
        unit: ``"share"`` for values in [0, 1], else ``"nats"``, ``"nats/token"``, ``"ratio"``,
            ``"count"`` or ``"distance"``.
        low: Lowest possible value; None without bound.
        high: Highest possible value; None where it is unbounded or depends on the evidence.
        source: Paper it comes from.
        description: One line for reports.
        function: Computes it; high = uncertain.
    """

    name: str
    needs: tuple[str, ...]
    is_probability: bool
    unit: str
    low: float | None
    high: float | None
    source: str
    description: str
    function: EstimatorFunction


def estimate(evidence: Evidence, names: Iterable[str] | None = None) -> dict[str, float | Absent]:
    """Uncertainty of one answer by several estimators.

    Args:
        evidence: What is stored about the answer.
        names: Estimators to apply, in this order; all of `ESTIMATORS` in its order without.

    Returns:
        By name, a finite number (high = uncertain) or why there is none.

    Raises:
        UnknownNameError: If a name is not in `ESTIMATORS`.
    """
    wanted = ESTIMATORS.values() if names is None else [_find(name) for name in names]
    return {estimator.name: apply(estimator, evidence) for estimator in wanted}


def apply(estimator: Estimator, evidence: Evidence) -> float | Absent:
    """Uncertainty of one answer by one estimator, in the table or not.

    Returns:
        A finite number, or why there is none: the evidence's reason for the first need that it does
        not have, what the function says, or ``not-finite`` if that returns NaN or infinity.
    """
    for attribute in estimator.needs:
        if getattr(evidence, attribute) is None:
            return evidence.why_not(attribute)
    value = estimator.function(evidence)
    if isinstance(value, Absent) or math.isfinite(value):
        return value
    return Absent("not-finite")


def _find(name: str) -> Estimator:
    if name not in ESTIMATORS:
        raise UnknownNameError.among("uncertainty estimator", name, ESTIMATORS)
    return ESTIMATORS[name]


def _row(
    function: EstimatorFunction,
    needs: str,
    unit: str,
    bounds: tuple[float | None, float | None],
    source: str,
    description: str,
    *,
    is_probability: bool = False,
) -> Estimator:
    """A row of the table, named after its function."""
    return Estimator(
        name=function.__name__,
        needs=tuple(needs.split()),
        is_probability=is_probability,
        unit=unit,
        low=bounds[0],
        high=bounds[1],
        source=source,
        description=description,
        function=function,
    )


SHARE = (0.0, 1.0)
FROM_ZERO = (0.0, None)
FROM_ONE = (1.0, None)
FOMICHEVA = "Fomicheva et al. 2020, arXiv 2005.10608"
KADAVATH = "Kadavath et al. 2022, arXiv 2207.05221"
MALININ = "Malinin and Gales 2021, arXiv 2002.07650"
FARQUHAR = "Farquhar et al. 2024, doi 10.1038/s41586-024-07421-0"
WANG = "Wang et al. 2023, arXiv 2203.11171"
LIN = "Lin et al. 2024, arXiv 2305.19187"
TIAN = "Tian et al. 2023, arXiv 2305.14975"
VASHURIN = "Vashurin et al. 2025, arXiv 2502.04964"

_TABLE = (
    # from the greedy answer
    _row(
        token_probabilities.sequence_probability, "token_logprobs", "share", SHARE, FOMICHEVA,
        "One minus the probability of the whole answer", is_probability=True,
    ),
    _row(
        token_probabilities.perplexity, "token_logprobs", "ratio", FROM_ONE, FOMICHEVA,
        "Perplexity of the answer",
    ),
    _row(
        token_probabilities.mean_token_entropy, "token_entropies", "nats", FROM_ZERO, FOMICHEVA,
        "Mean entropy of the token distributions",
    ),
    # from the letters at its first token
    _row(
        letters.letter_probability, "option_logprobs", "share", SHARE, KADAVATH,
        "One minus the probability of the likeliest letter", is_probability=True,
    ),
    _row(
        letters.letter_entropy, "option_logprobs", "nats", FROM_ZERO, KADAVATH,
        "Entropy of the distribution over letters",
    ),
    _row(
        letters.letter_entropy_normalised, "option_logprobs", "share", SHARE, KADAVATH,
        "Entropy over letters, over the log of their number",
    ),
    _row(
        letters.letter_margin, "option_logprobs", "share", SHARE,
        "Scheffer et al. 2001, doi 10.1007/3-540-44816-0_31",
        "One minus the lead of the likeliest letter",
    ),
    _row(
        letters.option_mass, "option_logprobs", "share", SHARE, "own, beside " + KADAVATH,
        "Probability that the first token is no letter",
    ),
    # from sampled answers
    _row(
        likelihoods.predictive_entropy, "draws", "nats", FROM_ZERO, MALININ,
        "Mean surprise of the draws",
    ),
    _row(
        likelihoods.predictive_entropy_length_normalised, "draws", "nats/token", FROM_ZERO, MALININ,
        "Mean surprise of the draws by token",
    ),
    _row(
        meanings.semantic_entropy, "draws", "nats", FROM_ZERO, FARQUHAR,
        "Entropy of the meanings of the draws",
    ),
    _row(
        meanings.semantic_entropy_normalised, "draws", "share", SHARE, FARQUHAR,
        "Entropy of meanings over the log of the number of draws",
    ),
    _row(
        meanings.semantic_entropy_weighted, "draws", "nats", FROM_ZERO, FARQUHAR,
        "Entropy of meanings weighted by probability, equal draws once",
    ),
    _row(
        meanings.self_consistency, "draws", "share", SHARE, WANG,
        "One minus the share of the most frequent meaning",
    ),
    _row(
        meanings.answer_agreement, "draws", "share", SHARE, WANG,
        "One minus the share of draws that mean what the answer means", is_probability=True,
    ),
    _row(
        similarity.lexical_similarity, "draws", "share", SHARE, FOMICHEVA,
        "One minus the mean word overlap of two draws",
    ),
    _row(
        graph.degree_matrix, "draws", "share", SHARE, LIN,
        "One minus the mean degree in the graph of draws",
    ),
    _row(
        graph.eigenvalue_sum, "draws", "count", FROM_ONE, LIN,
        "Continuous number of semantic sets, from Laplacian eigenvalues",
    ),
    _row(
        graph.eccentricity, "draws", "distance", FROM_ZERO, LIN,
        "Distance of the draws from their centre in the graph",
    ),
    _row(
        meanings.semantic_sets, "draws", "count", FROM_ONE, LIN,
        "Number of different meanings",
    ),
    # from further passes
    _row(
        further_passes.p_true, "p_true", "share", SHARE, KADAVATH,
        "One minus the probability of calling the answer true", is_probability=True,
    ),
    _row(
        further_passes.stated_one_turn, "stated_one_turn", "share", SHARE, TIAN,
        "One minus the confidence stated with the answer", is_probability=True,
    ),
    _row(
        further_passes.stated_two_turns, "stated_two_turns", "share", SHARE, TIAN,
        "One minus the confidence stated when asked afterwards", is_probability=True,
    ),
    _row(
        cocoa.cocoa_probability, "token_logprobs draws", "nats", FROM_ZERO, VASHURIN,
        "Surprise of the answer times its dissimilarity to the draws",
    ),
    _row(
        cocoa.cocoa_perplexity, "token_logprobs draws", "nats/token", FROM_ZERO, VASHURIN,
        "Log-perplexity of the answer times its dissimilarity to the draws",
    ),
    _row(
        cocoa.cocoa_entropy, "token_entropies draws", "nats", FROM_ZERO, VASHURIN,
        "Mean token entropy times dissimilarity to the draws",
    ),
    _row(
        images.image_consistency, "perturbed", "share", SHARE,
        "after Zhang et al. 2024, arXiv 2411.11919",
        "Entropy of meanings under weak alterations of the image",
    ),
)  # fmt: skip

ESTIMATORS: Mapping[str, Estimator] = MappingProxyType({row.name: row for row in _TABLE})
"""All estimators by name, in the order of reports."""


def __getattr__(name: str) -> Estimator:
    """A row of the table by its name, as the registry finds it."""
    if name in ESTIMATORS:
        return ESTIMATORS[name]
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
