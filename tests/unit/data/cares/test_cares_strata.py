"""Modality and region of the seven sets, in the words of the vocabulary."""

from __future__ import annotations

import csv
from importlib import resources
from pathlib import Path

import pytest

from medtrust.data.cares.omnimedvqa import subset, subsets
from medtrust.data.vocabulary import UNKNOWN, modality, region
from parts.cares_files import load_cares, omni_row, write_all_seven, write_set


def test_every_sample_has_a_modality_and_a_region_of_the_vocabulary(tmp_path: Path) -> None:
    write_all_seven(tmp_path)
    found = {
        sample.strata["dataset"]: (sample.strata["modality"], sample.strata["region"])
        for sample in load_cares(tmp_path).samples
    }
    assert found == {
        "IU-Xray": ("X-ray", "chest"),
        "HAM10000": ("dermoscopy", "skin"),
        "OL3I": ("CT", "abdomen"),
        "Harvard-FairVLMed": ("fundus photography", "eye"),
        "MIMIC-CXR": ("X-ray", "chest"),
        "OmniMedVQA": (UNKNOWN, UNKNOWN),
        "PMC-OA": (UNKNOWN, UNKNOWN),
    }
    assert all(modality(one) == one and region(two) == two for one, two in found.values())


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("RUS CHN", ("X-ray", "hand")),
        ("rus_chn", ("X-ray", "hand")),
        ("DeepDRiD", ("fundus photography", "eye")),
        ("Blood Cell", ("microscopy", "blood")),
        ("BreakHis", ("pathology", "breast")),
        ("ISIC2018", ("dermoscopy", "skin")),
        ("Knee Osteoarthritis", ("X-ray", "knee")),
        ("RadImageNet", (UNKNOWN, UNKNOWN)),
        ("Some Set", (UNKNOWN, UNKNOWN)),
    ],
)
def test_omnimedvqa_rows_take_both_from_their_subset(
    tmp_path: Path, name: str, shown: tuple[str, str]
) -> None:
    write_set(tmp_path, "OmniMedVQA", [omni_row() | {"dataset": name}])
    (sample,) = load_cares(tmp_path).samples
    assert (sample.strata["modality"], sample.strata["region"]) == shown
    assert sample.strata["subset"] == name


def test_the_modality_of_a_row_goes_before_that_of_its_subset(tmp_path: Path) -> None:
    rows = [
        omni_row() | {"dataset": "RadImageNet", "modality_type": "MR"},
        omni_row() | {"dataset": "ACRIMA", "modality_type": "no such thing"},
    ]
    write_set(tmp_path, "OmniMedVQA", rows)
    first, second = load_cares(tmp_path).samples
    assert first.strata["modality"] == "MRI"
    assert second.strata["modality"] == "fundus photography"


def test_the_list_of_subsets_uses_terms_and_says_where_each_comes_from() -> None:
    file = resources.files("medtrust.data.cares") / "omnimedvqa_subsets.csv"
    lines = [line for line in file.read_text("utf-8").splitlines() if not line.startswith("#")]
    rows = list(csv.DictReader(lines, strict=True))
    assert len(subsets()) == len(rows) == 44  # no two names that are equal without their signs
    for row in rows:
        assert len(row) == 5
        assert modality(row["modality"]) == row["modality"]
        assert region(row["region"]) == row["region"]
        assert row["name"] in {"read", "recalled"}
        assert row["why"]
    assert subset("ACRIMA").why.startswith("index ACRIMA")
