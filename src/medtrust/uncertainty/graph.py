"""Uncertainty from the graph whose nodes are the draws and whose edges are similarities.

Edges are the similarities of words of `similarity`. With meanings as edges (1 where equal, else 0)
the sum of eigenvalues would be the number of semantic sets again. Where draws choose options their
texts are the options' own, so equal choices are equal nodes.

Equal texts are one node with a weight. With n_i draws of text i, d_i = sum_j n_j W_ij and
M_ij = sqrt(n_i n_j) W_ij / sqrt(d_i d_j), the Laplacian of all draws has the eigenvalues one minus
those of M, and beyond those only 1, which adds to none of the measures.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from medtrust.uncertainty.draws import sampled
from medtrust.uncertainty.evidence import Absent, Evidence
from medtrust.uncertainty.similarity import EXACT_DIGITS, similarities_kept, text_counts, with_texts

LARGEST_EIGENVALUE = 0.9
"""Eigenvectors of the Laplacian below this one place the draws, as in the paper."""
_EXACT = 1e-9


class GraphMeasures(NamedTuple):
    """The three measures of one graph.

    Attributes:
        degree_matrix: In [0, 1].
        eigenvalue_sum: At least 1.
        eccentricity: At least 0.
    """

    degree_matrix: float
    eigenvalue_sum: float
    eccentricity: float


def degree_matrix(evidence: Evidence) -> float | Absent:
    """One minus the mean similarity of all ordered pairs of draws, each with itself too.

    Returns:
        Value in [0, 1 - 1/draws], or why there is none.

    Source: Lin et al. 2024, arXiv 2305.19187, uncertainty of the degree matrix.
    """
    measures = _measures(evidence)
    return measures if isinstance(measures, Absent) else measures.degree_matrix


def eigenvalue_sum(evidence: Evidence) -> float | Absent:
    """Sum of what the eigenvalues of the normalised Laplacian fall short of 1, where they do.

    Returns:
        Value in [1, draws]: a continuous number of semantic sets; or why there is none.

    Source: Lin et al. 2024, arXiv 2305.19187, uncertainty of the eigenvalues.
    """
    measures = _measures(evidence)
    return measures if isinstance(measures, Absent) else measures.eigenvalue_sum


def eccentricity(evidence: Evidence) -> float | Absent:
    """How far the draws lie from their centre in the space of the lowest eigenvectors.

    Returns:
        Value in [0, sqrt(draws - 1)], or why there is none. It jumps where an eigenvalue passes the
        bound, so it need not grow with every spread of the draws.

    Source: Lin et al. 2024, arXiv 2305.19187, eccentricity.
    """
    measures = _measures(evidence)
    return measures if isinstance(measures, Absent) else measures.eccentricity


def _measures(evidence: Evidence) -> GraphMeasures | Absent:
    draws = sampled(evidence)
    draws = draws if isinstance(draws, Absent) else with_texts(draws)
    if isinstance(draws, Absent):
        return draws
    texts, counts = text_counts(draws)
    return GraphMeasures(0.0, 1.0, 0.0) if len(texts) == 1 else graph_measures(texts, counts)


# for the three measures of one evidence, which run after each other
@lru_cache(maxsize=16)
def graph_measures(texts: tuple[str, ...], counts: tuple[int, ...]) -> GraphMeasures:
    """The measures of the graph of some texts.

    Args:
        texts: Distinct texts.
        counts: How many draws say each, at least 1.
    """
    weights = np.array(counts, dtype=np.float64)
    total = sum(counts)
    alike = similarities_kept(texts)
    degrees = alike @ weights
    scale = np.sqrt(weights / degrees)
    values, vectors = np.linalg.eigh(alike * np.outer(scale, scale))
    # an eigenvalue that is the bound itself must not pass it by rounding
    placing = vectors[:, values > 1.0 - LARGEST_EIGENVALUE + _EXACT]
    centres = np.sqrt(weights) @ placing
    spread = placing.shape[1] - float(centres @ centres) / total
    return GraphMeasures(
        degree_matrix=round(1.0 - float(weights @ degrees) / total**2, EXACT_DIGITS),
        eigenvalue_sum=round(float(values[values > 0.0].sum()), EXACT_DIGITS),
        eccentricity=math.sqrt(max(0.0, round(spread, EXACT_DIGITS))),
    )
