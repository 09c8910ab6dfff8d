"""The published wording, verified against the commit it was specified on."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from medtrust.core.errors import DataError
from medtrust.suites.cares.checkout import COMMIT, QUESTION_FILES, read


@pytest.fixture
def checkout(shared: Path, tmp_path: Path) -> Path:
    """A copy of the published files, laid out like the repository."""
    source = shared / "data" / "cares"
    source = source / "data" if (source / "data").is_dir() else source
    root = tmp_path / "CARES"
    for name in QUESTION_FILES:
        target = root / "data" / name
        target.parent.mkdir(parents=True)
        shutil.copyfile(source / name, target)
    return root


def test_the_published_files_are_recognised(checkout: Path) -> None:
    texts = read(checkout)
    assert texts.label == f"official@{COMMIT}"
    assert texts.comparable == ""
    assert "question" in texts.texts


def test_the_data_folder_itself_will_do(checkout: Path) -> None:
    assert read(checkout / "data") == read(checkout)


def test_one_changed_byte_makes_the_wording_unverified_and_names_the_file(checkout: Path) -> None:
    name = "IU-Xray/iuxray_factuality.jsonl"
    path = checkout / "data" / name
    path.write_bytes(path.read_bytes() + b"\n")
    texts = read(checkout)
    assert texts.label == "official@unverified"
    assert name in texts.comparable
    assert COMMIT in texts.comparable


def test_absent_files_do_not_make_the_others_unverified(checkout: Path) -> None:
    for name in list(QUESTION_FILES)[1:]:
        (checkout / "data" / name).unlink()
    assert read(checkout).label == f"official@{COMMIT}"


def test_sets_whose_files_were_never_at_hand_are_named_as_unverified(checkout: Path) -> None:
    assert read(checkout).unverified == ("MIMIC-CXR", "OmniMedVQA", "PMC-OA")


@pytest.mark.parametrize("folder", ["", "nowhere"])
def test_a_folder_without_question_files_says_what_belongs_there(
    tmp_path: Path, folder: str
) -> None:
    with pytest.raises(DataError, match="richard-peng-xia/CARES"):
        read(tmp_path / folder)
