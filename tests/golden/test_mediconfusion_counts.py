"""The published counts of MediConfusion, on the real files (specification, sections 3 and 8)."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from medtrust.core.dataset import Dataset
from medtrust.data.census import census
from medtrust.data.check import check
from medtrust.data.limit import take_first
from medtrust.data.mediconfusion.layout import Layout, read_layout
from medtrust.data.mediconfusion.patterns import COUNTED_NONE, NONE, PATTERNS, tags
from medtrust.data.mediconfusion.published import COUNTS, DRAFTS, N_ARTICLES, SLOTS_BY_CATEGORY
from medtrust.data.mediconfusion.samples import pair_clusters
from parts.mediconfusion_files import load_mediconfusion


@pytest.fixture(scope="module")
def layout(shared: Path) -> Layout:
    return read_layout(shared / "data/mediconfusion")


@pytest.fixture(scope="module")
def released(shared: Path) -> Dataset:
    return load_mediconfusion(shared / "data/mediconfusion")


def test_every_published_count_is_met(released: Dataset) -> None:
    rows = census(released)
    assert [row for row in rows if row.differs] == []
    assert sum(row.published is not None for row in rows) == len(COUNTS) == 59


def test_the_statistics_of_the_repository_are_the_denominators(layout: Layout) -> None:
    assert layout.statistics == SLOTS_BY_CATEGORY
    assert sum(SLOTS_BY_CATEGORY.values()) == 441


def test_the_images_come_from_219_articles_and_one_pair_from_one(layout: Layout) -> None:
    assert len({article.pmcid for article in layout.articles.values()}) == N_ARTICLES
    both = [
        pair.id
        for pair in layout.pairs
        if len({layout.articles[slot.roco].pmcid for slot in pair.slots}) == 1
    ]
    assert both == ["10121"]


def test_sixty_components_of_shared_images_become_58_with_shared_articles(
    layout: Layout, released: Dataset
) -> None:
    by_image = Counter(pair_clusters(layout.pairs, {}))
    assert len(by_image) == 60
    images: dict[str, set[str]] = {}
    for pair, cluster in zip(layout.pairs, pair_clusters(layout.pairs, {}), strict=True):
        images.setdefault(cluster, set()).update(slot.roco for slot in pair.slots)
    assert sorted(map(len, images.values()), reverse=True)[:5] == [21, 20, 18, 9, 7]
    assert len({sample.cluster for sample in released.samples}) == 58
    assert max(Counter(sample.cluster for sample in released.samples).values()) == 2 * 26


def test_drafts_were_edited_as_often_as_published(layout: Layout) -> None:
    kept = [
        (
            pair.question == pair.draft[0],
            *(a == b for a, b in zip(pair.options, pair.draft[1:], strict=True)),
        )
        for pair in layout.pairs
    ]
    assert {
        "kept verbatim": sum(all(row) for row in kept),
        "question edited": sum(not row[0] for row in kept),
        "option A edited": sum(not row[1] for row in kept),
        "option B edited": sum(not row[2] for row in kept),
    } == DRAFTS


def test_similarities_lie_beyond_the_thresholds_of_the_paper(layout: Layout) -> None:
    medical = [pair.similarity for pair in layout.pairs]
    general = [pair.similarity_general for pair in layout.pairs]
    assert (min(medical), max(medical)) == pytest.approx((0.9000483, 0.9675555))
    assert (min(general), max(general)) == pytest.approx((0.3336, 0.7401), abs=5e-5)
    assert sum(medical) / 176 == pytest.approx(0.9142, abs=5e-5)
    assert sum(general) / 176 == pytest.approx(0.5685, abs=5e-5)


def test_the_notes_say_what_is_hazardous_and_nothing_is_odd(released: Dataset) -> None:
    missing, *hazards = released.notes
    assert missing.startswith("MediConfusion: 228 of 228 images are missing")
    assert len(hazards) == 4
    assert all(note.startswith("Data hazard: ") for note in hazards)
    assert "174 of 228 images are in ROCO's train split" in hazards[0]
    assert "176 pairs form only 60 components (58 when shared articles count, too)" in hazards[1]
    assert "the largest of 25 pairs" in hazards[1]
    assert "(10039, 10092, 10160, 10175), for option B in 4 of them" in hazards[2]
    assert "352 items in all; one pair is 0.6 % of set accuracy" in hazards[3]


def test_228_images_are_missing_and_352_questions_wait(released: Dataset) -> None:
    missing = check(released)
    assert len(missing) == 228
    assert sum(image.samples for image in missing) == 352
    assert {image.path for image in missing} == {f"{n}.jpg" for n in range(20000, 20228)}


def test_a_limit_takes_whole_components(released: Dataset) -> None:
    few = take_first(released.samples, 10)
    inside = {sample.cluster for sample in few}
    assert {s.id for s in few} == {s.id for s in released.samples if s.cluster in inside}


def test_patterns_come_near_the_rough_counts_of_other_keywords(layout: Layout) -> None:
    """Ours against theirs: how far off each rule is, in pairs of 176."""
    found = Counter(tag for pair in layout.pairs for tag in tags(pair.question, pair.options))
    off = {rule.tag: found[rule.tag] - rule.counted for rule in PATTERNS}
    assert off == {
        "normal-or-variant": 6,
        "lesion": -3,
        "signal": -1,
        "vascular": -1,
        "device": -5,
        "location": 4,
        "spine": -3,
        "modality-or-orientation": -4,
        "fluid-or-haemorrhage": 10,
    }
    assert found[NONE] - COUNTED_NONE == -4
