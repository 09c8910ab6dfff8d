"""Uncertainty from what the model says when the image is altered a little."""

from __future__ import annotations

from collections import Counter

from medtrust.uncertainty.entropy import entropy_of_counts, normalised
from medtrust.uncertainty.evidence import Absent, Evidence


def image_consistency(evidence: Evidence) -> float | Absent:
    """Entropy of the meanings of answers to weakly altered images, over its maximum.

    An unreadable answer counts as a meaning that no other answer has; with none readable there is
    nothing to compare.

    Returns:
        Value in [0, 1]; or the evidence's own reason, ``no-altered-images``,
        ``fewer-than-2-altered-images``, or ``altered-answers-unreadable``.

    Source: after Zhang et al. 2024, arXiv 2411.11919 (VL-Uncertainty), which also rewords the
    question each time; here the image alone changes, and options are the clusters.
    """
    meanings = evidence.perturbed
    if meanings is None:
        return evidence.why_not("perturbed")
    if len(meanings) < 2:
        return Absent("fewer-than-2-altered-images" if meanings else "no-altered-images")
    readable = Counter(meaning for meaning in meanings if meaning is not None)
    if not readable:
        return Absent("altered-answers-unreadable")
    counts = [*readable.values(), *[1] * (len(meanings) - readable.total())]
    return normalised(entropy_of_counts(counts), len(meanings))
