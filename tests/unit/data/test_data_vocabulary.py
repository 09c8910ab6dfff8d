"""The words for modalities and regions."""

from __future__ import annotations

import pytest

from medtrust.data.vocabulary import (
    CLAIMED_REGIONS,
    MODALITIES,
    OWN_MODALITIES,
    OWN_REGIONS,
    REGIONS,
    UNKNOWN,
    modality,
    region,
)


def test_the_published_terms_are_complete_and_ours_stand_apart() -> None:
    assert len(MODALITIES) == 16
    assert len(REGIONS) == 14
    assert CLAIMED_REGIONS - len(REGIONS) == 13
    assert not MODALITIES.keys() & OWN_MODALITIES.keys()
    assert not REGIONS.keys() & OWN_REGIONS.keys()


@pytest.mark.parametrize(
    ("name", "term"),
    [
        ("x-ray", "X-ray"), ("X-Ray", "X-ray"), ("x_ray.", "X-ray"), ("CXR", "X-ray"),
        ("Radiograph", "X-ray"), ("MR", "MRI"), ("magnetic resonance", "MRI"), ("mri", "MRI"),
        ("CT(Computed Tomography)", UNKNOWN), ("Computed  Tomography", "CT"),
        ("SLO fundus", "fundus photography"), ("colour fundus photograph", "fundus photography"),
        ("Fundus Photography.", "fundus photography"), ("Dermatoscopy", "dermoscopy"),
        ("OCT", "OCT"), ("Microscopy Images", "microscopy"),
        ("Infrared Reflectance Imaging.", "infrared reflectance imaging"),
        ("\uff2d\uff32\uff29", "MRI"), ("PET-CT", UNKNOWN), ("", UNKNOWN), ("none", UNKNOWN),
    ],
)  # fmt: skip
def test_synonyms_of_a_modality_are_one_term(name: str, term: str) -> None:
    assert modality(name) == term


@pytest.mark.parametrize(
    ("name", "term"),
    [
        ("articulatio genus", "knee"), ("Lung", "chest"), ("BRAIN", "central nervous system"),
        ("large  intestine", "large intestine"), ("abdominal", "abdomen"), ("elbow", UNKNOWN),
        ("", UNKNOWN), ("...", UNKNOWN),
    ],
)  # fmt: skip
def test_synonyms_of_a_region_are_one_term(name: str, term: str) -> None:
    assert region(name) == term


def test_every_term_is_its_own_synonym_and_no_synonym_has_two_terms() -> None:
    for read, tables in (
        (modality, (MODALITIES, OWN_MODALITIES)),
        (region, (REGIONS, OWN_REGIONS)),
    ):
        for table in tables:
            for term, words in table.items():
                assert {read(word) for word in (term, *words)} == {term}
