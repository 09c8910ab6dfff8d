"""Counts of any data set; for CARES and MediConfusion beside the published ones."""

from __future__ import annotations

from collections import Counter

from medtrust.core.dataset import Dataset
from medtrust.data.cares.census import cares_census
from medtrust.data.counts import CensusRow, Count, compare
from medtrust.data.mediconfusion.census import mediconfusion_census
from medtrust.data.shown import shown


def census(dataset: Dataset) -> list[CensusRow]:
    """Count what a data set holds.

    Args:
        dataset: Samples of CARES (ids ``cares/...``), of MediConfusion or of an own folder.

    Returns:
        For CARES one row per published count of each of the seven files, and for MediConfusion one
        per published count, with differences noted; for other data counts without a published one.
    """
    if any(sample.id.startswith("cares/") for sample in dataset.samples):
        return cares_census(dataset)
    if any(sample.id.startswith("mediconfusion/") for sample in dataset.samples):
        return mediconfusion_census(dataset)
    return compare(dataset.name, {}, _own_counts(dataset))


def _own_counts(dataset: Dataset) -> dict[str, Count]:
    """Rows, images and clusters, then kinds, defects, groups and strata by value."""
    samples = dataset.samples
    images = {image.key for sample in samples for image in sample.images}
    counts: dict[str, Count] = {
        "rows": len(samples),
        "images": len(images),
        "clusters": len({sample.cluster for sample in samples}),
    }
    tally: Counter[str] = Counter()
    for sample in samples:
        tally[f"kind {sample.kind}"] += 1
        tally[f"access {sample.access}"] += 1
        if sample.gold_defect:
            tally[f"gold defect {sample.gold_defect}"] += 1
        for name, value in (*sample.groups.items(), *sample.strata.items()):
            tally[shown(f"{name} {value}")] += 1
    counts.update(sorted(tally.items()))
    return counts
