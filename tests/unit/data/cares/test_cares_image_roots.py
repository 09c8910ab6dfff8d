"""Where images of the seven sets may lie."""

from __future__ import annotations

from pathlib import Path

import pytest

from medtrust.core.errors import DataError
from parts.cares_files import (
    fundus_row,
    ham_row,
    iu_row,
    load_cares,
    mimic_row,
    omni_row,
    pmc_row,
    write_set,
)

SITES = "A:ear, B:hand, C:back, D:neck"
ROWS = {
    "IU-Xray": iu_row("Is it?", "No."),
    "HAM10000": ham_row("Where?", SITES, "A:ear", "ISIC_1"),
    "Harvard-FairVLMed": fundus_row(8001),
    "MIMIC-CXR": mimic_row(),
    "OmniMedVQA": omni_row(),
    "PMC-OA": pmc_row(),
}


def place(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"pixels")


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("IU-Xray", "images/CXR7_IM-0001-0001/0.png"),
        ("HAM10000", "images/ham10000_testset/ISIC_1.jpg"),
        ("HAM10000", "images/ISIC_1.jpg"),
        ("HAM10000", "images/HAM10000_images_part_2/ISIC_1.jpg"),
        ("Harvard-FairVLMed", "images/slo_fundus_08001.jpg"),
        ("MIMIC-CXR", "mimic-cxr-jpg/p10/p10000001/s50000001/aaaa-bbbb.jpg"),
        ("MIMIC-CXR", "mimic-cxr-jpg/2.0.0/files/p10/p10000001/s50000001/aaaa-bbbb.jpg"),
        ("OmniMedVQA", "images/Images/Some Set/1.png"),
        ("OmniMedVQA", "Images/Some Set/1.png"),
        ("PMC-OA", "images/PMC123_F1_99.jpg"),
    ],
)
def test_images_beside_the_questions_are_found(tmp_path: Path, name: str, path: str) -> None:
    folder = write_set(tmp_path, name, [ROWS[name]])
    place(folder / path)
    (sample,) = load_cares(tmp_path).samples
    assert sample.images[0].path == str(folder / path)
    assert sample.images[0].key.startswith("sha256:")


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("IU-Xray", "data/IU-Xray/images/CXR7_IM-0001-0001/0.png"),
        ("IU-Xray", "IU-Xray/images/CXR7_IM-0001-0001/0.png"),
        ("IU-Xray", "IU-Xray/CXR7_IM-0001-0001/0.png"),
        ("IU-Xray", "images/CXR7_IM-0001-0001/0.png"),
        ("IU-Xray", "CXR7_IM-0001-0001/0.png"),
        ("HAM10000", "HAM10000_images_part_1/ISIC_1.jpg"),
        ("MIMIC-CXR", "files/p10/p10000001/s50000001/aaaa-bbbb.jpg"),
        ("MIMIC-CXR", "p10/p10000001/s50000001/aaaa-bbbb.jpg"),
        ("OmniMedVQA", "Images/Some Set/1.png"),
        ("OmniMedVQA", "Some Set/1.png"),
    ],
)
def test_images_under_the_named_root_are_found(tmp_path: Path, name: str, path: str) -> None:
    write_set(tmp_path / "repository", name, [ROWS[name]])
    place(tmp_path / "pictures" / path)
    dataset = load_cares(tmp_path / "repository", images=tmp_path / "pictures")
    assert dataset.samples[0].images[0].path == str(tmp_path / "pictures" / path)


def test_the_named_root_goes_before_the_repository(tmp_path: Path) -> None:
    folder = write_set(tmp_path / "repository", "PMC-OA", [ROWS["PMC-OA"]])
    place(folder / "images/PMC123_F1_99.jpg")
    place(tmp_path / "pictures/PMC123_F1_99.jpg")
    dataset = load_cares(tmp_path / "repository", images=tmp_path / "pictures")
    assert dataset.samples[0].images[0].path == str(tmp_path / "pictures/PMC123_F1_99.jpg")


def test_a_root_that_is_no_folder_is_said_in_words(tmp_path: Path) -> None:
    write_set(tmp_path, "PMC-OA", [ROWS["PMC-OA"]])
    with pytest.raises(DataError, match="There is no folder of images"):
        load_cares(tmp_path, images=tmp_path / "none")
