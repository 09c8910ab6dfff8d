"""The first samples of each data set, without tearing clusters or pairs apart."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from medtrust.core.errors import DataError
from medtrust.core.records import Sample
from medtrust.data.components import components


def take_first(samples: Sequence[Sample], limit: int, *, by: str = "dataset") -> list[Sample]:
    """Take at least ``limit`` samples per stratum, whole clusters and pairs only.

    Clusters are walked in the order in which they first appear until enough samples are in, so
    that the choice for 10 is part of the choice for 20. A cluster that spans strata counts for the
    stratum of its first sample.

    Args:
        samples: In file order.
        limit: Samples wanted per stratum, at least 1.
        by: Stratum to count in; samples without it form one stratum of their own.

    Returns:
        The chosen samples in their original order; all where a stratum has fewer than ``limit``.

    Raises:
        DataError: If ``limit`` is below 1.
    """
    if limit < 1:
        raise DataError(f"--limit {limit} would leave nothing to ask: give 1 or more.")
    members: dict[int, list[int]] = defaultdict(list)
    for index, unit in enumerate(components([_tokens(sample) for sample in samples])):
        members[unit].append(index)
    taken: dict[str, int] = defaultdict(int)
    chosen: list[int] = []
    for first, indices in members.items():
        stratum = samples[first].strata.get(by, "")
        if taken[stratum] < limit:
            taken[stratum] += len(indices)
            chosen.extend(indices)
    return [samples[index] for index in sorted(chosen)]


def _tokens(sample: Sample) -> list[str]:
    """What a sample shares with others that must come along."""
    tokens = []
    if sample.cluster:
        tokens.append(f"cluster:{sample.cluster}")
    if sample.pair:
        tokens.append(f"pair:{sample.pair}")
    return tokens
